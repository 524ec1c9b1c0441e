"""Rows whose guess flips when features are dropped, spread over clusters.

    view ─► linear stand-in ─► guesses without 3/4 of the features ─► rows that flip in most passes ─► k-means ─► rows

Gupte et al. 2024, Revisiting active learning in the era of vision foundation models (DropQuery), with their dropout and
passes. Theirs puts the thinned embedding through the model's own head; here through a linear stand-in for it.
"""

from __future__ import annotations

import numpy as np

from loop.protocols import Choice, PoolView
from loop.records import FloatArray
from loop.selection.strategies.basic import needs_model
from loop.selection.strategies.k_means import central
from loop.selection.strategies.ranking import completed, largest
from loop.selection.strategies.surrogate import StandIn, imitated
from loop.selection.wrappers.subsampling import subsampled

PASSES, DROPOUT = 3, 0.75
OFTEN = 0.5
"""Rows that flip in more than this share of the passes are candidates."""
ROWS_AT_ONCE = 4096


@subsampled(portion=500)
def drop_query(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Examples whose guess flips when part of what the model sees is hidden, each from another group.

    scores: share of passes in which the guess flips, 0..1. Raises DataError before the first model.
    """
    probabilities = needs_model(view, "drop_query")
    if not len(view.ids):
        return largest(np.empty(0), budget=budget, rng=rng)
    points = np.asarray(view.embeddings, dtype=np.float32)
    rate = flip_rate(imitated(points, probabilities), points, rng=rng)
    most = largest(rate, budget=max(budget, int((rate > OFTEN).sum())), rng=rng).rows
    middle = most[central(points[most], budget, rng=rng)]
    rows = completed([*middle.tolist(), *most.tolist()], len(points), budget=budget, rng=rng)
    return Choice(rows=rows, scores=rate[rows])


def flip_rate(model: StandIn, points: FloatArray, *, rng: np.random.Generator) -> FloatArray:
    """(n, d) → (n,) share of passes in which the guess changes, each row with a mask of its own."""
    found = np.empty(len(points))
    for start in range(0, len(points), ROWS_AT_ONCE):
        block = points[start : start + ROWS_AT_ONCE]
        guess = model.logits(block).argmax(axis=1)
        flips = np.zeros(len(block))
        for _ in range(PASSES):
            kept = rng.random(block.shape, dtype=np.float32) >= DROPOUT
            flips += model.logits(block * kept / np.float32(1.0 - DROPOUT)).argmax(axis=1) != guess
        found[start : start + len(block)] = flips / PASSES
    return found
