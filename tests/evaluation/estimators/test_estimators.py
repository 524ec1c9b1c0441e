"""Estimates: small cases by hand, the package of the paper, and pooling."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from loop.evaluation.estimators import combine, lure, plain, ppi, stratified
from loop.evaluation.estimators.effective import kish, wilson_at
from loop.evaluation.estimators.ppi import tuned
from loop.evaluation.estimators.stratified import cut
from loop.evaluation.intervals import wilson
from loop.records import Audited, Estimate


def audited(wrong: list[int], doubt: list[float], inclusion: list[float], population: list[float]) -> Audited:
    return Audited(np.array(wrong, dtype=bool), np.array(doubt), np.array(inclusion), np.array(population))


def random_audit(seed: int, n: int = 120, population: int = 900) -> Audited:
    rng = np.random.default_rng(seed)
    doubt = rng.beta(0.5, 2.0, size=population)
    wrong = rng.random(n) < doubt[:n]
    return Audited(wrong, doubt[:n], np.full(n, n / population), doubt)


def gold(value: float, n: float) -> Estimate:
    low, high = wilson_at(value, n)
    return Estimate(value, low, high, n=round(n), effective_n=n, estimator="wilson", on="gold")


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (3, 10), (10, 10), (1, 1)])
def test_wilson_at_a_whole_number_is_wilson(hits: int, n: int) -> None:
    assert wilson_at(hits / n, n) == pytest.approx(wilson(hits, n))


def test_a_rare_answer_stands_for_many() -> None:
    found = plain(audited([1, 0], [0.5, 0.5], [0.1, 0.5], [0.5] * 12))
    assert found is not None
    assert found.value == pytest.approx(10 / 12)


def test_four_equal_weights_are_worth_four_and_one_heavy_one_is_worth_little_more_than_one() -> None:
    assert kish(np.full(4, 2.5)) == pytest.approx(4)
    assert kish(np.array([100.0, 1.0, 1.0])) == pytest.approx(1.04, abs=0.01)


def test_strata_weigh_by_the_population_and_not_by_the_answers() -> None:
    doubt = [0.1] * 10 + [0.5] * 10
    one = audited([0] * 10 + [1, 1, 1, 1, 1, 0, 0, 0, 0, 0], doubt, [0.01] * 20, [0.1] * 80 + [0.5] * 20)
    found = stratified(one)
    assert found is not None
    assert found.value == pytest.approx(0.2 * 0.5)
    assert found.effective_n > 20


def test_a_useful_doubt_narrows_and_a_useless_one_hardly_widens() -> None:
    widths: dict[str, list[float]] = {"useful": [], "useless": [], "plain": []}
    for seed in range(20):
        one = random_audit(seed)
        shuffled = np.random.default_rng(seed).permutation(one.doubt)
        for name, found in (
            ("useful", stratified(one)),
            ("useless", stratified(replace(one, doubt=shuffled))),
            ("plain", plain(one)),
        ):
            assert found is not None
            widths[name].append(found.high - found.low)
    means = {name: np.mean(values) for name, values in widths.items()}
    assert means["useful"] < 0.95 * means["plain"]
    assert means["useless"] < 1.05 * means["plain"]


def test_each_stratum_holds_the_same_sum_of_roots() -> None:
    doubt = np.random.default_rng(0).beta(0.5, 2.0, size=5000)
    edges = cut(doubt)
    sums = np.bincount(np.searchsorted(edges, doubt), weights=np.sqrt(np.maximum(doubt, 0.01)))
    assert len(sums) == 6
    assert sums == pytest.approx(np.full(6, sums.mean()), rel=0.02)


def test_equal_doubts_stay_in_one_stratum() -> None:
    assert not len(cut(np.full(9, 0.3)))
    assert cut(np.array([0.1] * 9 + [0.9])).tolist() == [0.1]
    assert not len(cut(np.zeros(0)))


def test_a_stratum_without_an_error_still_has_a_variance() -> None:
    one = random_audit(3, n=30)
    found = stratified(replace(one, wrong=np.zeros(30, dtype=bool)))
    assert found is not None
    assert found.low == 0.0
    assert 0.05 < found.high < 0.15


def test_ppi_agrees_with_the_package_of_the_paper_on_equal_chances() -> None:
    package = pytest.importorskip("ppi_py")
    one = random_audit(5, n=300, population=3000)
    trust = tuned(one.wrong.astype(float), one.doubt, np.full(300, 1 / 300))
    arrays = (one.wrong.astype(float), one.doubt, one.population[300:])
    found = ppi(one)
    assert found is not None
    # The package takes the spread of doubt from the population too, we from the answers: lambda differs by a little.
    theirs = package.ppi_mean_pointestimate(*arrays, lam=trust * (1 - 300 / 3000))
    assert found.value == pytest.approx(float(theirs[0]))
    tuned_by_them = package.ppi_mean_pointestimate(*arrays)
    assert found.value == pytest.approx(float(tuned_by_them[0]), abs=0.003)
    low, high = package.ppi_mean_ci(*arrays, alpha=0.05)
    assert found.high - found.low == pytest.approx(float(high[0] - low[0]), rel=0.05)


def test_lure_is_unbiased_over_every_order_of_asking() -> None:
    wrong, sizes = np.array([True, False, True, False]), np.array([0.5, 0.1, 0.2, 0.2])
    for m in (1, 2, 3, 4):
        mean = 0.0
        for order in permutations(range(4), m):
            left, chances = 1.0, []
            for row in order:
                chances.append(sizes[row] / left)
                left -= sizes[row]
            weights = np.array(chances)
            step = np.arange(1, m + 1)
            levelled = 1 + (4 - m) / np.maximum(4 - step, 1) * (1 / ((4 - step + 1) * weights) - 1)
            found = lure(wrong[list(order)], weights, population=4)
            assert found is not None
            assert found.value == pytest.approx(np.clip((levelled * wrong[list(order)]).mean(), 0, 1))
            mean += weights.prod() * (levelled * wrong[list(order)]).mean()
        assert mean == pytest.approx(0.5)


def test_lure_with_equal_chances_is_the_plain_share_and_without_answers_is_none() -> None:
    wrong = np.array([True, False, False])
    found = lure(wrong, 1 / np.array([10.0, 9.0, 8.0]), population=10)
    assert found is not None
    assert (found.low, found.high) == pytest.approx(wilson(1, 3))
    assert lure(wrong[:0], np.zeros(0), population=10) is None


def test_pooling_weighs_by_effective_answers() -> None:
    found, p = combine(gold(0.1, 300), replace(gold(0.2, 100), on="audit", n=60, estimator="stratified"))
    assert found.value == pytest.approx(0.125)
    assert (found.low, found.high) == pytest.approx(wilson_at(0.125, 400))
    assert (found.n, found.effective_n, found.on, found.estimator) == (360, 400, "gold+audit", "stratified")
    assert p == pytest.approx(0.0088, abs=0.0005)


def test_the_same_rate_twice_does_not_contradict_itself() -> None:
    assert combine(gold(0.1, 300), gold(0.1, 100))[1] == pytest.approx(1.0)
    assert combine(gold(0.0, 300), gold(0.0, 100))[1] == 1.0
    assert combine(gold(1.0, 300), gold(1.0, 100))[1] == 1.0


def test_far_apart_rates_contradict_each_other() -> None:
    assert combine(gold(0.02, 300), gold(0.3, 100))[1] < 1e-6
