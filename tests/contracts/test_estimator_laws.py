"""What every estimator of the menu promises."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loop import registry
from loop.evaluation.intervals import wilson
from loop.protocols import Estimator
from loop.records import Audited
from loop.selection.audit import draw, size_measure

NAMES = registry.names("estimator")


@pytest.fixture(params=NAMES)
def estimator(request: pytest.FixtureRequest) -> Estimator:
    found: Estimator = registry.load("estimator", request.param)
    return found


def audit(n: int, *, population: int = 800, seed: int = 0, equal: bool = False) -> Audited:
    """A model that errs as often as it doubts; drawn by doubt, or plainly."""
    rng = np.random.default_rng(seed)
    doubt = rng.beta(0.6, 2.0, size=population)
    wrong, lots = rng.random(population) < doubt, rng.random(population)
    sizes = np.ones(population) if equal else size_measure(doubt)
    chances = draw(lots, sizes, np.zeros(population), count=n).inclusion
    asked = lots < chances
    return Audited(wrong=wrong[asked], doubt=doubt[asked], inclusion=chances[asked], population=doubt)


def test_no_answer_gives_none(estimator: Estimator) -> None:
    nothing = np.zeros(0)
    assert estimator(Audited(nothing.astype(bool), nothing, nothing, np.array([0.2, 0.3]))) is None
    assert estimator(Audited(nothing.astype(bool), nothing, nothing, nothing)) is None


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 60), more=st.integers(0, 60), seed=st.integers(0, 10**6))
@example(n=21, more=0, seed=0)  # a rate one rounding below 1
def test_the_value_lies_within_its_interval_and_both_within_0_and_1(name: str, n: int, more: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    doubt = rng.choice([0.0, 0.001, 0.2, 0.5, 0.999, 1.0], size=n + more)
    wrong = rng.random(n) < rng.choice([0.0, 0.1, 0.5, 1.0])
    chance = rng.choice([0.01, 0.3, 0.31, 1.0], size=n)
    found = registry.load("estimator", name)(Audited(wrong, doubt[:n], chance, doubt))
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0
    assert found.effective_n > 0
    assert (found.n, found.on, found.estimator) == (n, "audit", name)


def test_one_answer_says_little(estimator: Estimator) -> None:
    for wrong in (False, True):
        found = estimator(Audited(np.array([wrong]), np.array([0.3]), np.array([0.1]), np.array([0.3, 0.1, 0.9])))
        assert found is not None
        assert found.value == float(wrong)
        assert found.high - found.low > 0.7


def test_the_order_of_rows_does_not_matter(estimator: Estimator) -> None:
    one = audit(60)
    rng = np.random.default_rng(1)
    order, other = rng.permutation(60), rng.permutation(800)
    moved = Audited(one.wrong[order], one.doubt[order], one.inclusion[order], one.population[other])
    first, second = estimator(one), estimator(moved)
    assert first is not None
    assert second is not None
    assert (first.value, first.low, first.high) == pytest.approx((second.value, second.low, second.high))


def test_more_answers_narrow_the_interval(estimator: Estimator) -> None:
    widths = []
    for n in (25, 100, 400):
        found = [estimator(audit(n, seed=seed)) for seed in range(10)]
        widths.append(np.mean([one.high - one.low for one in found if one is not None]))
    assert widths[0] > 1.5 * widths[1] > 2.2 * widths[2]


@pytest.mark.parametrize("wrong", [False, True])
def test_all_right_and_all_wrong_keep_an_interval(estimator: Estimator, wrong: bool) -> None:
    one = audit(80)
    found = estimator(replace(one, wrong=np.full(80, wrong)))
    assert found is not None
    assert found.value == pytest.approx(float(wrong))
    assert 0.01 < found.high - found.low < 0.2


def test_without_differences_in_doubt_and_chance_it_is_the_wilson_interval(estimator: Estimator) -> None:
    wrong = np.arange(40) < 7
    found = estimator(Audited(wrong, np.full(40, 0.2), np.full(40, 0.05), np.full(800, 0.2)))
    assert found is not None
    assert (found.low, found.high) == pytest.approx(wilson(7, 40))
    assert found.effective_n == pytest.approx(40)


def test_with_equal_doubts_and_unequal_chances_it_is_plain(estimator: Estimator) -> None:
    one = audit(70)
    same = replace(one, doubt=np.full(70, 0.2), population=np.full(800, 0.2))
    found, plain = estimator(same), registry.load("estimator", "plain")(same)
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((plain.value, plain.low, plain.high))


def test_a_whole_population_counts_as_a_sample_of_fresh_examples(estimator: Estimator) -> None:
    one = audit(800)
    found = estimator(one)
    assert found is not None
    assert found.value == pytest.approx(one.wrong.mean())
    assert found.effective_n == pytest.approx(800, rel=0.02)


def test_nothing_is_changed_in_place(estimator: Estimator) -> None:
    one = audit(50)
    for array in (one.wrong, one.doubt, one.inclusion, one.population):
        array.setflags(write=False)
    assert estimator(one) is not None


@pytest.mark.slow
def test_the_interval_holds_the_truth_about_as_often_as_it_says(estimator: Estimator) -> None:
    truth, held = 0.6 / 2.6, 0
    for seed in range(400):
        found = estimator(audit(60, population=400, seed=1000 + seed))
        assert found is not None
        held += found.low <= truth <= found.high
    assert 0.915 < held / 400 < 0.985
