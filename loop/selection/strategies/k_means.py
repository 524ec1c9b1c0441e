"""One row from each of as many clusters as the batch has places.

embeddings ─► k-means, one cluster for each pick ─► of each the row nearest to its centre

Yuan, Lin and Boyd-Graber 2020, Cold-start active learning through self-supervised language modeling (their BERT-KM).
"""

from __future__ import annotations

import numpy as np

from loop.protocols import Choice, PoolView
from loop.records import FloatArray, IntArray
from loop.selection import clusters
from loop.selection.strategies.ranking import completed, unscored
from loop.selection.wrappers.subsampling import subsampled


@subsampled(portion=500)
def k_means(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """The most central example of each of as many groups as there are questions.

    No scores; works before the first model. What was asked before plays no part.
    """
    rows = central(view.embeddings, budget, rng=rng)
    return unscored(completed(rows.tolist(), len(view.ids), budget=budget, rng=rng))


def central(points: FloatArray, count: int, *, rng: np.random.Generator) -> IntArray:
    """Of each of `count` clusters the row nearest to its centre, largest cluster first; fewer when rows repeat."""
    if not len(points) or count < 1:
        return np.empty(0, dtype=np.int64)
    centroids = clusters.k_means(points, count, rng=rng)
    cluster = clusters.assign(points, centroids)
    apart = np.square(points - centroids[cluster], dtype=np.float64).sum(axis=1)
    sorted_rows = np.lexsort((apart, cluster))
    first = sorted_rows[np.unique(cluster[sorted_rows], return_index=True)[1]]
    size = np.bincount(cluster, minlength=len(centroids))[cluster[first]]
    found: IntArray = first[np.argsort(-size, kind="stable")].astype(np.int64)
    return found
