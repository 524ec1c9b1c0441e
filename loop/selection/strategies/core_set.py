"""Rows that leave no example far from a labelled one.

    labelled and picked embeddings ─► the candidate farthest from its nearest of them ─► picked, and again

Sener and Savarese 2018, Active learning for convolutional neural networks: a core-set approach; its greedy form
(k-center), Gonzalez 1985, Clustering to minimize the maximum intercluster distance.
"""

from __future__ import annotations

import numpy as np

from loop.protocols import Choice, PoolView
from loop.records import FloatArray
from loop.selection.wrappers.subsampling import subsampled

MOST = 50_000
ROWS_AT_ONCE = 2048


@subsampled(most=MOST)
def core_set(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Examples far from everything asked so far and from each other.

    Works before the first model. scores: distance to the nearest asked or picked example, 0 to 2. Ties go by id; with
    nothing asked yet the first pick is random.
    """
    points = view.embeddings
    square = np.square(points, dtype=np.float64).sum(axis=1)
    nearest = _nearest(points, view.labelled_embeddings, square)
    rows: list[int] = []
    scores: list[float] = []
    for _ in range(min(budget, len(points))):
        unknown = not rows and not len(view.labelled_embeddings)
        row = int(rng.integers(len(points))) if unknown else int(nearest.argmax())
        rows.append(row)
        scores.append(2.0 if unknown else float(np.sqrt(nearest[row])))
        to_row = np.maximum(square + square[row] - 2.0 * (points @ points[row]), 0.0)
        nearest = np.minimum(nearest, to_row)
        nearest[rows] = -1.0
    return Choice(rows=np.array(rows, dtype=np.int64), scores=np.array(scores))


def _nearest(points: FloatArray, known: FloatArray, square: FloatArray) -> FloatArray:
    """(n,) squared distance to the nearest known row, infinite without any."""
    found = np.full(len(points), np.inf)
    length = np.square(known, dtype=np.float64).sum(axis=1)
    for start in range(0, len(points), ROWS_AT_ONCE):
        block = slice(start, start + ROWS_AT_ONCE)
        for first in range(0, len(known), ROWS_AT_ONCE):
            part = slice(first, first + ROWS_AT_ONCE)
            between = square[block, None] + length[part] - 2.0 * (points[block] @ known[part].T)
            found[block] = np.minimum(found[block], between.min(axis=1))
    clipped: FloatArray = np.maximum(found, 0.0)
    return clipped
