"""Intervals: published numbers, edges, and coverage by simulation."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy.stats import binomtest

from loop.evaluation import metrics
from loop.evaluation.intervals import bootstrap, wilson


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (1, 10), (7, 20), (107, 500), (10, 10)])
def test_the_wilson_interval_agrees_with_scipy(hits: int, n: int) -> None:
    expected = binomtest(hits, n).proportion_ci(method="wilson")
    assert wilson(hits, n) == pytest.approx((expected.low, expected.high))


def test_no_example_has_no_interval() -> None:
    assert wilson(0, 0) is None
    assert np.isnan(
        bootstrap(metrics.macro_f1, (np.empty((0, 3)), np.empty(0, int)), rng=np.random.default_rng(0))
    ).all()


def test_the_ends_of_the_wilson_interval_are_exact_for_none_and_all() -> None:
    none, every = wilson(0, 30), wilson(30, 30)
    assert none is not None
    assert every is not None
    assert none[0] == 0.0
    assert every[1] == 1.0


def test_the_bootstrap_of_a_mean_agrees_with_its_standard_error() -> None:
    rows = np.random.default_rng(0).normal(size=400)
    low, high = bootstrap(lambda array: float(array.mean()), (rows,), rng=np.random.default_rng(1))
    half = 1.96 * rows.std() / 20
    assert low == pytest.approx(rows.mean() - half, abs=0.02)
    assert high == pytest.approx(rows.mean() + half, abs=0.02)


@pytest.mark.slow
def test_the_bootstrap_covers_the_true_rate_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(120):
        low, high = bootstrap(lambda array: float(array.mean()), (rng.random(100) < 0.3,), rng=rng, repeats=150)
        covered += low <= 0.3 <= high
    assert 0.88 <= covered / 120 <= 0.99


def test_the_bootstrap_gives_an_interval_for_each_of_several_figures_and_leaves_undefined_ones_out() -> None:
    rows = np.arange(50.0)
    found = bootstrap(lambda array: np.array([array.mean(), np.nan]), (rows,), rng=np.random.default_rng(0), repeats=50)
    assert found.shape == (2, 2)
    assert found[0, 0] < 24.5 < found[1, 0]
    assert np.isnan(found[:, 1]).all()


def test_the_same_seed_gives_the_same_interval() -> None:
    rows = np.arange(50.0)
    first, second = (bootstrap(np.mean, (rows,), rng=np.random.default_rng(5), repeats=50) for _ in range(2))
    assert (first == second).all()


def test_a_thousand_resamples_of_macro_f1_take_less_than_two_seconds() -> None:
    rng = np.random.default_rng(0)
    arrays = (rng.dirichlet(np.ones(24), 500), rng.integers(24, size=500))
    started = time.process_time()
    bootstrap(metrics.macro_f1, arrays, rng=rng)
    assert time.process_time() - started < 2
