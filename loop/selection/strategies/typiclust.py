"""The most typical row of each cluster that nothing is labelled in.

    candidates and asked ─► k-means, a cluster for each asked and each wanted ─► those with fewest asked, then largest
    ─► of each the row nearest to its neighbours ─► rows

Hacohen, Dekel and Weinshall 2022, Active learning on a budget: opposite strategies suit high and low budgets
(TypiClust).
"""

from __future__ import annotations

import numpy as np

from loop.protocols import Choice, PoolView
from loop.records import FloatArray, IntArray
from loop.selection import clusters
from loop.selection.strategies.ranking import completed, unscored
from loop.selection.wrappers.subsampling import subsampled

MOST_CLUSTERS, NEIGHBOURS = 500, 20
SMALL = 5
"""Clusters of fewer candidates are outliers: they come last."""
LOOKED_AT = 2000
"""Of a larger cluster so many rows, drawn at random, are compared."""


@subsampled(most=10_000, portion=500)
def typiclust(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """The most typical example of each group that nothing was asked about yet.

    No scores; works before the first model. Of a large pool 10,000 candidates drawn at random are looked at.
    """
    n, known = len(view.ids), len(view.labelled_embeddings)
    if n == 0 or budget == 0:
        return unscored(np.empty(0, dtype=np.int64))
    points = np.concatenate([view.embeddings, view.labelled_embeddings])
    centroids = clusters.k_means(points, min(known + budget, MOST_CLUSTERS), rng=rng)
    cluster = clusters.assign(points, centroids)
    queue = _queue(cluster[:n], cluster[n:], len(centroids))
    first_of = [
        _by_typicality(view.embeddings, np.flatnonzero(cluster[:n] == one), budget, rng) for one in queue[:budget]
    ]
    turns = range(max(len(rows) for rows in first_of))
    rows = [int(rows[turn]) for turn in turns for rows in first_of if turn < len(rows)]
    return unscored(completed(rows, n, budget=budget, rng=rng))


def typicality(points: FloatArray, *, neighbours: int = NEIGHBOURS) -> FloatArray:
    """(n, d) → (n,) 1 / mean distance to the nearest `neighbours` other rows; 1 for a single row."""
    n = len(points)
    count = min(neighbours, n - 1)
    if count < 1:
        return np.ones(n)
    square = np.square(points, dtype=np.float64).sum(axis=1)
    between = np.maximum(square[:, None] + square - 2.0 * (points @ points.T), 0.0)
    np.fill_diagonal(between, 0.0)
    mean = np.sqrt(np.partition(between, count, axis=1)[:, : count + 1]).sum(axis=1) / count
    found: FloatArray = 1.0 / (mean + 1e-7)
    return found


def _queue(cluster: IntArray, asked: IntArray, count: int) -> list[int]:
    """Clusters with candidates: no outliers first, then fewest asked, then largest."""
    size, known = np.bincount(cluster, minlength=count), np.bincount(asked, minlength=count)
    order = np.lexsort((-size, known, size < SMALL))
    return [one for one in order.tolist() if size[one]]


def _by_typicality(points: FloatArray, members: IntArray, budget: int, rng: np.random.Generator) -> IntArray:
    """Members of one cluster, the most typical first, at most `budget`; ties go by id."""
    if len(members) > LOOKED_AT:
        members = members[np.sort(rng.choice(len(members), LOOKED_AT, replace=False))]
    found: IntArray = members[np.argsort(-typicality(points[members]), kind="stable")][:budget]
    return found
