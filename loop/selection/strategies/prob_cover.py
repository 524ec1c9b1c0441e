"""Rows whose balls of a fixed radius hold most of what no ball holds yet.

    embeddings ─► radius at which 95 % of the balls are pure ─► the row with most uncovered rows in its ball, and again

Yehuda et al. 2022, Active learning through a covering lens (ProbCover). A ball is pure when all in it are of one of
as many k-means clusters as there are labels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from loop.protocols import Choice, PoolView
from loop.records import FloatArray, IntArray
from loop.selection import clusters
from loop.selection.strategies.ranking import completed, unscored
from loop.selection.wrappers.subsampling import subsampled

PURE = 0.95
ROWS_AT_ONCE = 1024


@subsampled(most=4000, portion=1000)
def prob_cover(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Examples with the most others close by that nothing asked is close to.

    No scores; works before the first model. Of a large pool 4,000 candidates drawn at random are looked at.
    """
    if not len(view.ids):
        return unscored(np.empty(0, dtype=np.int64))
    points = np.asarray(view.embeddings, dtype=np.float32)
    cluster = clusters.assign(points, clusters.k_means(points, _labels(view), rng=rng))
    rows = covering(points, view.labelled_embeddings, radius=pure_radius(points, cluster), budget=budget)
    return unscored(completed(rows, len(points), budget=budget, rng=rng))


def pure_radius(points: FloatArray, cluster: IntArray) -> float:
    """The distance within which at least 95 % of the rows have only rows of their own cluster; 2 for one cluster."""
    others = np.full(len(points), 4.0)
    for start in range(0, len(points), ROWS_AT_ONCE):
        block = slice(start, start + ROWS_AT_ONCE)
        apart = np.where(cluster[block, None] != cluster, 2.0 - 2.0 * (points[block] @ points.T), 4.0)
        others[block] = np.maximum(apart.min(axis=1), 0.0)
    return float(np.sqrt(np.sort(others)[int((1.0 - PURE) * len(points))]))


def covering(points: FloatArray, known: FloatArray, *, radius: float, budget: int) -> list[int]:
    """Rows, the one with most uncovered rows nearer than `radius` first, ties by row; ends when all are covered."""
    edges = _near(points, points, radius)
    edges[:, _near(points, known, radius).any(axis=1)] = False
    degree = edges.sum(axis=1)
    rows: list[int] = []
    while len(rows) < budget and degree.max() > 0:
        row = int(degree.argmax())
        rows.append(row)
        covered = np.flatnonzero(edges[row])
        degree -= edges[:, covered].sum(axis=1)
        edges[:, covered] = False
    return rows


def _labels(view: PoolView) -> int:
    """How many labels there are, as far as the view knows; at least 2."""
    known = int(view.labelled.max()) + 1 if len(view.labelled) else 0
    return max(2, known if view.probabilities is None else view.probabilities.shape[1])


def _near(points: FloatArray, others: FloatArray, radius: float) -> NDArray[np.bool_]:
    """(n, m) whether two rows of length 1 are nearer than the radius."""
    found = np.empty((len(points), len(others)), dtype=np.bool_)
    for start in range(0, len(points), ROWS_AT_ONCE):
        block = slice(start, start + ROWS_AT_ONCE)
        found[block] = 2.0 - 2.0 * (points[block] @ others.T) < radius**2
    return found
