"""Laws of areas, answers needed, and their ratios."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.simulation.measures import Needed, area, mean, needed, ratio

ASKED = np.array([10, 20, 40])


def test_a_mean_of_three_seeds_has_students_wide_interval() -> None:
    found = mean(np.array([0.4, 0.5, 0.6]))
    assert found.value == pytest.approx(0.5)
    assert found.half == pytest.approx(4.3027 * 0.1 / 3**0.5, rel=1e-3)


@pytest.mark.parametrize("values", [[0.4], [0.4, 0.4]])
def test_one_or_two_seeds_have_no_interval_and_prove_nothing(values: list[float]) -> None:
    """Two that agree by chance would look certain."""
    found = mean(np.array(values))
    assert found.half is None
    assert not found.above_zero
    assert not found.below_zero


def test_a_mean_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        mean(np.array([]))


def test_the_area_of_a_flat_curve_is_its_height() -> None:
    assert area(ASKED, np.full((2, 3), 0.7), low=10, high=40) == pytest.approx([0.7, 0.7])


def test_the_area_weighs_rounds_by_their_labels() -> None:
    assert area(ASKED, np.array([[0.0, 0.0, 1.0]]), low=10, high=40) == pytest.approx([1 / 3])


def test_the_area_of_a_part_begins_and_ends_between_points() -> None:
    assert area(ASKED, np.array([[0.0, 0.1, 0.3]]), low=15, high=30) == pytest.approx([(5 * 0.075 + 10 * 0.15) / 15])


def test_answers_needed_lie_straight_between_two_rounds() -> None:
    assert needed(ASKED, np.array([0.2, 0.4, 0.8]), 0.6) == Needed(30.0, 30.0)


def test_a_target_met_in_the_first_round_needs_at_most_its_labels() -> None:
    assert needed(ASKED, np.array([0.7, 0.4, 0.8]), 0.6) == Needed(0.0, 10.0)


def test_a_target_never_met_needs_more_than_all_labels() -> None:
    assert needed(ASKED, np.array([0.2, 0.4, 0.5]), 0.6) == Needed(40.0, np.inf)


def test_half_the_labels_are_a_ratio_of_a_half() -> None:
    own, base = np.array([[0.0, 1.0, 1.0]] * 3), np.array([[0.0, 0.5, 0.5]] * 3)
    base[:, 2] = 0.5
    found = ratio(np.array([10, 20, 30]), own, base, np.full(3, 0.5))
    assert found.bound == "exact"
    assert found.value == pytest.approx(15 / 20)
    assert (found.low, found.high) == (found.value, found.value)


def test_where_only_random_misses_the_target_the_ratio_is_at_most() -> None:
    own, base = np.array([[0.0, 0.6, 0.9]] * 2), np.array([[0.0, 0.2, 0.4]] * 2)
    found = ratio(ASKED, own, base, np.full(2, 0.6))
    assert (found.bound, found.limit, found.value) == ("at most", pytest.approx(0.5), None)


def test_where_only_the_strategy_misses_the_target_the_ratio_is_at_least() -> None:
    own, base = np.array([[0.0, 0.2, 0.4]] * 2), np.array([[0.0, 0.6, 0.9]] * 2)
    found = ratio(ASKED, own, base, np.full(2, 0.6))
    assert (found.bound, found.limit) == ("at least", pytest.approx(2.0))
    assert found.high == np.inf


def test_where_neither_meets_the_target_nothing_is_known() -> None:
    low = np.array([[0.0, 0.2, 0.4]] * 2)
    found = ratio(ASKED, low, low, np.full(2, 0.6))
    assert (found.bound, found.low, found.high) == ("unknown", 0.0, np.inf)


def test_where_both_meet_the_target_with_their_first_labels_that_is_said() -> None:
    high = np.array([[0.9, 0.9, 0.9]] * 2)
    found = ratio(ASKED, high, high, np.full(2, 0.6))
    assert (found.bound, found.value, found.limit) == ("at once", None, None)
    assert not found.told


def test_a_ratio_of_two_seeds_has_no_bounds() -> None:
    own, base = np.array([[0.0, 0.6, 0.9]] * 2), np.array([[0.0, 0.3, 0.9]] * 2)
    found = ratio(ASKED, own, base, np.full(2, 0.6))
    assert (found.bound, found.low, found.high) == ("exact", 0.0, np.inf)


@pytest.mark.slow
@given(st.integers(0, 1000))
def test_the_interval_holds_the_ratio_and_a_curve_against_itself_is_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    asked = np.arange(1, 7) * 10
    own = np.sort(rng.random((4, 6)), axis=1)
    found = ratio(asked, own, own, np.full(4, 0.5))
    if found.bound == "exact":
        assert found.value == pytest.approx(1.0)
        assert found.low <= 1.0 <= found.high
