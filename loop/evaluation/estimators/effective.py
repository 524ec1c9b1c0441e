"""From a rate and its variance to an interval that is honest for few answers.

    variance V of the estimate, rate p ─► effective n = p (1 - p) / V ─► Wilson's interval at that n

Korn and Graubard 1998, Confidence intervals for proportions with small expected number of positive counts estimated
from survey data; Franco et al. 2019, Comparative study of confidence intervals for proportions in complex surveys.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from loop.evaluation.intervals import Z
from loop.records import Estimate, FloatArray


def wilson_at(rate: float, n: float) -> tuple[float, float]:
    """Score interval of a rate 0..1 from n answers, above 0 and not always whole; the same as `wilson` when whole.

    The rate lies in it also where rounding, with a rate within 1e-15 of 0 or 1, would put it beside.
    """
    centre = (rate + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * sqrt(rate * (1 - rate) / n + Z**2 / (4 * n**2))
    low, high = min(max(centre - half, 0.0), rate), max(min(centre + half, 1.0), rate)
    return (0.0 if rate == 0.0 else low, 1.0 if rate == 1.0 else high)


def kish(weights: FloatArray) -> float:
    """So many equal weights are worth as much, 1..n: (sum w)^2 / sum w^2. Kish 1965, Survey Sampling."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def estimate(rate: float, effective_n: float, *, n: int, estimator: str) -> Estimate:
    """An Estimate of the audit; the rate is put into 0..1, since differences can leave it by a little."""
    inside = float(np.clip(rate, 0.0, 1.0))
    low, high = wilson_at(inside, effective_n)
    return Estimate(
        value=inside,
        low=low,
        high=high,
        n=n,
        effective_n=effective_n,
        estimator=estimator,
        on="audit",
    )
