"""Close calls, spread over clusters, small clusters first.

    margin ─► the ten closest calls per place ─► hierarchical clusters ─► one from each in turn, smallest first ─► rows

Citovsky et al. 2021, Batch active learning at scale (Cluster-Margin). Theirs clusters the whole pool once, with a
threshold to be chosen; here the close calls alone, average linkage cut into as many clusters as the batch has places.
"""

from __future__ import annotations

import numpy as np

from loop.protocols import Choice, PoolView
from loop.records import FloatArray, IntArray
from loop.selection import uncertainty
from loop.selection.strategies.basic import needs_model
from loop.selection.strategies.ranking import largest
from loop.selection.wrappers.subsampling import subsampled

PER_PICK, LINKED = 10, 4000
"""Close calls looked at for each pick; and at most so many in all, since linkage takes the square of them."""


@subsampled(most=100_000)
def cluster_margin(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Close calls between two labels, spread over groups of similar examples.

    scores: margin uncertainty, 0..1. Raises DataError before the first model.
    """
    unsure = uncertainty.margin(needs_model(view, "cluster_margin"))
    close = largest(unsure, budget=min(PER_PICK * budget, LINKED), rng=rng).rows
    rows = close[_in_turn(_clusters(view.embeddings[close], budget), rng)][:budget]
    return Choice(rows=rows, scores=unsure[rows])


def _clusters(points: FloatArray, count: int) -> IntArray:
    """(n,) cluster of each point by average linkage, at most `count` of them."""
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(points) < 2 or count < 1:
        return np.zeros(len(points), dtype=np.int64)
    tree = linkage(np.asarray(points, dtype=np.float64), method="average")
    return np.asarray(fcluster(tree, t=count, criterion="maxclust"), dtype=np.int64)


def _in_turn(cluster: IntArray, rng: np.random.Generator) -> IntArray:
    """All places: of each cluster one at random, smallest cluster first; then the second of each, and so on."""
    n = len(cluster)
    size = np.unique(cluster, return_counts=True)
    of_place = dict(zip(size[0].tolist(), size[1].tolist(), strict=True))
    sizes = np.array([of_place[one] for one in cluster.tolist()], dtype=np.int64)
    shuffled = np.lexsort((rng.permutation(n), cluster))
    turn = np.empty(n, dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(size[1])[:-1]]) if n else np.empty(0, dtype=np.int64)
    turn[shuffled] = np.arange(n) - np.repeat(starts, size[1])
    found: IntArray = np.lexsort((cluster, sizes, turn))
    return found
