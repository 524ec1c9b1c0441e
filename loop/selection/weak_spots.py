"""The default strategy: find the weak examples, cluster them, ask one of each cluster.

    probabilities ─► margin ─► weakest rows, twins of asked ones out ─► weighted k-means ─► one row per cluster

Uncertain and different at once. The order matters: clustering the whole pool first and handing out the batch by each
spot's error mass did worse in trials, and so did tempering the weights by the spots' estimates, which only repeat what
the margin knows; flips under feature dropout did not pay either. benchmarks/bench_selection.py measures all of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from loop.protocols import Choice, PoolView
from loop.records import FloatArray, IntArray
from loop.selection import uncertainty
from loop.selection.clusters import assign, k_means
from loop.selection.strategies import by_id, coverage

WEAKEST = 20
"""So many weak rows are clustered per row of the budget: wide enough to explore beyond the very closest calls."""
CENTRAL = 3.0
"""Inside a cluster the worth of a row falls by exp(-3 x distance to the centroid)."""
TWIN = 0.97
"""Rows at least this similar (cosine) to an asked or picked one tell nothing new."""
ROWS_AT_ONCE = 8192


def weak_spots(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Weak rows that differ from each other and from all that was asked; `coverage` before the first model.

    scores: margin uncertainty, 0..1. Twins of asked or picked rows come only when nothing else is left. Weighted
    k-means over uncertain rows: Zhdanov 2019, Diverse mini-batch active learning.
    """
    if view.probabilities is None:
        return coverage(view, budget=budget, rng=rng)
    ordered = by_id(view)
    if len(ordered) == 0 or budget == 0:
        return Choice(rows=np.empty(0, dtype=np.int64), scores=np.empty(0))
    weak = uncertainty.margin(view.probabilities)
    ranked: IntArray = ordered[np.argsort(-weak[ordered], kind="stable")]
    fresh = _fresh(view, ranked, wanted=WEAKEST * budget)
    chosen = _spread(view.embeddings, weak, fresh, budget=budget, rng=rng)
    rows = _filled(view.embeddings, chosen, fresh, ranked, budget=budget)
    return Choice(rows=rows, scores=weak[rows])


def _fresh(view: PoolView, ranked: IntArray, *, wanted: int) -> IntArray:
    """The first `wanted` of the ranked rows that are no twin of anything asked or labelled, or all there are."""
    found = ranked[:0]
    for start in range(0, len(ranked), wanted):
        block = ranked[start : start + wanted]
        found = np.concatenate([found, block[~_twins(view.embeddings, block, view.labelled_embeddings)]])
        if len(found) >= wanted:
            break
    return found[:wanted]


def _twins(embeddings: FloatArray, rows: IntArray, known: FloatArray) -> NDArray[np.bool_]:
    """(len(rows),) whether a row is a near-duplicate of any of the `known` ones."""
    found = np.zeros(len(rows), dtype=np.bool_)
    points = np.asarray(embeddings[rows], dtype=np.float32)
    for start in range(0, len(known), ROWS_AT_ONCE):
        found |= (points @ np.asarray(known[start : start + ROWS_AT_ONCE], dtype=np.float32).T >= TWIN).any(axis=1)
    return found


def _spread(
    embeddings: FloatArray, weak: FloatArray, rows: IntArray, *, budget: int, rng: np.random.Generator
) -> IntArray:
    """One row per cluster of the weak `rows`, central and weak, weakest first."""
    points = np.asarray(embeddings[rows], dtype=np.float32)
    centroids = k_means(points, budget, rng=rng, weights=weak[rows])
    if len(centroids) == 0:
        return rows[:0]
    cluster = assign(points, centroids)
    worth = weak[rows] * np.exp(-CENTRAL * np.linalg.norm(points - centroids[cluster], axis=1))
    best = np.lexsort((np.arange(len(rows)), -worth, cluster))
    _, first = np.unique(cluster[best], return_index=True)
    chosen: IntArray = rows[np.sort(best[first])]
    ranks: IntArray = np.argsort(-weak[chosen], kind="stable")
    return chosen[ranks]


def _filled(embeddings: FloatArray, chosen: IntArray, fresh: IntArray, ranked: IntArray, *, budget: int) -> IntArray:
    """The chosen rows less twins among them, filled up with the weakest fresh ones; twins only when nothing is left."""
    taken: dict[int, None] = {}
    for row in dict.fromkeys([*chosen.tolist(), *fresh.tolist()]):
        if len(taken) == budget:
            break
        if not _twins(embeddings, np.array([row]), embeddings[list(taken)])[0]:
            taken[row] = None
    for row in ranked.tolist():
        if len(taken) == min(budget, len(ranked)):
            break
        taken[row] = None
    return np.array(list(taken), dtype=np.int64)
