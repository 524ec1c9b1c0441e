"""JSON of others is read within limits, and every fault is a ValueError in a few words."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.json_reading import DEPTH, parse
from loop.printable import json_text, printable


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "nested more than 64 deep"),
        ('{"a":' * 100_000, "nested more than 64 deep"),
        ("[" * 70 + "]" * 70, "nested more than 64 deep"),
        ('[{"a":' * 40 + "1" + "}]" * 40, "nested more than 64 deep"),
        ("9" * 5_000, "a number of too many digits"),
        ('{"a": -' + "9" * 5_000 + "}", "a number of too many digits"),
        ('{"a": 1', "Expecting ',' delimiter in line 1"),
        (b"\xff", "not UTF-8"),
        ("", "Expecting value"),
    ],
)
def test_what_is_wrong_is_told_in_a_few_words(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as fault:
        parse(text)
    assert len(str(fault.value)) < 200


def test_as_deep_as_allowed_is_read() -> None:
    assert parse("[" * DEPTH + "]" * DEPTH)


@given(
    st.recursive(
        st.text(st.characters()) | st.integers() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
        max_leaves=5,
    )
)
def test_json_for_a_terminal_is_the_same_value_without_a_sign_that_acts(value: object) -> None:
    shown = json_text(json.dumps(value, ensure_ascii=False))
    assert json.loads(shown) == value
    assert printable(shown) == shown
