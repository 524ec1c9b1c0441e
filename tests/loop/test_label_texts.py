from __future__ import annotations

import pytest

from loop.label_texts import in_words, label_texts
from loop.records import LabelSet


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
    assert found.texts == ("refund", "get invoice", "Needs a copy of a bill.")
    assert found.columns == (0, 1, 1)
    assert found.informative


@pytest.mark.parametrize(
    ("names", "informative"),
    [
        (("L01", "L02", "L03"), False),
        (("1", "2"), False),
        (("refund", "invoice"), True),
        (("refund", "C7", "C8"), False),
        (("支払い", "解約方法"), True),
    ],
)
def test_codes_tell_nothing(names: tuple[str, ...], informative: bool) -> None:
    assert label_texts(LabelSet(names)).informative == informative


def test_a_description_makes_a_code_speak() -> None:
    assert label_texts(LabelSet(("A1", "A2"), {"A1": "Money back", "A2": "Something is broken"})).informative
