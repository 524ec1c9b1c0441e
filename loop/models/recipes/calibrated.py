"""Honest confidences without a dev set: a scale, and where it pays the class shares, fitted on held-out logits.

    held-out logits, labels ─► scale: one number ─► class shares, if more held-out examples come out right ─► logits

Guo et al. 2017, On Calibration of Modern Neural Networks; Menon et al. 2021, Long-tail Learning via Logit Adjustment:
a head trained with every class counting the same learns the classes' likelihoods, and the log shares come on top.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import logsumexp, softmax

from loop.records import FloatArray, IntArray

NOMINAL = 2.0
"""Scale of logits of spread 1 where nothing is known."""
SPREAD = 0.7
"""Standard deviation of the normal prior on log(scale / NOMINAL)."""
LOWEST, HIGHEST = 0.1, 30.0
CLEAR = 2.0
"""Standard errors that a gain must exceed."""
STRENGTHS = (0.5, 1.0)
"""How much of the log shares is tried."""


def losses(logits: FloatArray, labels: IntArray) -> FloatArray:
    """(n,) negative log-likelihoods in nats of (n, k) logits."""
    found: FloatArray = logsumexp(logits, axis=1) - logits[np.arange(len(labels)), labels]
    return found


def best_scale(logits: FloatArray, labels: IntArray, *, nominal: float = NOMINAL) -> float:
    """The factor on (n, k) logits of spread about 1 that fits best a posteriori; `nominal` for no example."""
    if len(labels) == 0:
        return nominal

    def cost(log_scale: float) -> float:
        prior = float(log_scale - np.log(NOMINAL)) ** 2 / (2 * SPREAD**2)
        return float(losses(np.float32(np.exp(log_scale)) * logits, labels).sum(dtype=np.float64)) + prior

    bounds = (np.log(LOWEST), np.log(HIGHEST))
    found = minimize_scalar(cost, bounds=bounds, method="bounded", options={"xatol": 0.02})
    return float(np.exp(found.x))


def scale_as_sure(logits: FloatArray, confidence: float) -> float:
    """The factor on (n, k) logits with which their mean confidence is `confidence`; the nearer end where none is."""

    def surplus(log_scale: float) -> float:
        return float(softmax(np.exp(log_scale) * logits, axis=1).max(axis=1).mean()) - confidence

    ends = float(np.log(LOWEST)), float(np.log(HIGHEST))
    if surplus(ends[0]) >= 0:
        return LOWEST
    return HIGHEST if surplus(ends[1]) <= 0 else float(np.exp(brentq(surplus, *ends, xtol=1e-3)))


def class_shares(logits: FloatArray, labels: IntArray, counts: IntArray) -> FloatArray:
    """(k,) what is added to scaled logits (n, k): a part of the log class shares, or zeros.

    counts: (k,) labels of each class. The part is taken that makes most held-out examples right, if the gain over none
    is more than CLEAR standard errors of the paired difference: with few labels the shares found are mostly chance. Any
    gain will do for a head that is right less often than always naming the commonest class would be.
    """
    shares = np.log((counts + 1) / (counts.sum() + len(counts))).astype(np.float32)
    right = (logits.argmax(axis=1) == labels).astype(float)
    proof = CLEAR if len(right) and right.mean() >= (labels == counts.argmax()).mean() else 0.0
    best, found = 0.0, np.zeros(len(counts), np.float32)
    for strength in STRENGTHS:
        gain = ((logits + strength * shares).argmax(axis=1) == labels) - right
        if len(gain) > 1 and gain.mean() > max(best, proof * float(gain.std(ddof=1)) / np.sqrt(len(gain))):
            best, found = float(gain.mean()), np.float32(strength) * shares
    return found
