"""What every metric of the menu promises."""

from __future__ import annotations

import numpy as np
import pytest

from loop import registry
from loop.protocols import Metric

NAMES = registry.names("metric")
LARGER_IS_BETTER = {"macro_f1"}


@pytest.fixture(params=NAMES)
def metric(request: pytest.FixtureRequest) -> Metric:
    found: Metric = registry.load("metric", request.param)
    return found


def test_no_example_gives_none_and_not_zero(metric: Metric) -> None:
    assert metric(np.empty((0, 3)), np.empty(0, dtype=np.int64)) is None


def test_a_figure_is_a_plain_finite_number(metric: Metric) -> None:
    rng = np.random.default_rng(0)
    found = metric(rng.dirichlet(np.ones(4), 50).astype(np.float32), rng.integers(-1, 4, size=50))
    assert type(found) is float
    assert np.isfinite(found)


@pytest.mark.parametrize("name", NAMES)
def test_a_perfect_model_is_at_the_good_end(name: str) -> None:
    truth = np.array([0, 1, 2, 1, 0])
    found = registry.load("metric", name)(np.eye(3)[truth], truth)
    assert found == pytest.approx(1.0 if name in LARGER_IS_BETTER else 0.0)


def test_the_order_of_examples_does_not_matter(metric: Metric) -> None:
    rng = np.random.default_rng(1)
    rows, truth, order = rng.dirichlet(np.ones(4), 80), rng.integers(4, size=80), rng.permutation(80)
    assert metric(rows, truth) == pytest.approx(metric(rows[order], truth[order]))


def test_one_example_two_labels_and_an_unknown_truth_are_no_crash(metric: Metric) -> None:
    assert metric(np.array([[0.4, 0.6]]), np.array([1])) is not None
    assert metric(np.array([[0.4, 0.6]]), np.array([-1])) is not None


def test_nothing_is_changed_in_place(metric: Metric) -> None:
    rng = np.random.default_rng(2)
    rows, truth = rng.dirichlet(np.ones(3), 10), rng.integers(3, size=10)
    rows.setflags(write=False)
    truth.setflags(write=False)
    metric(rows, truth)
