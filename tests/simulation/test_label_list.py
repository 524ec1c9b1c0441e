"""What a list of labels adds to the names of a file, and what of it is left out."""

from __future__ import annotations

import pytest

from loop.errors import ConfigError
from loop.records import LabelSet
from loop.simulation.label_list import label_set

NAMES = ("refund", "delivery")
TEXTS = ("Where on earth is my parcel, it is late", "i want my money back please")


def test_without_a_list_there_are_names_alone() -> None:
    assert label_set(NAMES, None, TEXTS, where="labels.yaml") == (LabelSet(NAMES), ())


def test_descriptions_and_phrases_come_in_the_order_of_the_file() -> None:
    given = LabelSet(("delivery", "refund"), {"refund": "Wants money back."}, {"delivery": ("has it been sent",)})
    found, sentences = label_set(NAMES, given, TEXTS, where="labels.yaml")
    assert found == LabelSet(NAMES, {"refund": "Wants money back."}, {"delivery": ("has it been sent",)})
    assert sentences == ("Read from labels.yaml: descriptions 1, phrases 1.",)


def test_phrases_that_measure_are_left_out_and_counted() -> None:
    given = LabelSet(NAMES, {}, {"delivery": ("where on EARTH is my parcel, it is late!", "has it been sent")})
    found, sentences = label_set(NAMES, given, TEXTS, where="labels.yaml")
    assert found.phrases == {"delivery": ("has it been sent",)}
    assert sentences[1:] == ("Phrases that are texts to measure on as well, or nearly so: 1; left out.",)


def test_labels_that_the_file_lacks_are_named() -> None:
    given = LabelSet(("refund", "roaming"), {"roaming": "Abroad."})
    found, sentences = label_set(NAMES, given, TEXTS, where="labels.yaml")
    assert found == LabelSet(NAMES)
    assert sentences[1:] == ("Labels of the list that are not in the file: roaming; left out.",)


def test_a_list_of_other_labels_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"labels\.yaml has none of the labels of the file: roaming, porting"):
        label_set(NAMES, LabelSet(("roaming", "porting")), TEXTS, where="labels.yaml")
