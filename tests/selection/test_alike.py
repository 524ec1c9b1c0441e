"""Answers too alike to ask about."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loop.selection.near_duplicates import near_identical

LONG = "Thank you for writing. Your order left our house on Monday and should be with you by the end of the week"


def test_case_and_white_space_make_no_difference() -> None:
    assert near_identical(["Yes, it is.", "no", " yes,  IT is.\n"]) == ((0, 2), (1,))


def test_a_full_stop_in_a_long_answer_makes_no_difference() -> None:
    assert near_identical([LONG, LONG + "."]) == ((0, 1),)


def test_a_number_makes_a_difference_however_long_the_answer() -> None:
    assert near_identical([LONG + " 3.", LONG + " 8."]) == ((0,), (1,))


def test_short_answers_differ_by_a_letter() -> None:
    assert near_identical(["cat", "cut", "cat"]) == ((0, 2), (1,))


def test_likeness_is_not_handed_on_along_a_chain() -> None:
    texts = ["a" * 40, "a" * 39 + "b", "a" * 38 + "bb"]
    assert near_identical(texts, threshold=0.97) == ((0, 1), (2,))


def test_no_texts_make_no_groups_and_empty_ones_are_alike() -> None:
    assert near_identical([]) == ()
    assert near_identical(["", " "]) == ((0, 1),)


@given(st.lists(st.text(alphabet="ab 1", max_size=12), max_size=7))
def test_every_text_is_in_exactly_one_group(texts: list[str]) -> None:
    groups = near_identical(texts)
    assert sorted(position for group in groups for position in group) == list(range(len(texts)))
    assert [group[0] for group in groups] == sorted(group[0] for group in groups)
    assert all(list(group) == sorted(group) for group in groups)
