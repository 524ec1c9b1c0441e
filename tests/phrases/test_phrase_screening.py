"""Which lines of a model may stand in weakspot.yaml."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.config.labels import MOST_PHRASES, wrong_in_phrase
from loop.phrases import MeasuringTexts
from loop.phrases.screening import LONGEST, Suggestion, cleaned, screened
from loop.pool import LeakGuard
from loop.records import LabelSet

LABELS = LabelSet(("refundStatus", "other"), {}, {"other": ("what is this",)})
NOTHING = MeasuringTexts({}, LeakGuard([]))
GOLD = MeasuringTexts({"a": "gold"}, LeakGuard(["Where is the money that you owe me?"]))


def taken(*lines: str, count: int = 5, labels: LabelSet = LABELS, measuring: MeasuringTexts = NOTHING) -> Suggestion:
    return screened("refundStatus", lines, labels, count=count, measuring=measuring)


def test_new_phrases_are_kept_in_their_order() -> None:
    assert taken("where is it", "my money") == Suggestion("refundStatus", ("where is it", "my money"))


def test_what_may_not_stand_there_is_dropped_with_its_reason() -> None:
    lines = [
        "Refund  status",
        "What is THIS",
        "hm",
        "HM",
        " ",
        "x" * (LONGEST + 1),
        "where is the money that you owe me",
    ]
    found = taken(*lines, measuring=GOLD)
    assert found.phrases == ("hm",)
    assert found.dropped == {
        "the name of a label": 1,
        "there already": 2,
        "empty": 1,
        "too long": 1,
        "like a text that measures the model": 1,
    }


def test_no_more_are_kept_than_were_asked_for_or_fit() -> None:
    assert taken("a b", "c d", "e f", count=2).dropped == {"more than asked for": 1}
    full = LabelSet(LABELS.names, {}, {"refundStatus": tuple(f"phrase {n}" for n in range(MOST_PHRASES - 1))})
    assert taken("a b", "c d", labels=full).phrases == ("a b",)


def test_a_reply_without_messages_is_told() -> None:
    assert taken() == Suggestion("refundStatus", (), {"a reply that is no list of messages": 1})


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("\x1b[31mred\x1b[0m  money", "red money"),
        ("\x1b]0;title\x07back", "back"),
        ("two\nlines\tand\x00 more\u202e", "two lines and\ufffd more"),
        ("\ud800half", "\ufffdhalf"),
        ("[bold]as it is[/bold] {x: y}", "[bold]as it is[/bold] {x: y}"),
    ],
)
def test_signs_that_act_are_taken_out(line: str, text: str) -> None:
    assert cleaned(line) == text


@given(st.text(max_size=LONGEST))
def test_what_is_kept_is_a_phrase_that_weakspot_yaml_may_hold(line: str) -> None:
    assert all(wrong_in_phrase(phrase) is None for phrase in taken(line).phrases)
