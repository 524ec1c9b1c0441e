"""Pairs, rankings and ratings as words on two answers."""

from __future__ import annotations

import pytest
from made_crowds import said

from loop.consensus import Judgement, consensus, from_ranking, from_ratings
from loop.consensus.judgements import OF_LEFT, OF_RIGHT, OF_TIE, tally
from loop.errors import DataError


def test_a_ranking_says_something_of_every_pair_by_place_on_the_page() -> None:
    words = from_ranking(["x", "y", "z"], [2, 1, 3], question="q", prompt="p", annotator="ann")
    assert [(each.first, each.second, each.outcome) for each in words] == [
        ("x", "y", "second"),
        ("x", "z", "first"),
        ("y", "z", "first"),
    ]


@pytest.mark.parametrize("order", [[1, 2], [1, 2, 2], [0, 1, 2], [1, 2, 3, 4]])
def test_a_ranking_that_leaves_a_place_out_is_told(order: list[int]) -> None:
    with pytest.raises(DataError, match="wanted: the places 1 to 3, each once"):
        from_ranking(["x", "y", "z"], order, question="q", prompt="p", annotator="ann")


@pytest.mark.parametrize(
    ("first", "second", "margin", "outcome"),
    [
        ({"tone": 5, "facts": 3}, {"tone": 2, "facts": 3}, 0.0, "first"),
        ({"tone": 1, "facts": 3}, {"tone": 3, "facts": 1}, 0.0, "tie"),
        ({"tone": 4}, {"tone": 5}, 1.0, "tie"),
        ({"tone": 2, "only here": 5}, {"tone": 3}, 0.0, "second"),
    ],
)
def test_ratings_compare_the_means_of_the_shared_criteria(
    first: dict[str, float], second: dict[str, float], margin: float, outcome: str
) -> None:
    word = from_ratings(("a", first), ("b", second), question="q", prompt="p", annotator="ann", margin=margin)
    assert (word.first, word.second, word.outcome) == ("a", "b", outcome)


def test_ratings_without_a_shared_criterion_are_told() -> None:
    with pytest.raises(DataError, match="share no criterion"):
        from_ratings(("a", {"tone": 3}), ("b", {"facts": 3}), question="q", prompt="p", annotator="ann")


def test_places_do_not_change_what_an_answer_says_of_the_pair() -> None:
    assert said("first", first="a", second="b").says == said("second", first="b", second="a").says == OF_LEFT
    assert said("second", first="a", second="b").says == OF_RIGHT
    assert said("tie").says == said("both_bad").says == OF_TIE


def test_the_pairs_of_a_ranking_weigh_as_many_answers_as_it_has_steps() -> None:
    words = from_ranking(list("wxyz"), [1, 2, 3, 4], question="q", prompt="p", annotator="ann")
    assert tally(words).weight.sum() == pytest.approx(3)
    assert tally([said("first")]).weight.tolist() == [1.0]


def test_somebody_who_is_asked_twice_has_one_voice() -> None:
    both_orders = [said("first"), said("first", first="b", second="a")]
    assert tally(both_orders).says.tolist() == [OF_TIE]
    assert tally([*both_orders, Judgement("again", "p", "a", "b", "first", "ann")]).says.tolist() == [OF_LEFT]


def test_an_unknown_outcome_and_a_candidate_against_itself_are_told() -> None:
    with pytest.raises(DataError, match="the outcome 'left'.*wanted: one of first, second, tie, both_bad"):
        consensus([said("left")])  # type: ignore[arg-type]
    with pytest.raises(DataError, match="compares 'a' with itself"):
        consensus([said("first", second="a")])
