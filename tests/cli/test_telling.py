from __future__ import annotations

from dataclasses import replace

import pytest

from loop.cli import explain
from loop.cli.answers import answered
from loop.formatting import day, moment
from loop.ledger.people import PickRow
from loop.records import Annotation, AnswerState, Candidate, Example, Label, Leak, Pick, PickKind, Role, Split
from loop.report import ExampleHistory, Guess

AT = "2026-03-02T10:00:00+00:00"
PICK = Pick("ab12", PickKind.WEAK, "weak_spots", "The model hesitates.", None, 0.4, 3, "invoice", 0.41, True)
SAID = Annotation("a", "q", "ana", AnswerState.ANSWERED, "refund", (), "", "invoice", 6.0, AT, AT, {})
STORY = ExampleHistory(
    example=Example("ab12", "Where is my money?", Split.POOL, source_id="p7", metadata={"channel": "chat"}),
    guesses=(Guess(1, "invoice", 0.41, 0, True), Guess(2, "refund", 0.88, 2, False)),
    picks=(PickRow("q", 1, 0, PICK, None, "sent", AT),),
    answers=(SAID,),
    label=Label("ab12", "refund", Role.TRAIN, "people", 1, 1, 1.0),
    spot="money · back",
    trained=(2,),
    promoted=(2,),
    file="pool.csv",
    started={0: AT, 1: AT, 2: AT},
    leak=None,
    twins=(),
    preferences=(),
    mended_in=2,
)


def told(story: ExampleHistory) -> dict[str, str]:
    return {chapter.title: " ".join(chapter.lines) for chapter in explain.chapters(story)}


def asked_as(kind: PickKind, chance: float | None = None, **more: object) -> ExampleHistory:
    pick = replace(PICK, kind=kind, inclusion_probability=chance, **more)  # type: ignore[arg-type]
    return replace(STORY, picks=(replace(STORY.picks[0], pick=pick),))


def test_it_begins_with_the_answer_and_goes_on_in_the_order_of_time() -> None:
    titles = [chapter.title for chapter in explain.chapters(STORY)]
    assert titles == [
        "In short",
        "At the beginning",
        "Round 1, begun 2 Mar 2026",
        "Round 2, begun 2 Mar 2026",
    ]


def test_the_answer_says_why_and_what_it_changed() -> None:
    short = told(STORY)["In short"]
    assert "Why it was asked: the model seemed weak there (round 1)." in short
    assert "1 model learned from it, the first in round 2." in short
    assert "Before, the model said invoice (41 %); now it says refund (88 %), which is right." in short


def test_a_round_tells_what_was_said_asked_answered_and_settled() -> None:
    first = told(STORY)["Round 1, begun 2 Mar 2026"]
    sentences = [
        "The champion, the model of round 0, took it for invoice (41 % sure), which is wrong.",
        "Asked on 2 Mar 2026. The model hesitates. Chosen by the strategy weak_spots.",
        "The model's guess, invoice, was shown with it.",
        "2 Mar 2026, 10:00: after 6 s ana said refund, correcting the model, which had invoice.",
        "Settled: refund, from 1 answer; models learn from it.",
    ]
    places = [first.index(sentence) for sentence in sentences]
    assert places == sorted(places)
    second = told(STORY)["Round 2, begun 2 Mar 2026"]
    assert "The model of this round is the first that learned from it; it became the champion." in second
    assert "gets it right: it joins the regression set" in second


def test_what_was_drawn_at_random_tells_its_chance_and_that_the_strategy_had_no_say() -> None:
    story = told(asked_as(PickKind.AUDIT, 0.041))
    assert "by lot, to measure how often the model errs (round 1)" in story["In short"]
    first = story["Round 1, begun 2 Mar 2026"]
    assert "the strategy had no say. Its chance of having been drawn by then was 4.1 %." in first


def test_a_label_nobody_learned_from_yet_says_so() -> None:
    story = replace(STORY, trained=(), promoted=(), mended_in=None)
    assert "no model has learned from it yet" in told(story)["In short"]


def test_a_model_that_was_held_back_changed_no_guess() -> None:
    story = replace(STORY, promoted=(), guesses=STORY.guesses[:1])
    assert "none of them became the champion" in told(story)["In short"]


def test_a_leak_tells_its_twin_and_that_nothing_was_learned() -> None:
    story = replace(STORY, trained=(), leak=Leak("ab12", "cd34", "gold", "near", 0.97, 1))
    assert "nothing; it is kept out of training" in told(story)["In short"]
    line = "Kept out of training: it is nearly the text of cd34 (97 % alike), which belongs to the gold test"
    assert line in told(story)["Round 1, begun 2 Mar 2026"]
    assert "models learn from it" not in told(story)["Round 1, begun 2 Mar 2026"]


def test_a_gold_example_measures_and_is_never_asked() -> None:
    gold = replace(STORY.example, split=Split.GOLD, label="refund")
    story = replace(STORY, example=gold, picks=(), answers=(), label=None, trained=(), mended_in=None)
    short = told(story)["In short"]
    assert "Why it was not asked: it belongs to the gold test" in short
    assert "The newest guess is right; wrong was the model of round 0." in short


def test_a_champions_guess_is_told_once() -> None:
    same = (Guess(1, "invoice", 0.41, 0, True), Guess(2, "invoice", 0.41, 0, True), Guess(3, "refund", 0.6, 0, False))
    story = replace(STORY, guesses=same, trained=(), mended_in=None)
    lines = [line for chapter in explain.chapters(story) for line in chapter.lines if "took it for" in line]
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("state", "label", "words"),
    [
        (AnswerState.SKIPPED, None, "ana skipped it"),
        (AnswerState.UNKNOWN_LABEL, "money", "ana said money, which is no label of the project; it is in quarantine"),
        (AnswerState.DELETED, None, "ana had answered; the answer was deleted"),
        (AnswerState.ANSWERED, "invoice", "ana said invoice, as the model had"),
    ],
)
def test_every_kind_of_answer_has_its_words(state: AnswerState, label: str | None, words: str) -> None:
    assert words in answered(replace(SAID, state=state, label=label), PICK)


@pytest.mark.parametrize(
    ("form", "label", "words"),
    [
        ("pair", "second", "preferred answer 2, by the first"),
        ("pair", "tie", "found both equally good"),
        ("ranking", "[2, 1]", "ranked the answers 2, 1"),
        ("rating", '{"polite": 4}', "gave the marks polite 4"),
        ("correction", "Yes.", "left the answer as it was"),
        ("correction", "Yes, on Friday.", "mended the answer to “Yes, on Friday.”"),
    ],
)
def test_answers_about_written_texts_have_theirs(form: str, label: str, words: str) -> None:
    candidates = (Candidate("Yes.", "champion", 1), Candidate("No.", "first", 0))
    pick = replace(PICK, form=form, candidates=candidates, guess=None)
    assert words in answered(replace(SAID, label=label), pick)


def test_flags_notes_and_later_changes_are_told() -> None:
    said = answered(replace(SAID, flags=("ambiguous",), note="both", updated_at="2026-03-03T08:30:00+00:00"), PICK)
    assert said.endswith("Changed on 3 Mar 2026, 08:30. Marked: ambiguous. Note: both")


def test_times_are_told_in_utc() -> None:
    assert moment("2026-03-02T00:30:00+02:00") == "1 Mar 2026, 22:30"
    assert day("yesterday") == "yesterday"
