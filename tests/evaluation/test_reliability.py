"""Laws of reliability bins and of the risk-coverage curve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loop.evaluation import metrics
from loop.evaluation.intervals import wilson
from loop.evaluation.reliability import calibration_error, reliability, risk_coverage


def drawn(n: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A calibrated model's confidences, many of them equal, and whether it is right."""
    rng = np.random.default_rng(seed)
    confidence = rng.choice(np.linspace(0.3, 1.0, 40), n)
    return confidence, rng.random(n) < confidence


@given(st.integers(1, 400), st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_every_example_is_in_one_bin_and_order_does_not_matter(n: int, seed: int) -> None:
    confidence, right = drawn(n, seed=seed)
    bins = reliability(confidence, right)
    order = np.random.default_rng(seed + 1).permutation(n)
    again = reliability(confidence[order], right[order])
    assert [(one.n, one.right) for one in again] == [(one.n, one.right) for one in bins]
    assert sum(one.n for one in bins) == n
    assert all(one.low <= one.right <= one.high for one in bins)
    assert [one.confidence for one in bins] == sorted(one.confidence for one in bins)


def test_bins_hold_about_twenty_examples_and_never_more_than_fifteen_are_made() -> None:
    rng = np.random.default_rng(0)
    for n, count in ((10, 1), (39, 1), (40, 2), (100, 5), (300, 15), (5000, 15)):
        sizes = [one.n for one in reliability(rng.random(n), np.ones(n, bool))]
        assert len(sizes) == count
        assert max(sizes) - min(sizes) <= 1


def test_a_bin_of_four_is_worked_out_by_hand() -> None:
    (one,) = reliability(np.array([0.6, 0.7, 0.8, 0.9]), np.array([True, False, True, True]))
    assert (one.confidence, one.right, one.n) == (pytest.approx(0.75), 0.75, 4)
    assert (one.low, one.high) == pytest.approx(wilson(3, 4))


def test_weights_count_an_example_as_often_as_it_stands_for_others() -> None:
    confidence, right = np.array([0.5, 1.0]), np.array([False, True])
    (one,) = reliability(confidence, right, weights=np.array([3.0, 1.0]))
    assert (one.confidence, one.right) == (pytest.approx(0.625), pytest.approx(0.25))
    assert (one.low, one.high) == pytest.approx(wilson(0.25 * 1.6, 1.6))
    assert calibration_error(confidence, right, weights=np.array([3.0, 1.0])) == pytest.approx(0.375)
    alike = reliability(confidence, right, weights=np.array([2.0, 2.0]))
    assert alike == reliability(confidence, right)


def test_from_300_examples_on_the_calibration_error_is_the_metric() -> None:
    confidence, right = drawn(317)
    confidence = np.maximum(confidence, 0.4)
    rows = np.stack([confidence, (1 - confidence) / 2, (1 - confidence) / 2], axis=1)
    assert calibration_error(confidence, right) == pytest.approx(metrics.ece(rows, np.where(right, 0, 1)))


def test_without_examples_there_is_nothing() -> None:
    none, nobody = np.zeros(0), np.zeros(0, bool)
    assert reliability(none, nobody) == ()
    assert calibration_error(none, nobody) is None
    assert (risk_coverage(none, nobody).points, risk_coverage(none, nobody).aurc) == ((), None)


def test_the_curve_of_four_answers_is_worked_out_by_hand() -> None:
    found = risk_coverage(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, True, False, True]))
    assert [(one.coverage, one.error, one.threshold) for one in found.points] == [
        (0.25, 0.0, 0.9),
        (0.5, 0.0, 0.8),
        (0.75, pytest.approx(1 / 3), 0.7),
        (1.0, 0.25, 0.6),
    ]
    assert found.aurc == pytest.approx((0 + 0 + 1 / 3 + 1 / 4) / 4)


def test_equal_confidences_are_accepted_together() -> None:
    found = risk_coverage(np.array([0.9, 0.9, 0.5, 0.5]), np.array([True, False, True, True]))
    assert [(one.n, one.error) for one in found.points] == [(2, 0.5), (4, 0.25)]
    assert found.aurc == pytest.approx((0.5 + 0.5 + 1 / 3 + 1 / 4) / 4)


@given(st.integers(1, 300), st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_the_curve_ends_at_the_error_rate_and_order_does_not_matter(n: int, seed: int) -> None:
    confidence, right = drawn(n, seed=seed)
    found = risk_coverage(confidence, right)
    order = np.random.default_rng(seed).permutation(n)
    assert risk_coverage(confidence[order], right[order]) == found
    assert (found.points[-1].coverage, found.points[-1].error) == (1.0, pytest.approx(1 - right.mean()))
    assert [one.coverage for one in found.points] == sorted(one.coverage for one in found.points)


def test_a_model_that_knows_when_it_errs_has_the_smaller_area() -> None:
    confidence, right = np.linspace(0, 1, 100), np.arange(100) >= 20
    known, unknown = (risk_coverage(one, right).aurc for one in (confidence, confidence[::-1]))
    assert known is not None
    assert unknown is not None
    assert known < unknown
