"""Text of others cannot steer a terminal."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from loop.printable import one_line, printable

ACTING = {"Cc", "Cs", "Zl", "Zp"}


@given(st.text(st.characters()))
def test_nothing_that_acts_is_left(text: str) -> None:
    shown = printable(text)
    assert {unicodedata.category(sign) for sign in shown if sign not in "\n\t"}.isdisjoint(ACTING)
    assert not any(
        unicodedata.bidirectional(sign) in {"RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI"} for sign in shown
    )


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_what_is_only_seen_stays(text: str) -> None:
    assert printable(text) == text
    assert one_line(text) == text


@given(st.text(st.characters()))
def test_doing_it_twice_changes_nothing_more(text: str) -> None:
    assert printable(printable(text)) == printable(text)


def test_codes_are_shown() -> None:
    assert printable("a\x1b[2Jb\x9bc\u202ed\r\n") == "a\\x1b[2Jb\\x9bc\\u202ed\\x0d\n"


def test_one_line_has_no_line_end() -> None:
    assert one_line("a\r\nb\nc\td\u2028e") == "a b c d\\u2028e"
