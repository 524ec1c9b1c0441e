from __future__ import annotations

import pytest

from loop.label_texts import in_words, informative, label_texts
from loop.records import LabelSet, LabelTexts


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("refund_status", "refund status"),
        ("AddToPlaylist", "add to playlist"),
        ("wifi-coverage", "wifi coverage"),
        ("getATM", "get atm"),
        ("HTTPServerError", "http server error"),
        ("card.lost/stolen", "card lost stolen"),
        ("ja", "ja"),
        ("__", "__"),
        ("支払い_方法", "支払い 方法"),
    ],
)
def test_a_name_is_read_as_words(name: str, words: str) -> None:
    assert in_words(name) == words


def test_each_label_has_its_name_and_its_description() -> None:
    found = label_texts(LabelSet(("refund", "getInvoice"), {"getInvoice": "Needs a copy of a bill."}))
    assert found == LabelTexts(("refund", "get invoice", "Needs a copy of a bill."), (0, 1, 1))


def test_phrases_come_after_names_and_descriptions() -> None:
    labels = LabelSet(("refund", "invoice"), {}, {"invoice": ("send my bill", "a copy, please"), "refund": ("money?",)})
    found = label_texts(labels)
    texts = ("refund", "invoice", "money?", "send my bill", "a copy, please")
    assert found == LabelTexts(texts, (0, 1, 0, 1, 1), phrases=3)
    left = label_texts(labels, without={"money?", "send my bill"})
    assert left == LabelTexts((*texts[:2], texts[4]), (0, 1, 1), phrases=1)


@pytest.mark.parametrize(
    ("names", "tell"),
    [
        (("L01", "L02", "L03"), False),
        (("1", "2"), False),
        (("refund", "invoice"), True),
        (("refund", "C7", "C8"), False),
        (("支払い", "解約方法"), True),
    ],
)
def test_codes_tell_nothing(names: tuple[str, ...], tell: bool) -> None:
    assert informative(LabelSet(names)) == tell
    assert (label_texts(LabelSet(names)) is not None) == tell


def test_a_description_makes_a_code_speak() -> None:
    labels = LabelSet(("A1", "A2"), {"A1": "Money back", "A2": "Something is broken"})
    assert informative(labels)
    assert label_texts(labels) is not None


def test_with_phrases_codes_are_left_out_and_the_phrases_stay() -> None:
    labels = LabelSet(("L01", "L02"), {}, {"L02": ("my line is down",)})
    assert label_texts(labels) == LabelTexts(("my line is down",), (1,), phrases=1)
    assert label_texts(labels, without={"my line is down"}) is None
