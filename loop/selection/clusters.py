"""k-means in plain numpy: weighted rows, the same answer on every run.

Own code because threads of the usual implementation add up in any order, and a last bit may change a pick; here the
same seed and rows give the same clusters. Lloyd 1982; seeding: Arthur and Vassilvitskii 2007, k-means++.
"""

from __future__ import annotations

import numpy as np

from loop.records import FloatArray, IntArray

ROUNDS = 20
ROWS_AT_ONCE = 8192


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
    """k-means++: each next seed is drawn with probability weight x squared distance to the nearest seed."""
    chosen: list[int] = []
    distance = np.ones(len(points))
    while len(chosen) < k and (chance := pull * distance).sum() > 0:
        row = int(rng.choice(len(points), p=chance / chance.sum()))
        to_row = np.square(points - points[row]).sum(axis=1, dtype=np.float64)
        distance = to_row if not chosen else np.minimum(distance, to_row)
        chosen.append(row)
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
