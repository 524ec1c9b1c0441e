"""A judge's words are read leniently, and never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.judge.certainty import certainty, mean_order, same_order
from loop.judge.reading import read_pair, read_ranking, read_rating


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("1", "1"),
        (" 2.\n", "2"),
        ("**1**", "1"),
        ("[[2]]", "2"),
        ("Answer 2", "2"),
        ("The better answer is: Answer 1.", "1"),
        ("Response 2 is better.", "2"),
        ("First", "1"),
        ("TIE", "tie"),
        ("A tie", "tie"),
        ("Both bad.", "both bad"),
        ('"both_bad"', "both bad"),
        ("1\n\nBecause the first one names the plan", "1"),
        ("Answer 1:\npolite\nAnswer 2:\nrude\nVerdict: 1", "1"),
        ("<think>2 looks nice, but no</think>\n1", "1"),
    ],
)
def test_a_verdict_on_a_pair_is_read_however_it_is_dressed(words: str, verdict: str) -> None:
    read = read_pair(words)
    assert read is not None
    assert read.value == verdict


@pytest.mark.parametrize(
    "words",
    [
        "",
        "3",
        "12",
        "1 or 2",
        "1 and 2 are both fine",
        "1. Both are kind",
        "First, I look at the dates.",
        "Answer 1\nis polite",
        "1\n2",
        "Choice: 1\nOn reflection:\nChoice: 2",
        "I cannot judge this.",
        "<think>1",
    ],
)
def test_a_verdict_that_is_missing_or_can_be_read_in_two_ways_is_not_guessed(words: str) -> None:
    assert read_pair(words) is None


def test_only_a_verdict_that_stands_alone_is_bare() -> None:
    found = [read_pair(words) for words in ("1", "Answer: 1", "1\nfor it is kind", "<think>so</think>1")]
    assert [read.bare for read in found if read] == [True, True, False, False]


@pytest.mark.parametrize(
    "words",
    ["2, 1, 3", "[2,1,3]", "2 > 1 > 3", "Ranking: 2, 1, 3.", "Answer 2, Answer 1, Answer 3", "Here:\n2, 1, 3\nDone"],
)
def test_a_ranking_is_read_however_it_is_dressed(words: str) -> None:
    read = read_ranking(words, k=3)
    assert read is not None
    assert read.value == (2, 1, 3)


@pytest.mark.parametrize(
    "words", ["2, 1", "2, 2, 1", "1, 2, 4", "213", "1. Answer 2\n2. Answer 1", "1 = 2 > 3", "9" * 5000 + ", 1", ""]
)
def test_a_ranking_that_is_none_of_all_answers_is_not_guessed(words: str) -> None:
    assert read_ranking(words, k=3) is None


@given(st.permutations(list(range(1, 10))))
def test_every_order_is_read_back(order: list[int]) -> None:
    read = read_ranking(", ".join(map(str, order)), k=9)
    assert read is not None
    assert list(read.value) == order


@pytest.mark.parametrize(
    "words",
    [
        '{"tone": 4, "facts": 5}',
        '```json\n{"tone": 4, "facts": 5}\n```',
        'Sure! {"Tone": "4/5", "facts": 5.0, "length": 1}',
        '{"tone": 4, "facts": 5}\nAgain: {"facts": 5, "tone": 4}',
    ],
)
def test_marks_are_read_for_every_criterion(words: str) -> None:
    read = read_rating(words, criteria=("tone", "facts"))
    assert read is not None
    assert read.value == {"tone": 4, "facts": 5}


@pytest.mark.parametrize(
    "words",
    [
        '{"tone": 4}',
        '{"tone": 4, "facts": 6}',
        '{"tone": 4, "facts": true}',
        '{"tone": 4, "facts": 3.5}',
        '{"tone": 4, "facts": null}',
        '{"tone": 4, "facts": 5} {"tone": 1, "facts": 5}',
        "tone 4, facts 5",
        '{"tone": 4, "facts": ',
    ],
)
def test_marks_that_are_missing_or_out_of_range_are_not_guessed(words: str) -> None:
    assert read_rating(words, criteria=("tone", "facts")) is None


@given(st.text(max_size=60))
def test_no_words_break_the_reading(words: str) -> None:
    assert (found := read_pair(words)) is None or found.value in ("1", "2", "tie", "both bad")
    read_ranking(words, k=2)
    read_rating("{" + words + "}", criteria=("tone",))


def test_orders_that_agree_are_the_same_and_a_reversed_one_is_the_opposite() -> None:
    assert same_order((2, 1, 3), (2, 1, 3)) == 1.0
    assert same_order((2, 1, 3), (3, 1, 2)) == 0.0
    assert same_order((1, 2, 3), (1, 3, 2)) == pytest.approx(2 / 3)


def test_the_mean_of_two_orders_has_ties_as_the_first_has_them() -> None:
    assert mean_order((1, 2, 3), (1, 3, 2)) == (1, 2, 3)
    assert mean_order((1, 2, 3), (3, 2, 1)) == (1, 2, 3)
    assert mean_order((1, 2, 3), (2, 3, 1)) == (2, 1, 3)


@given(st.floats(0, 1), st.lists(st.none() | st.floats(0, 1), max_size=3))
def test_certainty_is_never_below_a_coin_and_never_above_the_agreement(agreement: float, told: list[float]) -> None:
    assert 0.5 <= certainty(agreement, told) <= max(0.5, agreement)


def test_a_leaning_to_one_place_cancels_in_the_log_odds() -> None:
    assert certainty(1.0, [0.9, 0.9]) == pytest.approx(0.9)
    assert certainty(1.0, [9 / 10, 1 / 10]) == pytest.approx(0.5)
    assert certainty(1.0, [0.9, None]) == 1.0
