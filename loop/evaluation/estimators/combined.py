"""A gold test and the audit, when both were drawn from the same data."""

from __future__ import annotations

from math import erfc, sqrt

from loop.evaluation.estimators.effective import wilson_at
from loop.records import Estimate


def combine(gold: Estimate, audit: Estimate) -> tuple[Estimate, float]:
    """Both pooled, weighted by effective n, with Wilson's interval at the summed effective n; and a p-value.

    The p-value, 0..1, is two-sided, of "both measure the same rate": when it is small they are not to be pooled. The
    score test of two proportions at their effective numbers; 1.0 when neither or both saw nothing but errors.
    """
    n = gold.effective_n + audit.effective_n
    rate = (gold.effective_n * gold.value + audit.effective_n * audit.value) / n
    low, high = wilson_at(rate, n)
    pooled = Estimate(
        value=rate,
        low=low,
        high=high,
        n=gold.n + audit.n,
        effective_n=n,
        estimator=audit.estimator,
        on="gold+audit",
    )
    variance = rate * (1.0 - rate) * (1.0 / gold.effective_n + 1.0 / audit.effective_n)
    if variance <= 0.0:
        return pooled, 1.0
    return pooled, erfc(abs(gold.value - audit.value) / sqrt(2.0 * variance))
