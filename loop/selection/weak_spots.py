"""The default strategy: find the weak examples, cluster them, ask one of each cluster.

    probabilities ─► margin ─┐
    embeddings ─► flips ─────┴─► weakness ─► weakest rows, near-duplicates out ─► weighted k-means ─► one per cluster

Uncertain and different at once. The order matters: clustering the whole pool first and handing out the batch by each
cluster's error mass gained less in trials, and tempering the weights by it lost (benchmarks/bench_selection.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from loop.protocols import Choice, PoolView
from loop.records import FloatArray, IntArray
from loop.selection import uncertainty
from loop.selection.clusters import assign, k_means
from loop.selection.strategies import by_id, coverage

FLIPS = 0.3
"""Share of flips in the weakness; the rest is margin."""
DROPOUT = 0.4
"""Share of features set to zero in each trial of the flips."""
TRIALS = 10
WEAKEST = 10
"""So many weak rows are clustered per row of the budget."""
TWIN = 0.97
"""Rows at least this similar (cosine) to an asked or picked one tell nothing new."""
FITTED_ON = 20_000
ROWS_AT_ONCE = 8192


def weak_spots(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Weak rows that differ from each other and from all that was asked; `coverage` before the first model.

    scores: weakness, 0..1. Twins of asked or picked rows come last, only when nothing else is left.
    """
    if view.probabilities is None:
        return coverage(view, budget=budget, rng=rng)
    ordered = by_id(view)
    if len(ordered) == 0 or budget == 0:
        return Choice(rows=np.empty(0, dtype=np.int64), scores=np.empty(0))
    weak = weakness(view.embeddings, view.probabilities, ordered, rng=rng)
    ranked = ordered[np.argsort(-weak[ordered], kind="stable")]
    fresh = _fresh(view, ranked, wanted=WEAKEST * budget)
    chosen = _spread(view.embeddings, weak, fresh, budget=budget, rng=rng)
    rows = _filled(view.embeddings, chosen, fresh, ranked, budget=budget)
    return Choice(rows=rows, scores=weak[rows])


def weakness(
    embeddings: FloatArray, probabilities: FloatArray, ordered: IntArray, *, rng: np.random.Generator
) -> FloatArray:
    """(n,) 0..1: margin, and for the closest calls also how easily the guess flips when features are lost.

    ordered: row numbers in an order that does not depend on the rows' own.
    """
    unsure = uncertainty.margin(probabilities)
    close = np.sort(ordered[np.argsort(-unsure[ordered], kind="stable")][:FITTED_ON])
    weak = (1 - FLIPS) * unsure
    weak[close] += FLIPS * flip_rate(embeddings[close], probabilities[close], rng=rng)
    return weak


def flip_rate(embeddings: FloatArray, probabilities: FloatArray, *, rng: np.random.Generator) -> FloatArray:
    """(n,) share of trials, 0..1, in which a linear stand-in of the model changes its guess under feature dropout.

    After Gupte et al. 2024, Revisiting active learning in the era of vision foundation models (DropQuery). The stand-in
    is ridge regression from embeddings to log probabilities; one dropout mask a trial, the same for all rows.
    """
    points = np.asarray(embeddings, dtype=np.float64)
    weights, bias = _stand_in(points, probabilities)
    guess = (points @ weights + bias).argmax(axis=1)
    flips = np.zeros(len(points))
    for _ in range(TRIALS):
        kept = rng.random(points.shape[1]) >= DROPOUT
        flips += (points[:, kept] @ weights[kept] / (1 - DROPOUT) + bias).argmax(axis=1) != guess
    return flips / TRIALS


def _stand_in(points: FloatArray, probabilities: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(d, k) weights and (k,) bias."""
    wanted = np.log(np.maximum(probabilities.astype(np.float64), 1e-5))
    wanted -= wanted.mean(axis=1, keepdims=True)
    centre, bias = points.mean(axis=0), wanted.mean(axis=0)
    moved = points - centre
    weights = np.linalg.solve(moved.T @ moved + 0.01 * np.eye(points.shape[1]), moved.T @ (wanted - bias))
    return weights, bias - centre @ weights


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
    worth = weak[rows] * np.exp(-np.linalg.norm(points - centroids[cluster], axis=1))
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
