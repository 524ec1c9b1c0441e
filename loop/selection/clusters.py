"""k-means in plain numpy: weighted rows, the same answer on every run.

Own code because threads of the usual implementation add up in any order, and a last bit may change a pick; here the
same seed and rows give the same clusters. Lloyd 1982; seeding: Arthur and Vassilvitskii 2007, k-means++, greedy form.
"""

from __future__ import annotations

import numpy as np

from loop.records import FloatArray, IntArray

ROUNDS = 20
ROWS_AT_ONCE = 8192
TINY = 1e-6
"""Squared distances below this are rounding: the rows are the same."""


def k_means(
    rows: FloatArray, k: int, *, rng: np.random.Generator, weights: FloatArray | None = None, rounds: int = ROUNDS
) -> FloatArray:
    """(n, d) rows → (k', d) float32 centroids; k' is k, or fewer when there are fewer different rows.

    weights: (n,) 0 or more, how much each row pulls; all 1 when None. Stops early when no row changes its cluster.
    """
    points = np.asarray(rows, dtype=np.float32)
    pull = np.ones(len(points)) if weights is None else np.asarray(weights, dtype=np.float64)
    centroids = _seeds(points, k, pull, rng)
    if len(centroids) == 0:
        return centroids
    nearest = assign(points, centroids)
    for _ in range(rounds):
        centroids = _means(points, pull, nearest, centroids)
        before, nearest = nearest, assign(points, centroids)
        if np.array_equal(before, nearest):
            break
    return centroids


def assign(rows: FloatArray, centroids: FloatArray) -> IntArray:
    """(n,) the nearest centroid of each row, the first on ties; `rows` may be memory-mapped and is read in chunks."""
    found = np.empty(len(rows), dtype=np.int64)
    half = np.square(centroids, dtype=np.float64).sum(axis=1) / 2
    for start in range(0, len(rows), ROWS_AT_ONCE):
        block = np.asarray(rows[start : start + ROWS_AT_ONCE], dtype=np.float32)
        found[start : start + len(block)] = (block @ centroids.T - half).argmax(axis=1)
    return found


def _seeds(points: FloatArray, k: int, pull: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Greedy k-means++: rows drawn with probability weight x squared distance, of 2 + log k the one that helps most."""
    chosen: list[int] = []
    distance: FloatArray = np.ones(len(points))
    square = np.square(points, dtype=np.float64).sum(axis=1)
    while len(chosen) < k and (chance := pull * distance).sum() > 0:
        drawn = np.unique(rng.choice(len(points), size=2 + int(np.log(k)), p=chance / chance.sum()))
        to_drawn = np.maximum(square[:, None] + square[drawn] - 2.0 * (points @ points[drawn].T), 0.0)
        to_drawn[drawn, np.arange(len(drawn))] = 0.0
        left = to_drawn if not chosen else np.minimum(distance[:, None], to_drawn)
        best = int((pull @ left).argmin())
        distance = np.where(left[:, best] > TINY, left[:, best], 0.0)
        chosen.append(int(drawn[best]))
    return points[chosen].astype(np.float32)


def _means(points: FloatArray, pull: FloatArray, nearest: IntArray, centroids: FloatArray) -> FloatArray:
    """Weighted means; a cluster without weight keeps its centroid."""
    from scipy.sparse import csr_array

    n, k = len(points), len(centroids)
    members = csr_array((pull, (nearest, np.arange(n))), shape=(k, n))
    total = np.bincount(nearest, weights=pull, minlength=k)
    found = centroids.copy()
    filled = total > 0
    found[filled] = (members @ points)[filled] / total[filled, None]
    return found
