"""Why one example was asked and what it changed, in two sentences."""

from __future__ import annotations

from loop.cli.answers import short
from loop.formatting import percent
from loop.records import AnswerState, PickKind, Role, Split
from loop.report import ExampleHistory, Guess

SHORTLY = {
    PickKind.COLD: "to make a beginning: nobody had labelled anything like it, and there was no model yet",
    PickKind.WEAK: "the model seemed weak there",
    PickKind.AUDIT: "by lot, to measure how often the model errs",
    PickKind.DEV: "by lot, to have examples that tuning can be calibrated on",
}


def why(story: ExampleHistory) -> str:
    """Why it was asked, in one sentence or two."""
    if story.picks:
        asked = "; ".join(f"{SHORTLY[row.pick.kind]} (round {row.round})" for row in story.picks)
        return f"Why it was asked: {asked}."
    if story.example.split is Split.GOLD:
        return "Why it was not asked: it belongs to the gold test, whose answers are known."
    if story.label is not None:
        return "Why it was not asked: its label came with the data."
    if story.example.split is Split.QUARANTINED:
        return "Why it was not asked: it was set aside, so that the gold test stays unknown to the model."
    return "Why it was not asked: no batch has chosen it so far; it may still be asked."


def change(story: ExampleHistory) -> str:
    """What it changed, as far as can be told."""
    return f"What it changed: {_changed(story)}"


def _changed(story: ExampleHistory) -> str:
    if story.example.split is Split.GOLD:
        return f"no model learns from it; it measures every one. {_standing(story)}".rstrip()
    if story.leak is not None or story.example.split is Split.QUARANTINED:
        return "nothing; it is kept out of training."
    if story.trained:
        return _learned(story)
    return _unlearned(story)


def _unlearned(story: ExampleHistory) -> str:
    if story.preferences:
        measures = any(one.role is Role.AUDIT for one in story.preferences)
        return (
            "it measures whose answers people prefer." if measures else "no model has learned from the comparison yet."
        )
    if story.label is None:
        said = any(answer.state is AnswerState.ANSWERED for answer in story.answers)
        return f"nothing so far: {'its answers gave no label' if said else 'nobody gave a label'}."
    if story.label.role is Role.TRAIN:
        return "no model has learned from it yet; the next one that is trained will."
    use = "it measures them" if story.label.role is Role.AUDIT else "they are calibrated on it"
    return f"models do not learn from it; {use}. {_standing(story)}".rstrip()


def _learned(story: ExampleHistory) -> str:
    first = story.trained[0]
    count = "1 model" if len(story.trained) == 1 else f"{len(story.trained)} models"
    who = f"{count} learned from it, the first in round {first}"
    before = [guess for guess in story.guesses if guess.model not in story.trained]
    after = [guess for guess in story.guesses if guess.model in story.trained]
    if not after:
        held = "none of them became the champion, so the guesses for the pool have not changed"
        seed = "what a model says of what it was trained on is not kept"
        return f"{who}; {seed if story.promoted else held}."
    now = after[-1]
    if not before:
        return f"{who}. The newest of them takes it for {short(now.label)}{_sure(now)}{judged(now)}."
    was = before[-1]
    if was.label != now.label:
        then, since = f"{short(was.label)}{_sure(was)}", f"{short(now.label)}{_sure(now)}"
        return f"{who}. Before, the model said {then}; now it says {since}{judged(now)}."
    moved = was.confidence is not None and now.confidence is not None
    sure = (
        f"; its confidence went from {percent(was.confidence, digits=0)} to {percent(now.confidence, digits=0)}"
        if moved
        else ""
    )
    return f"{who}. The guess stayed {short(now.label)}{judged(now)}{sure}."


def _standing(story: ExampleHistory) -> str:
    """Right or wrong, as the newest model has it."""
    known = [guess for guess in story.guesses if guess.wrong is not None]
    if not known:
        return ""
    wrong = [guess.model for guess in known if guess.wrong]
    newest = f"The newest guess is {'wrong' if known[-1].wrong else 'right'}"
    if wrong and len(wrong) < len(known):
        named = ", ".join(map(str, dict.fromkeys(wrong)))
        whose = "models of rounds" if len(set(wrong)) > 1 else "model of round"
        return f"{newest}; wrong was the {whose} {named}.".replace("was the models", "were the models")
    return f"{newest}, as all before it." if len(known) > 1 else f"{newest}."


def _sure(guess: Guess) -> str:
    return f" ({percent(guess.confidence, digits=0)})" if guess.confidence is not None else ""


def judged(guess: Guess) -> str:
    """Right or wrong, as far as is known today."""
    return {True: ", which is wrong", False: ", which is right", None: ""}[guess.wrong]
