"""Rows that the model sees otherwise than it sees the labelled examples beside them.

candidate ─► its nearest labelled examples ─► divergence of what is predicted for them from what is for it ─► rows

Margatina et al. 2021, Active learning by acquiring contrastive examples (CAL). The view has no predictions of labelled
examples: a linear stand-in for the model makes them.
"""

from __future__ import annotations

import numpy as np

from loop.protocols import Choice, PoolView
from loop.records import FloatArray
from loop.selection.strategies.basic import needs_model
from loop.selection.strategies.disagreement import entropy
from loop.selection.strategies.ranking import largest
from loop.selection.strategies.surrogate import imitated
from loop.selection.wrappers.subsampling import subsampled

NEIGHBOURS = 10
"""At most; and no more than there are labelled examples to a label, else a sure row has neighbours of other labels."""
FLOOR = 1e-7
"""Smaller probabilities are taken as this."""
ROWS_AT_ONCE = 2048


@subsampled()
def cal(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Examples that the model sees otherwise than the labelled examples most like them (contrastive).

    scores: mean Kullback-Leibler divergence in nats, 0 or more. Random while nothing is labelled. Raises DataError
    before the first model.
    """
    probabilities = needs_model(view, "cal")
    known = view.labelled_embeddings[view.labelled >= 0]
    if not len(known) or not len(view.ids):
        return largest(np.zeros(len(view.ids)), budget=budget, rng=rng)
    predicted = imitated(view.embeddings, probabilities).probabilities(known)
    neighbours = max(1, min(NEIGHBOURS, len(known) // probabilities.shape[1]))
    found = divergences(view.embeddings, probabilities, known, predicted, neighbours=neighbours)
    return largest(found, budget=budget, rng=rng)


def divergences(
    points: FloatArray, probabilities: FloatArray, known: FloatArray, predicted: FloatArray, *, neighbours: int
) -> FloatArray:
    """(n, d), (n, k), (m, d), (m, k) → (n,) mean divergence of the nearest labelled predictions from each row's own.

    Of the nearest `neighbours` of m labelled rows, or all. The mean of KL(P_j, p) is the mean of -H(P_j) less
    mean(P_j)·log p.
    """
    known_p, own = _kept_off_zero(predicted), _kept_off_zero(probabilities)
    sureness = -entropy(known_p)
    count = min(neighbours, len(known))
    found = np.empty(len(points))
    for start in range(0, len(points), ROWS_AT_ONCE):
        block = slice(start, start + ROWS_AT_ONCE)
        near = np.argpartition(-(points[block] @ known.T), count - 1, axis=1)[:, :count]
        mean = known_p[near].mean(axis=1)
        found[block] = sureness[near].mean(axis=1) - (mean * np.log(own[block])).sum(axis=1)
    return np.maximum(found, 0.0)


def _kept_off_zero(probabilities: FloatArray) -> FloatArray:
    clipped = np.clip(probabilities.astype(np.float64), FLOOR, 1.0)
    found: FloatArray = clipped / clipped.sum(axis=1, keepdims=True)
    return found
