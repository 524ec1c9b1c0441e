"""How far several predictions of the same rows differ: the mutual information of label and member.

H(mean of the members) - mean of their H = mean Kullback-Leibler divergence of a member from their mean, in nats.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from loop.records import FloatArray


def mutual_information(members: Iterable[FloatArray]) -> FloatArray:
    """Members, one at a time, each (n, k) with rows that sum to 1 → (n,) from 0 (all agree) to log k.

    Houlsby et al. 2011, Bayesian active learning for classification and preference learning (BALD); as divergence from
    the consensus: McCallum and Nigam 1998, Employing EM and pool-based active learning for text classification.
    Raises ValueError without members.
    """
    total: FloatArray | None = None
    inner: FloatArray = np.zeros(0)
    count = 0
    for probabilities in members:
        total = probabilities.astype(np.float64) if total is None else total + probabilities
        inner = entropy(probabilities) if count == 0 else inner + entropy(probabilities)
        count += 1
    if total is None:
        raise ValueError("no member")
    return np.maximum(entropy(total / count) - inner / count, 0.0)


def entropy(probabilities: FloatArray) -> FloatArray:
    """(n, k) → (n,) in nats."""
    safe = np.where(probabilities > 0, probabilities, 1.0).astype(np.float64)
    found: FloatArray = -(safe * np.log(safe)).sum(axis=1)
    return found
