"""Rows whose guess differs from that of most rows around them.

    embeddings ─► k-means ─► in each cluster the guess of the majority ─► rows guessed otherwise: pseudo errors
    cluster: sum of their chances not to be of the majority ─► its share of the batch ─► drawn among them

Chen et al. 2023, REAL: a representative error-driven approach for active learning. Their number of clusters (25) grows
here with the labels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from loop.protocols import Choice, PoolView
from loop.records import FloatArray, IntArray
from loop.selection import clusters
from loop.selection.strategies.basic import needs_model
from loop.selection.strategies.ranking import completed, largest
from loop.selection.wrappers.subsampling import subsampled

CLUSTERS = 25


@subsampled()
def real(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Examples guessed otherwise than most examples around them: likely errors, and those that stand for many.

    scores: chance not to be of the neighbourhood's label, 0..1. Raises DataError before the first model.
    """
    probabilities = needs_model(view, "real")
    if not len(view.ids):
        return largest(np.empty(0), budget=budget, rng=rng)
    count = max(CLUSTERS, probabilities.shape[1])
    cluster = clusters.assign(view.embeddings, clusters.k_means(view.embeddings, count, rng=rng))
    error, doubt = pseudo_errors(probabilities, cluster)
    mass: FloatArray = np.bincount(cluster, weights=np.where(error, doubt, 0.0)).astype(np.float64)
    quota = shares(mass, budget)
    drawn = [
        rng.permutation(np.flatnonzero(error & (cluster == one)))[: quota[one]]
        for one in np.flatnonzero(quota).tolist()
    ]
    first = rng.permutation(np.concatenate([np.empty(0, dtype=np.int64), *drawn]))
    rest = largest(doubt, budget=len(doubt), rng=rng).rows
    rows = completed([*first.tolist(), *rest.tolist()], len(doubt), budget=budget, rng=rng)
    return Choice(rows=rows, scores=doubt[rows])


def pseudo_errors(probabilities: FloatArray, cluster: IntArray) -> tuple[NDArray[np.bool_], FloatArray]:
    """(n, k), (n,) → (n,) whether the guess is not the cluster's most frequent, (n,) 1 - probability of that one."""
    guess = probabilities.argmax(axis=1)
    counts = np.zeros((int(cluster.max()) + 1, probabilities.shape[1]), dtype=np.int64)
    np.add.at(counts, (cluster, guess), 1)
    majority = counts.argmax(axis=1)[cluster]
    doubt = np.clip(1.0 - probabilities[np.arange(len(guess)), majority], 0.0, 1.0)
    return guess != majority, doubt


def shares(mass: FloatArray, budget: int) -> IntArray:
    """(c,) 0 or more → (c,) places in proportion, rounded by largest remainder; none where there is no mass."""
    if mass.sum() <= 0:
        return np.zeros(len(mass), dtype=np.int64)
    wanted = budget * mass / mass.sum()
    found: IntArray = np.floor(wanted).astype(np.int64)
    largest_rest = np.argsort(found - wanted, kind="stable")[: budget - int(found.sum())]
    found[largest_rest] = found[largest_rest] + 1
    return found
