"""LURE: the levelled unbiased risk estimate of active testing, for answers asked one after the other.

In the benchmark only, beside the menu. Each weight needs the place in the sequence and the chance at that very step;
our audit draws a whole round at once and has one chance per example, which `plain` weighs by. Kossen et al. 2021,
Active Testing: Sample-Efficient Model Evaluation; the weights are Farquhar et al. 2021's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from loop.evaluation.estimators.effective import estimate
from loop.evaluation.estimators.plain import effective_answers
from loop.records import Estimate, FloatArray


def lure(wrong: NDArray[np.bool_], proposals: FloatArray, *, population: int) -> Estimate | None:
    """wrong: (M,) in the order asked. proposals: (M,) chance of the one taken, among those left, at its step, above 0.

    v_m = 1 + (N - M) / (N - m) (1 / ((N - m + 1) q_m) - 1), m = 1..M; the estimate is the mean of v_m wrong_m, with
    N = population. Exactly unbiased for the N, whatever the proposals. None without any answer.
    """
    m, total = len(wrong), population
    if m == 0:
        return None
    step = np.arange(1, m + 1)
    weights = np.ones(m)
    if m < total:
        weights += (total - m) / (total - step) * (1.0 / ((total - step + 1) * proposals) - 1.0)
    value = float((weights * wrong).mean())
    return estimate(value, effective_answers(wrong.astype(float), np.maximum(weights, 1e-9)), n=m, estimator="lure")
