"""The story of one example, in the order of time: why was it asked, and what did it change?

ExampleHistory ─► chapters: in short ─ where it came from ─ round by round: which models learned from it, what they
                            said, why it was asked, who answered what, what was settled
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from loop.cli import tables
from loop.cli.answers import answered, short
from loop.cli.explain_summary import change, judged, why
from loop.cli.tables import plain
from loop.formatting import day, percent
from loop.ledger.people import PickRow
from loop.records import PickKind, Role, Split
from loop.report import ExampleHistory, Guess

ASKED = {
    PickKind.COLD: "{reason} Chosen by the strategy {strategy}, which covers the data while there is no model.",
    PickKind.WEAK: "{reason} Chosen by the strategy {strategy}.",
    PickKind.AUDIT: "Drawn at random to measure how often the model errs; the strategy had no say.",
    PickKind.DEV: "Drawn at random for the dev set, which tunes and calibrates; the strategy had no say.",
}
"""The words people saw, and what stands behind them."""
ROLES = {
    Role.TRAIN: "models learn from it",
    Role.DEV: "it is kept out of training: tuning is stopped and calibrated on it",
    Role.AUDIT: "it is never trained on: it measures how often the model errs",
}
GROUNDS = {"gold": "the gold test", "audit": "the audit", "dev": "the dev set"}
GRADES = {
    "same": "the same text as",
    "folded": "but for case and spaces the same text as",
    "near": "nearly the text of",
}


class Chapter(NamedTuple):
    """One stretch of time."""

    title: str
    lines: tuple[str, ...]


def tell(story: ExampleHistory) -> None:
    """Prints it."""
    out = tables.out()
    example = story.example
    out.print(plain(example.text, style="bold"))
    own = f", yours {example.source_id}" if example.source_id else ""
    out.print(f"id {example.id}{own}; split {example.split.value}", markup=False, style="dim")
    for chapter in chapters(story):
        out.print()
        out.print(plain(chapter.title, style="bold"))
        for line in chapter.lines:
            out.print(plain(f"  {line}"))


def chapters(story: ExampleHistory) -> tuple[Chapter, ...]:
    """The story: what it comes to, its beginning, and every round in which something happened."""
    rounds = sorted({*story.started, *(row.round for row in story.picks), *(guess.round for guess in story.guesses)})
    told = [Chapter(_title(story, round_), tuple(_round(story, round_))) for round_ in rounds]
    summary = Chapter("In short", (why(story), change(story)))
    return (summary, Chapter("At the beginning", tuple(_beginning(story))), *(one for one in told if one.lines))


def _title(story: ExampleHistory, round_: int) -> str:
    began = story.started.get(round_)
    return f"Round {round_}, begun {day(began)}" if began else f"Round {round_}"


def _beginning(story: ExampleHistory) -> Iterator[str]:
    example = story.example
    own = f", where its id is {example.source_id}" if example.source_id else ""
    values = ", ".join(f"{name} {value}" for name, value in example.metadata.items())
    yield f"Read from {story.file}{own}{f' ({values})' if values else ''}."
    if example.split is Split.GOLD:
        is_ = f": its label is {example.label}" if example.label and not example.messages else ""
        yield f"Part of the gold test{is_}. It is measured on and never trained on."
    if example.split is Split.QUARANTINED:
        yield "Set aside at once: its text stands in the gold test as well, or nearly."
    if story.label is not None and story.label.source == "seed":
        yield f"It came labelled with the data: {story.label.label}; {ROLES[story.label.role]}."
    if story.spot:
        yield f"It lies in the spot “{story.spot}”."


def _round(story: ExampleHistory, round_: int) -> Iterator[str]:
    """What happened in one round, in the order of its steps."""
    if round_ in story.trained:
        place = "became the champion" if round_ in story.promoted else "was held back"
        first = "is the first that learned" if round_ == story.trained[0] else "learned"
        yield f"The model of this round {first} from it; it {place}."
    yield from (_guess(story, guess) for guess in story.guesses if guess.round == round_ and _is_new(story, guess))
    if story.mended_in == round_:
        yield (
            "The model that became the champion gets it right: it joins the regression set. The gate holds back a "
            "later model that clearly breaks more of that set than the margin allows; one example may be broken again."
        )
    for row in story.picks:
        if row.round == round_:
            yield from _question(story, row)
    if story.label is not None and story.label.source != "seed" and story.label.round == round_:
        yield _settled(story)
    if any(row.round == round_ for row in story.picks):
        yield from (
            f"People prefer this answer, with a certainty of {percent(one.certainty, digits=0)}: {short(one.chosen)}"
            for one in story.preferences
            if one.round == round_
        )
    if story.leak is not None and story.leak.round == round_:
        yield _kept_out(story)
    for twin in story.twins:
        if twin.round == round_:
            yield f"Example {twin.example_id} says nearly the same and is kept out of training because of this one."


def _is_new(story: ExampleHistory, guess: Guess) -> bool:
    """A champion says the same round after round: told once."""
    before = [one for one in story.guesses if one.model == guess.model and one.round < guess.round]
    return not before or before[-1].label != guess.label


def _guess(story: ExampleHistory, guess: Guess) -> str:
    own = guess.model == guess.round
    who = "The model of this round" if own else f"The champion, the model of round {guess.model},"
    sure = f" ({percent(guess.confidence, digits=0)} sure)" if guess.confidence is not None else ""
    right = judged(guess)
    if story.preferences or any(row.pick.candidates for row in story.picks):
        return f"{who} wrote{sure}{right}: {short(guess.label)}"
    return f"{who} took it for {guess.label}{sure}{right}."


def _question(story: ExampleHistory, row: PickRow) -> Iterator[str]:
    pick = row.pick
    when = f" on {day(row.sent_at)}" if row.sent_at else ""
    yield f"Asked{when}. {_reason(row)}"
    for place, one in enumerate(pick.candidates, start=1):
        wrote = f"{one.source} of round {one.model_round}" if one.model_round is not None else one.source
        yield f"  Answer {place}, by the {wrote}: {short(one.text)}"
    if pick.guess is not None:
        seen = "was shown with it" if pick.show_suggestion else "was not shown, so as to sway nobody"
        yield f"The model's guess, {pick.guess}, {seen}."
    mine = [answer for answer in story.answers if answer.ext_id == row.ext_id]
    yield from (answered(answer, pick) for answer in sorted(mine, key=lambda one: (one.created_at, one.id)))
    if not mine:
        deleted = row.task_state == "deleted"
        yield "The task was removed in the labeling tool." if deleted else "Nobody has answered yet."


def _reason(row: PickRow) -> str:
    pick = row.pick
    chance = pick.inclusion_probability
    odds = f" Its chance of having been drawn by then was {_chance(chance)}." if chance else ""
    return ASKED[pick.kind].format(reason=pick.reason, strategy=pick.strategy) + odds


def _settled(story: ExampleHistory) -> str:
    label = story.label
    assert label is not None
    count = "1 answer" if label.annotations == 1 else f"{label.annotations} answers"
    split = label.agreement is not None and label.agreement < 1
    agreed = f", {percent(label.agreement, digits=0)} of them agreeing" if split else ""
    named = f"“{short(label.label)}”" if len(label.label) > 40 else label.label
    use = "" if story.leak is not None else f"; {ROLES[label.role]}"
    return f"Settled: {named}, from {count}{agreed}{use}."


def _kept_out(story: ExampleHistory) -> str:
    leak = story.leak
    assert leak is not None
    like = GRADES.get(str(leak.grade), "like")
    alike = f" ({percent(leak.similarity, digits=0)} alike)" if str(leak.grade) == "near" else ""
    return (
        f"Kept out of training: it is {like} {leak.twin_id}{alike}, which belongs to "
        f"{GROUNDS.get(leak.ground, leak.ground)} and must stay unknown to the model."
    )


def _chance(share: float) -> str:
    return f"{100 * share:.{1 if share < 0.1 else 0}f} %"
