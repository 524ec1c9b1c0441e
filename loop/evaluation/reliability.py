"""How far confidences can be trusted (pure).

    confidence, right ─► reliability ──► bins: mean confidence against share right ─► calibration_error
                      └► risk_coverage ► how much can be accepted at which error

Everywhere confidence is (n,) within 0..1 and right is (n,) bool, of examples that neither trained nor calibrated the
model. Equal confidences are never parted, so that the order of rows does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loop.evaluation.intervals import wilson
from loop.evaluation.metrics import BINS
from loop.records import FloatArray

PER_BIN = 20
"""A bin should hold so many examples; with fewer than 300 there are fewer than 15 bins."""
LEVELS = tuple(percent / 100 for percent in range(5, 101, 5))
"""Coverages at which the risk is told."""

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Bin:
    """Examples of about the same confidence."""

    confidence: float
    """Mean, 0..1."""
    right: float
    """Share of right answers, 0..1."""
    low: float
    high: float
    """95 % Wilson interval of that share; of weighted examples by their effective number."""
    n: int


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """When only the surest answers are accepted."""

    coverage: float
    """Share accepted, above 0 and at most 1."""
    threshold: float
    """The smallest confidence accepted."""
    error: float
    """Share of wrong answers among the accepted ones."""
    low: float
    high: float
    """95 % Wilson interval of that share."""
    n: int
    """Accepted examples."""


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """The risk-coverage curve."""

    points: tuple[RiskPoint, ...]
    """From the smallest coverage to 1."""
    aurc: float | None
    """Mean error over all coverages, 0..1, smaller is better; None without examples."""


def reliability(confidence: FloatArray, right: BoolArray, *, weights: FloatArray | None = None) -> tuple[Bin, ...]:
    """Bins of about equally many examples, from low to high confidence; () for no example.

    The bin rule of `metrics.ece`: 15 bins with the same number of examples, equal confidences in one bin; here fewer
    bins below 300 examples, so that a bin holds about 20. weights: (n,) above 0, 1 / chance for examples drawn with
    unequal chances; None: all alike.
    """
    n = len(confidence)
    if n == 0:
        return ()
    weight = np.ones(n) if weights is None else np.asarray(weights, np.float64)
    bins = np.searchsorted(np.sort(confidence), confidence, side="left") * _bins(n) // n
    return tuple(
        _bin(confidence[rows], right[rows], weight[rows]) for rows in (bins == number for number in np.unique(bins))
    )


def calibration_error(confidence: FloatArray, right: BoolArray, *, weights: FloatArray | None = None) -> float | None:
    """Expected calibration error by the bins of `reliability`, 0..1, smaller is better; None for no example.

    From 300 examples on, unweighted, it is `metrics.ece`. Biased upwards when there are few examples: a perfectly
    calibrated model has not 0 either.
    """
    n = len(confidence)
    if n == 0:
        return None
    weight = np.ones(n) if weights is None else np.asarray(weights, np.float64)
    bins = np.searchsorted(np.sort(confidence), confidence, side="left") * _bins(n) // n
    surplus = np.bincount(bins, weights=(confidence - right) * weight)
    return float(np.abs(surplus).sum() / weight.sum())


def risk_coverage(confidence: FloatArray, right: BoolArray) -> RiskCoverage:
    """Error among the surest answers, at each 5 % of coverage, and the area under the whole curve.

    El-Yaniv and Wiener 2010, On the foundations of noise-free selective classification; AURC: Geifman, Uziel and
    El-Yaniv 2019. Answers of equal confidence are accepted together; in the area their errors are spread evenly.
    """
    n = len(confidence)
    if n == 0:
        return RiskCoverage((), None)
    values, inverse, counts = np.unique(-confidence, return_inverse=True, return_counts=True)
    wrong = np.bincount(inverse, weights=~right)
    accepted, errors = np.cumsum(counts), np.cumsum(wrong)
    at = sorted({int(np.searchsorted(accepted, level * n - 1e-9)) for level in LEVELS})
    spread = np.repeat(wrong / counts, counts)
    aurc = float((np.cumsum(spread) / np.arange(1, n + 1)).mean())
    return RiskCoverage(tuple(_point(-values[i], int(errors[i]), int(accepted[i]), n) for i in at), aurc)


def _bins(n: int) -> int:
    return min(BINS, max(1, n // PER_BIN))


def _bin(confidence: FloatArray, right: BoolArray, weight: FloatArray) -> Bin:
    share = float(np.average(right, weights=weight))
    effective = float(weight.sum() ** 2 / np.square(weight).sum())
    low, high = wilson(share * effective, effective) or (0.0, 1.0)
    return Bin(float(np.average(confidence, weights=weight)), share, low, high, len(right))


def _point(threshold: float, errors: int, accepted: int, n: int) -> RiskPoint:
    low, high = wilson(errors, accepted) or (0.0, 1.0)
    return RiskPoint(accepted / n, float(threshold), errors / accepted, low, high, accepted)
