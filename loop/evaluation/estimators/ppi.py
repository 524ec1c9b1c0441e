"""Prediction-powered inference: the errors the model expects everywhere, corrected by what the answers show.

    lambda x mean doubt of the population + weighted mean of (wrong - lambda x doubt) over the answers

lambda tells how far doubt can be trusted: 0 is `plain`. Angelopoulos, Duchi and Zrnic 2023, PPI++: Efficient
prediction-powered inference, arXiv 2311.01453, with weights 1 / inclusion. Their unlabelled examples are apart from
the answers, ours hold them: their lambda is ours times 1 - n / N, and the estimate is the same.
"""

from __future__ import annotations

import numpy as np

from loop.evaluation.estimators.effective import estimate
from loop.evaluation.estimators.plain import STEADY, effective_answers
from loop.records import Audited, Estimate, FloatArray


def ppi(audited: Audited) -> Estimate | None:
    """None without any answer; equal to `plain` when all doubts are equal or all answers are."""
    n, population = len(audited.wrong), len(audited.population)
    if n == 0:
        return None
    wrong, weights = audited.wrong.astype(float), 1.0 / audited.inclusion
    share = weights / weights.sum()
    trust = tuned(wrong, audited.doubt, share)
    rate = float(share @ wrong) + trust * (float(audited.population.mean()) - float(share @ audited.doubt))
    before, after = wrong - share @ wrong, wrong - trust * audited.doubt
    after = after - share @ after
    unmodelled, modelled = float(share**2 @ before**2), float(share**2 @ after**2)
    # The mean doubt of the population is itself a mean over a sample of N.
    modelled += max(float(share @ before**2 - share @ after**2), 0.0) / population
    answers = effective_answers(wrong, weights)
    if unmodelled > 0:
        # With few errors the gain seen is mostly chance.
        few = STEADY / (STEADY + min(wrong.sum(), n - wrong.sum()))
        answers /= float((1.0 - few) * min(modelled / unmodelled, 1.0) + few)
    return estimate(rate, answers, n=n, estimator="ppi")


def tuned(wrong: FloatArray, doubt: FloatArray, share: FloatArray) -> float:
    """lambda, 0..1, with the least variance: the slope of wrong on doubt with squared weights; 0 for equal doubts."""
    by_wrong, by_doubt = wrong - share @ wrong, doubt - share @ doubt
    spread = float(share**2 @ by_doubt**2)
    if spread <= 1e-15:
        return 0.0
    return float(np.clip(float(share**2 @ (by_wrong * by_doubt)) / spread, 0.0, 1.0))
