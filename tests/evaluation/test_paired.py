"""Paired tests and intervals."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.evaluation.paired import mcnemar, paired_interval, signflip, weighted_interval


@pytest.mark.parametrize(("fixed", "broken", "p"), [(0, 0, 1.0), (12, 5, 0.143463), (10, 0, 2 / 2**10), (3, 3, 1.0)])
def test_the_exact_mcnemar_test_gives_known_p_values(fixed: int, broken: int, p: float) -> None:
    assert mcnemar(fixed, broken) == pytest.approx(p, abs=1e-6)


def test_the_paired_interval_agrees_with_a_published_example() -> None:
    # Fagerland, Lydersen and Laake 2014, airway hyper-responsiveness: 1, 1, 7, 12; Newcombe -0.507 to -0.026
    low, high = paired_interval(7, 1, champion_errors=8, n=21)
    assert (low, high) == pytest.approx((-0.507, -0.026), abs=5e-4)


tables = st.tuples(*[st.integers(0, 40)] * 4).filter(lambda cells: sum(cells) > 0)


@given(tables)
def test_the_interval_holds_the_difference_and_turns_round_when_the_models_swap(cells: tuple[int, ...]) -> None:
    both, fixed, broken, _ = cells
    n = sum(cells)
    low, high = paired_interval(fixed, broken, champion_errors=both + fixed, n=n)
    assert -1 <= low <= (broken - fixed) / n + 1e-12
    assert (broken - fixed) / n - 1e-12 <= high <= 1
    swapped = paired_interval(broken, fixed, champion_errors=both + broken, n=n)
    assert (-swapped[1], -swapped[0]) == pytest.approx((low, high))


def test_the_paired_interval_covers_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    chances = (0.15, 0.08, 0.05, 0.72)
    covered = 0
    for both, fixed, broken, _ in rng.multinomial(150, chances, size=600):
        low, high = paired_interval(int(fixed), int(broken), champion_errors=int(both + fixed), n=150)
        covered += low <= chances[2] - chances[1] <= high
    assert 0.925 <= covered / 600 <= 0.985


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.01, 50))
def test_with_equal_weights_signs_flip_as_mcnemar_says(fixed: int, broken: int, weight: float) -> None:
    changes = np.array([-1] * fixed + [1] * broken + [0] * 5)
    assert signflip(changes, np.full(len(changes), weight)) == pytest.approx(mcnemar(fixed, broken), abs=1e-12)


@given(st.lists(st.tuples(st.sampled_from([-1, 1]), st.integers(1, 5)), min_size=1, max_size=9))
def test_whole_weights_give_the_p_value_of_counting_all_ways(changes: list[tuple[int, int]]) -> None:
    signs, weights = (np.array(column) for column in zip(*changes, strict=True))
    told = abs(int((signs * weights).sum()))
    ways = [abs(int((np.array(way) * weights).sum())) >= told for way in product([-1, 1], repeat=len(weights))]
    # grains are rounded: where another way comes as far to a hair, it may fall on either side
    ties = [abs(int((np.array(way) * weights).sum())) > told for way in product([-1, 1], repeat=len(weights))]
    found = signflip(signs, weights.astype(float))
    assert np.mean(ties) - 1e-9 <= found <= np.mean(ways) + 1e-9 or found == pytest.approx(np.mean(ways))


@pytest.mark.slow
def test_the_weighted_test_errs_no_more_often_than_it_says() -> None:
    rng = np.random.default_rng(1)
    weights = 1 / rng.uniform(0.05, 1.0, size=80)
    found = [signflip(rng.choice([-1, 1], size=80), weights) for _ in range(500)]
    assert np.mean(np.array(found) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 500)
    assert np.mean(np.array(found) <= 0.5) >= 0.4


@given(tables, st.floats(0.1, 10))
def test_the_weighted_interval_of_equal_weights_is_the_plain_one(cells: tuple[int, ...], weight: float) -> None:
    both, fixed, broken, neither = cells
    champion = np.array([1.0] * (both + fixed) + [0.0] * (broken + neither))
    challenger = np.array([1.0] * both + [0.0] * fixed + [1.0] * broken + [0.0] * neither)
    n = sum(cells)
    found = weighted_interval(champion, challenger, np.full(n, weight))
    assert found == pytest.approx(paired_interval(fixed, broken, champion_errors=both + fixed, n=n), abs=1e-9)


def test_the_weighted_interval_covers_about_as_often_as_it_says() -> None:
    """A population of 4,000; hard examples are drawn four times as likely as easy ones."""
    rng = np.random.default_rng(2)
    hard = rng.random(4000) < 0.3
    champion = (rng.random(4000) < np.where(hard, 0.3, 0.05)).astype(float)
    challenger = np.where(rng.random(4000) < 0.6, champion, (rng.random(4000) < np.where(hard, 0.2, 0.05)) * 1.0)
    truth = float((challenger - champion).mean())
    chances = np.where(hard, 0.12, 0.03)
    covered = 0
    for _ in range(500):
        drawn = rng.random(4000) < chances
        low, high = weighted_interval(champion[drawn], challenger[drawn], 1 / chances[drawn])
        covered += low <= truth <= high
    assert 0.92 <= covered / 500 <= 0.99
