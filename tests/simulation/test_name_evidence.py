"""How much names tell: verdicts on hand-made guesses, and what is advised."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from loop.records import LabelSet
from loop.simulation.data import Labelled
from loop.simulation.name_evidence import MOST_TEXTS, NameEvidence, drawn, evidence, judged, name_advice

NAMES = ("refund", "roaming", "misc", "other")


def verdicts(hits: int, n: int, *, taken: int = 0, names: tuple[str, ...] = NAMES) -> NameEvidence:
    """Of the first name: it finds `hits` of its n texts and is given to `taken` of 60 texts of other labels."""
    labels = np.array([0] * n + [1, 2, 3] * 20)
    guesses = np.array([0] * hits + [1] * (n - hits) + [0] * taken + [1] * (60 - taken))
    return judged(guesses, labels, LabelSet(names), base="minilm")[0]


@pytest.mark.parametrize(
    ("hits", "n", "taken", "tells"),
    [
        (18, 20, 0, "enough"),
        (13, 30, 0, "little"),
        (6, 30, 0, "nothing"),
        (0, 5, 0, "nothing"),
        (2, 5, 0, "enough"),
        (0, 4, 0, None),
        (0, 0, 0, None),
        (20, 20, 60, "nothing"),
    ],
)
def test_a_name_is_judged_by_what_it_finds_against_chance(hits: int, n: int, taken: int, tells: str | None) -> None:
    assert verdicts(hits, n, taken=taken).verdict == tells


def test_chance_is_what_other_texts_get_and_never_below_an_equal_share() -> None:
    assert verdicts(10, 20).chance == pytest.approx(1 / 4)
    assert verdicts(10, 20, taken=30).chance == pytest.approx(1 / 2)
    assert verdicts(10, 20).recall == pytest.approx(1 / 2)


def test_a_code_among_names_tells_nothing_whatever_it_finds() -> None:
    assert verdicts(20, 20, names=("L01", *NAMES[1:])).verdict == "nothing"


def test_at_most_so_many_texts_of_each_label_are_drawn_the_same_each_time() -> None:
    labels = np.array([0] * 300 + [1] * 7)
    rows = drawn(labels, classes=3)
    assert np.bincount(labels[rows]).tolist() == [MOST_TEXTS, 7]
    assert (rows == drawn(labels, classes=3)).all()


def test_names_that_are_codes_are_reported_unread() -> None:
    data = Labelled("a.csv", ("a", "b", "c"), np.array([0, 1, 1]), ("L01", "L02"), np.zeros(0, np.int64))
    found = evidence(data, LabelSet(data.names), Path("unused"), None, base="minilm", recipe="head")
    assert [(one.label, one.n, one.recall, one.verdict) for one in found] == [
        ("L01", 1, None, "nothing"),
        ("L02", 2, None, "nothing"),
    ]
    assert name_advice(found) == [
        "Most labels are codes, and no name is read (L01, L02): "
        "write a line each, or example phrases (`weakspot labels suggest`)."
    ]


def one(label: str, recall: float, tells: str | None) -> NameEvidence:
    return NameEvidence("minilm", label, 30, recall, 0.1, tells)


def test_labels_whose_names_tell_nothing_are_named() -> None:
    found = [one("misc", 0.1, "nothing"), one("refund", 0.9, "enough"), one("late", 0.0, None)]
    assert name_advice(found) == [
        "The name of 1 label tells nothing here (misc): "
        "write a line each, or example phrases (`weakspot labels suggest`)."
    ]
    many = [one(f"label {place}", 0.1, "nothing") for place in range(7)]
    assert name_advice(many)[0].startswith("The names of 7 labels tell nothing here (label 0, label 1, ")
    assert "label 4 and 2 more)" in name_advice(many)[0]


def test_labels_whose_names_find_few_texts_are_named_with_the_worst_first() -> None:
    found = [one("refund", 0.3, "little"), one("roaming", 0.2, "little")]
    assert name_advice(found) == [
        "Before the first answer the names of 2 labels find few of their texts (roaming 20 %, refund 30 %): "
        "a line each would help."
    ]


def test_labels_that_have_a_description_are_not_asked_for_one() -> None:
    found = [replace(one("misc", 0.1, "nothing"), described=True), one("late", 0.1, "nothing")]
    assert name_advice(found) == [
        "The name of 1 label tells nothing here (late): "
        "write a line each, or example phrases (`weakspot labels suggest`).",
        "The name and description of 1 label tell nothing here (misc): "
        "write other lines, or example phrases (`weakspot labels suggest`).",
    ]


def test_a_code_with_phrases_is_judged_by_what_they_find() -> None:
    known = LabelSet(("L01", "L02"), phrases={"L01": ("where is it",)})
    labels = np.array([0] * 30 + [1] * 30)
    found = judged(labels, labels, known, base="minilm")
    assert [(one.verdict, one.described) for one in found] == [("enough", True), ("nothing", False)]


def test_names_that_tell_enough_need_no_advice() -> None:
    assert name_advice([one("refund", 0.9, "enough")]) == []
