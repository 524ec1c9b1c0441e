"""Comparing texts by their words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.evaluation.texts.metrics import rouge_l
from loop.wording import folded, overlap, words

ENGLISH = st.text(alphabet="ab c", max_size=40)


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(ENGLISH, ENGLISH)
def test_the_overlap_is_symmetrical_and_one_for_the_same_words_alone(one: str, other: str) -> None:
    assert 0 <= overlap(one, other) == overlap(other, one) <= 1
    assert (overlap(one, other) == 1) == (words(one) == words(other))


@given(ENGLISH.filter(str.strip), ENGLISH.filter(str.strip))
def test_on_plain_words_the_overlap_is_rouge_l(one: str, other: str) -> None:
    assert overlap(one, other) == pytest.approx(rouge_l([one], [(other,)])[0])


def test_a_text_of_signs_has_no_words() -> None:
    assert words(' "..." (!) ') == ()
    assert overlap("...", "") == 1
    assert overlap("...", "a") == 0
