from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.planning.cost import Cost
from loop.planning.stopping import budget, gain, kappa, stability, target

HOUR_FOR_30 = Cost(1.0, 0.9, 1.1, 30.0, 27.0, 33.0)
TWO_HOURS_FOR_60 = Cost(2.0, 1.8, 2.2, 60.0, 54.0, 66.0)


def test_the_target_is_reached_when_nearly_all_draws_are_below_it() -> None:
    draws = np.linspace(0.05, 0.1, 101)
    assert target(draws, wanted=0.1).holds
    assert not target(draws, wanted=0.08).holds


def test_a_middle_below_the_target_does_not_reach_it() -> None:
    said = target(np.linspace(0.05, 0.12, 101), wanted=0.1)
    assert not said.holds
    assert "95 % certainty" in said.words


def test_a_rule_that_lacks_something_says_what() -> None:
    assert target(np.zeros(3), wanted=None).words == "no target is set (plan.target_error)"
    assert target(None, wanted=0.1).words == "two measured rounds are needed to tell"
    assert gain(None, None, answers=100, least=0.1).words == "two measured rounds are needed to tell"
    assert "3 models" in stability([["a"], ["a"]]).words
    nothing = budget(None, None, money=None, hours=None, currency="EUR")
    assert nothing.words == "no budget is set (plan.budget, plan.budget_hours)"
    assert "no expert time" in budget(None, None, money=5, hours=None, currency="EUR").words
    unpriced = Cost(1.0, 1.0, 1.0, None, None, None)
    assert "no price is set" in budget(unpriced, unpriced, money=5, hours=None, currency="EUR").words


def test_gain_is_counted_per_hundred_answers() -> None:
    before, after = np.full(10, 0.12), np.full(10, 0.11)
    assert gain(before, after, answers=50, least=0.0201).holds
    assert not gain(before, after, answers=50, least=0.0199).holds
    assert gain(before, after, answers=50, least=0.01).figures["gain"] == pytest.approx(0.02)


def test_an_uncertain_small_gain_goes_on() -> None:
    after = np.array([0.1] * 8 + [0.05] * 2)
    assert not gain(np.full(10, 0.1), after, answers=100, least=0.01).holds


def test_three_models_that_say_the_same_are_stable() -> None:
    same = ["a", "b"] * 50
    assert stability([same, same, same]).holds
    other = ["b", "b", *same[2:]]
    assert not stability([same, same, other]).holds
    assert not stability([same, other, other]).holds


def test_only_the_last_three_models_count_for_stability() -> None:
    same = ["a", "b"] * 50
    assert stability([["b"] * 100, same, same, same]).holds


def test_kappa_of_a_hand_made_table() -> None:
    # 20 both yes, 15 both no, 5 and 10 apart: agreement 0.7, by chance 0.5 (Cohen 1960).
    one = ["yes"] * 25 + ["no"] * 25
    other = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert kappa(one, other) == pytest.approx(0.4)


def test_two_models_that_know_one_label_agree() -> None:
    assert kappa(["a", "a"], ["a", "a"]) == 1


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=30))
def test_kappa_is_symmetric_and_at_most_1(one: list[str]) -> None:
    other = sorted(one)
    assert kappa(one, other) == pytest.approx(kappa(other, one))
    assert kappa(one, other) <= 1
    assert kappa(one, one) == 1


def test_the_budget_ends_where_the_next_batch_does_not_fit() -> None:
    def said(money: float | None, hours: float | None = None) -> bool:
        return budget(TWO_HOURS_FOR_60, HOUR_FOR_30, money=money, hours=hours, currency="EUR").holds

    assert said(89)
    assert not said(90)
    assert said(None, 2.9)
    assert not said(None, 3.0)
    assert said(1000, 2.9)


def test_the_budget_says_what_is_spent() -> None:
    words = budget(TWO_HOURS_FOR_60, HOUR_FOR_30, money=80, hours=None, currency="EUR").words
    assert words == "about 60 EUR of 80 EUR spent, the next batch 30 EUR"
