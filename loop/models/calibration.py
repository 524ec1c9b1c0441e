"""Temperature scaling: one number that makes confidences honest.

Guo et al. 2017, On Calibration of Modern Neural Networks.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from loop.records import FloatArray, IntArray

LOWEST, HIGHEST = 0.3, 5.0
PRIOR_SPREAD = 0.5
"""Standard deviation of the normal prior on log T around 0: without dev examples T is 1, with five it moves little."""


def log_loss(logits: FloatArray, labels: IntArray, temperature: float = 1.0) -> float:
    """Mean negative log-likelihood in nats, 0 or more, smaller is better. logits: (n, k), labels: (n,), n >= 1."""
    rows = log_softmax(np.asarray(logits, np.float64) / temperature, axis=1)
    return float(-rows[np.arange(len(labels)), labels].mean())


def fit_temperature(logits: FloatArray, labels: IntArray) -> float:
    """The temperature T in [0.3, 5] that fits `logits / T` best a posteriori; 1.0 for no example.

    Maximum a posteriori: n x log-loss(T) + (log T)^2 / (2 x 0.5^2), so a handful of examples cannot move it far.
    """
    if len(labels) == 0:
        return 1.0

    def cost(log_t: float) -> float:
        return len(labels) * log_loss(logits, labels, float(np.exp(log_t))) + log_t**2 / (2 * PRIOR_SPREAD**2)

    best = minimize_scalar(cost, bounds=(np.log(LOWEST), np.log(HIGHEST)), method="bounded")
    return float(np.exp(best.x))
