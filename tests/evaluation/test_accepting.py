"""Laws of accepting answers without a person: the limit is kept, and nothing is promised that is not known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from loop.evaluation.selective_prediction import GRID, auto_accept, enough, equal_chance


def answers(n: int, *, seed: int, error: float = 0.12) -> tuple[np.ndarray, np.ndarray]:
    """Confidences of a model that errs in about `error` of all cases, and knows it."""
    rng = np.random.default_rng(seed)
    confidence = rng.beta((1 - error) * 5, error * 5, n)
    return confidence, rng.random(n) < confidence


def lowest(confidence: np.ndarray, right: np.ndarray, most: float) -> float:
    threshold = auto_accept(confidence, right, most=[most])[0].threshold
    return 2.0 if threshold is None else threshold


@given(st.integers(100, 900), st.integers(0, 9), st.sampled_from([0.02, 0.05, 0.1]))
@settings(max_examples=30, deadline=None)
def test_order_does_not_matter(n: int, seed: int, most: float) -> None:
    confidence, right = answers(n, seed=seed)
    order = np.random.default_rng(seed).permutation(n)
    assert auto_accept(confidence[order], right[order], most=[most]) == auto_accept(confidence, right, most=[most])


@given(st.integers(100, 900), st.integers(0, 9), st.sampled_from([0.02, 0.05, 0.1]))
@settings(max_examples=30, deadline=None)
def test_fewer_errors_never_raise_the_threshold_and_what_is_given_passed_its_test(
    n: int, seed: int, most: float
) -> None:
    confidence, right = answers(n, seed=seed)
    better = right | (np.random.default_rng(seed).random(n) < 0.3)
    assert lowest(confidence, better, most) <= lowest(confidence, right, most)
    passed = [row for row in auto_accept(confidence, right, most=[most]) if row.threshold is not None]
    assert all(binom.cdf(row.errors, row.n, most) <= 0.05 for row in passed)


def test_a_model_that_is_always_right_is_accepted_whole() -> None:
    rows = auto_accept(np.full(400, 0.8), np.ones(400, bool))
    assert [(row.threshold, row.share, row.errors, row.n) for row in rows] == [(0.0, 1.0, 0, 400)] * 4


def test_the_numbers_are_those_of_the_accepted_answers() -> None:
    confidence, right = answers(2000, seed=3)
    for row in auto_accept(confidence, right, most=[0.05, 0.1]):
        assert row.threshold in GRID
        accepted = confidence >= row.threshold
        assert (row.n, row.errors) == (accepted.sum(), (accepted & ~right).sum())
        assert row.share == pytest.approx(accepted.mean())
        assert row.share_low is not None
        assert row.share_high is not None
        assert row.share_low < accepted.mean() < row.share_high


@pytest.mark.parametrize(("most", "n"), [(0.01, 299), (0.02, 149), (0.05, 59), (0.1, 29)])
def test_so_many_answers_without_error_are_enough_for_a_limit(most: float, n: int) -> None:
    assert enough(most, 0.95) == n
    assert binom.cdf(0, n, most) <= 0.05 < binom.cdf(0, n - 1, most)


def test_too_few_answers_are_told_with_how_many_more_are_needed() -> None:
    row = auto_accept(np.full(100, 0.9), np.ones(100, bool), most=[0.01])[0]
    assert (row.threshold, row.share, row.n) == (None, None, 0)
    assert row.needed is not None
    assert 199 <= row.needed <= 210
    assert row.reason == f"needs about {row.needed} more answers"


def test_no_answers_at_all_need_those_of_a_test_without_error() -> None:
    assert auto_accept(np.zeros(0), np.zeros(0, bool), most=[0.05])[0].needed == 59


def test_a_model_that_errs_everywhere_is_not_helped_by_answers() -> None:
    row = auto_accept(np.linspace(0.5, 1, 500), np.arange(500) % 2 == 0, most=[0.05])[0]
    assert (row.threshold, row.needed) == (None, None)
    assert row.reason == "even the surest answers seem to err in more than 5 %, or too near to it"


def test_the_search_ends_at_the_first_threshold_that_fails() -> None:
    confidence = np.repeat([0.95, 0.75, 0.55], [200, 100, 700])
    right = np.repeat([True, False, True], [200, 100, 700])
    row = auto_accept(confidence, right, most=[0.1])[0]
    assert row.threshold == 0.76
    assert (row.n, row.errors) == (200, 0)


def test_examples_with_large_chances_are_thinned_to_the_smallest() -> None:
    inclusion = np.repeat([0.1, 0.4], [2000, 8000])
    kept = equal_chance(inclusion, rng=np.random.default_rng(0))
    assert kept[:2000].all()
    assert kept[2000:].mean() == pytest.approx(0.25, abs=0.02)
    assert equal_chance(np.full(5, 0.3), rng=np.random.default_rng(0)).all()
    assert equal_chance(np.zeros(0), rng=np.random.default_rng(0)).shape == (0,)


def broken(*, confidence_of: str, n: int, most: float, repeats: int = 2000) -> float:
    """Share of samples whose threshold breaks the limit, where the true error above each threshold is known."""
    grid = np.array(GRID)
    rng = np.random.default_rng(1)
    big = _population(confidence_of, 400_000, rng, most)
    true = np.array([(big[1][big[0] >= cut]).mean() if (big[0] >= cut).any() else 0.0 for cut in grid])
    count = 0
    for _ in range(repeats):
        confidence, chance = _population(confidence_of, n, rng, most)
        row = auto_accept(confidence, rng.random(n) >= chance, most=[most])[0]
        count += row.threshold is not None and true[GRID.index(row.threshold)] > most
    return count / repeats


def _population(kind: str, n: int, rng: np.random.Generator, most: float) -> tuple[np.ndarray, np.ndarray]:
    """Confidences, and each one's true chance of an error."""
    confidence = rng.beta(8, 1.2, n)
    if kind == "calibrated":
        return confidence, 1 - confidence
    if kind == "overconfident":
        return confidence, np.minimum(1, 2 * (1 - confidence) + most / 2)
    if kind == "flat":  # every threshold breaks the limit by a hair: the hardest case for a test of each
        return confidence, np.full(n, most * 1.01)
    return confidence, np.where(confidence > 0.97, 2 * most, 0.9 * most)  # "inverted": the surest err most


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["calibrated", "overconfident", "flat", "inverted"])
@pytest.mark.parametrize(("n", "most"), [(300, 0.05), (700, 0.02)])
def test_the_limit_is_broken_in_at_most_one_of_twenty_samples(kind: str, n: int, most: float) -> None:
    noise = 3 * np.sqrt(0.05 * 0.95 / 2000)
    assert broken(confidence_of=kind, n=n, most=most) <= 0.05 + noise


@pytest.mark.slow
def test_after_thinning_the_limit_is_kept_for_unequal_chances_too() -> None:
    rng = np.random.default_rng(2)
    most, count, repeats = 0.05, 0, 1000
    for _ in range(repeats):
        confidence, chance = _population("flat", 3000, rng, most)
        wrong = rng.random(3000) < chance
        # The doubtful ones were drawn more often than the others.
        inclusion = np.where(confidence < 0.8, 0.8, 0.2)
        drawn = rng.random(3000) < inclusion
        kept = equal_chance(inclusion[drawn], rng=rng)
        row = auto_accept(confidence[drawn][kept], ~wrong[drawn][kept], most=[most])[0]
        count += row.threshold is not None
    assert count / repeats <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / repeats)
