"""What every uncertainty of the menu promises."""

from __future__ import annotations

import numpy as np
import pytest

from loop import registry
from loop.protocols import Uncertainty

NAMES = registry.names("uncertainty")


@pytest.fixture(params=NAMES)
def uncertainty(request: pytest.FixtureRequest) -> Uncertainty:
    found: Uncertainty = registry.load("uncertainty", request.param)
    return found


@pytest.mark.parametrize("k", [2, 3, 24])
def test_every_value_lies_between_zero_and_one(uncertainty: Uncertainty, k: int) -> None:
    found = uncertainty(np.random.default_rng(0).dirichlet(np.full(k, 0.3), 200))
    assert found.shape == (200,)
    assert (found >= 0).all()
    assert (found <= 1).all()


def test_certainty_is_zero_and_an_even_spread_is_the_most(uncertainty: Uncertainty) -> None:
    rows = np.array([[1.0, 0.0, 0.0], [0.8, 0.1, 0.1], [1 / 3, 1 / 3, 1 / 3]])
    certain, some, even = uncertainty(rows)
    assert certain == 0
    assert certain < some < even


def test_the_order_of_labels_does_not_matter(uncertainty: Uncertainty) -> None:
    rows = np.random.default_rng(1).dirichlet(np.ones(5), 50)
    np.testing.assert_allclose(uncertainty(rows), uncertainty(rows[:, ::-1]))


def test_each_row_is_judged_alone(uncertainty: Uncertainty) -> None:
    rows = np.random.default_rng(2).dirichlet(np.ones(4), 20)
    np.testing.assert_allclose(uncertainty(rows)[7], uncertainty(rows[7:8])[0])


def test_no_rows_give_no_values_and_one_label_gives_no_doubt(uncertainty: Uncertainty) -> None:
    assert uncertainty(np.empty((0, 3))).shape == (0,)
    assert uncertainty(np.ones((2, 1))).tolist() == [0, 0]


def test_the_probabilities_are_left_as_they_were_in_single_precision_too(uncertainty: Uncertainty) -> None:
    rows = np.random.default_rng(3).dirichlet(np.ones(4), 20).astype(np.float32)
    rows.setflags(write=False)
    assert np.isfinite(uncertainty(rows)).all()
