"""Strategies that were tried for the default and lost; kept so that the benchmark can show it again.

clustered    weighted k-means over the weakest rows, from each cluster the row most weak and central
error_mass   the batch is handed out to spots by their error mass with an exploration floor, margin inside
tempered     as weak_spots, weights multiplied by the square root of the spot's estimate
flips        as weak_spots, 0.3 of the weight from how often the guess flips when 40 % of the features are dropped
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from loop.protocols import Choice, PoolView
from loop.records import FloatArray
from loop.selection import uncertainty
from loop.selection.clusters import assign, k_means
from loop.selection.strategies import by_id, margin, needs_model
from loop.selection.weak_spots import weak_spots

FLOOR = 0.2
"""Share of the batch handed out by the spots' sizes instead of their error mass."""
WEAKEST, CENTRAL = 20, 3.0
"""So many rows are clustered per row of the budget; the worth of a row falls by exp(-3 x distance to its centroid)."""
FLIPS, DROPOUT, TRIALS = 0.3, 0.4, 10


def clustered(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """After Zhdanov 2019, Diverse mini-batch active learning."""
    unsure = uncertainty.margin(needs_model(view, "clustered"))
    ordered = by_id(view)
    ranked = ordered[np.argsort(-unsure[ordered], kind="stable")]
    rows = ranked[: WEAKEST * budget]
    points = view.embeddings[rows]
    centroids = k_means(points, budget, rng=rng, weights=unsure[rows])
    cluster = assign(points, centroids)
    worth = unsure[rows] * np.exp(-CENTRAL * np.linalg.norm(points - centroids[cluster], axis=1))
    best = np.lexsort((-worth, cluster))
    first = rows[best[np.unique(cluster[best], return_index=True)[1]]].tolist()
    chosen = np.array(list(dict.fromkeys(first + ranked.tolist()))[:budget])
    return Choice(rows=chosen, scores=unsure[chosen])


def error_mass(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Per spot its share of the batch, rounded by largest remainder; inside a spot the closest calls."""
    estimates = _estimates(view)
    size = np.bincount(view.spots, minlength=len(estimates))
    mass = size * estimates
    wanted = budget * ((1 - FLOOR) * mass / mass.sum() + FLOOR * size / size.sum())
    quota = np.floor(wanted).astype(int)
    quota[np.argsort(-(wanted - quota), kind="stable")[: budget - quota.sum()]] += 1
    every = margin(view, budget=len(view.ids), rng=rng)
    taken: list[int] = []
    for row in every.rows.tolist():
        if quota[view.spots[row]] > 0:
            quota[view.spots[row]] -= 1
            taken.append(row)
    rest = [row for row in every.rows.tolist() if row not in set(taken)]
    rows = np.array((taken + rest)[:budget])
    return Choice(rows=rows, scores=uncertainty.margin(needs_model(view, "error_mass"))[rows])


def tempered(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Weights margin x sqrt(estimate of the spot)."""
    weight = np.sqrt(_estimates(view)[view.spots]) * uncertainty.margin(needs_model(view, "tempered"))
    return _by_weight(view, weight, budget=budget, rng=rng)


def flips(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """After Gupte et al. 2024 (DropQuery), with a linear stand-in for the model: it never sees the model itself."""
    unsure = uncertainty.margin(needs_model(view, "flips"))
    ordered = by_id(view)
    rate = np.empty(len(ordered))
    rate[ordered] = _flip_rate(view.embeddings[ordered], needs_model(view, "flips")[ordered], rng=rng)
    return _by_weight(view, (1 - FLIPS) * unsure + FLIPS * rate, budget=budget, rng=rng)


def _estimates(view: PoolView) -> FloatArray:
    assert view.spot_estimates is not None
    return view.spot_estimates


def _by_weight(view: PoolView, weight: FloatArray, *, budget: int, rng: np.random.Generator) -> Choice:
    """weak_spots with other weights: two-label probabilities whose margin uncertainty is the weight."""
    scaled = weight / max(float(weight.max()), 1e-12)
    two = np.stack([1 - scaled / 2, scaled / 2], axis=1)
    return weak_spots(replace(view, probabilities=two), budget=budget, rng=rng)


def _flip_rate(points: FloatArray, probabilities: FloatArray, *, rng: np.random.Generator) -> FloatArray:
    """(n,) share of trials in which ridge regression to log probabilities changes its guess under feature dropout."""
    wanted = np.log(np.maximum(probabilities, 1e-5))
    wanted -= wanted.mean(axis=1, keepdims=True)
    moved = points - points.mean(axis=0)
    weights = np.linalg.solve(
        moved.T @ moved + 0.01 * np.eye(points.shape[1]), moved.T @ (wanted - wanted.mean(axis=0))
    )
    bias = wanted.mean(axis=0) - points.mean(axis=0) @ weights
    guess = (points @ weights + bias).argmax(axis=1)
    changed = np.zeros(len(points))
    for _ in range(TRIALS):
        kept = rng.random(points.shape) >= DROPOUT
        changed += ((points * kept) @ weights / (1 - DROPOUT) + bias).argmax(axis=1) != guess
    return changed / TRIALS
