"""How unsure a model is, per row: probabilities (n, k), rows sum to 1 → (n,) in 0..1, larger is more unsure.

With one class there is nothing to be unsure about: 0. Survey: Settles 2009, Active learning literature survey.
"""

from __future__ import annotations

import numpy as np

from loop.records import FloatArray


def least_confidence(probabilities: FloatArray) -> FloatArray:
    """1 - probability of the guess; at most (k - 1) / k."""
    found: FloatArray = 1.0 - probabilities.max(axis=1)
    return np.clip(found, 0.0, 1.0)


def margin(probabilities: FloatArray) -> FloatArray:
    """1 - (best - second best probability): 1 when two labels tie.

    Scheffer, Decomain and Wrobel 2001, Active hidden Markov models for information extraction.
    """
    if probabilities.shape[1] < 2:
        return np.zeros(len(probabilities))
    best = np.partition(probabilities, -2, axis=1)[:, -2:]
    found: FloatArray = 1.0 - (best[:, 1] - best[:, 0])
    return np.clip(found, 0.0, 1.0)


def entropy(probabilities: FloatArray) -> FloatArray:
    """Shannon entropy divided by log k: 1 when all labels are equally probable."""
    n, k = probabilities.shape
    if k < 2:
        return np.zeros(n)
    safe = np.where(probabilities > 0, probabilities, 1.0)
    found: FloatArray = -(safe * np.log(safe)).sum(axis=1) / np.log(k)
    return np.clip(found, 0.0, 1.0)
