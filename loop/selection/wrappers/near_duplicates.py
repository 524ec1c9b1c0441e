"""No near-duplicate is asked while anything else is left: neither of what was asked before, nor within the batch.

candidates that are no twin of anything asked ─► strategy ─► picks less twins among them ─► again until all is picked
"""

from __future__ import annotations

from functools import wraps

import numpy as np
from numpy.typing import NDArray

from loop.protocols import Choice, PoolView, Strategy
from loop.records import FloatArray, IntArray
from loop.selection.strategies.basic import by_id
from loop.selection.wrappers.subset import among, asked_too, joined

TWIN = 0.97
"""Rows at least this similar (cosine) are near-duplicates."""
ROWS_AT_ONCE = 4096


def without_near_duplicates(strategy: Strategy, *, similarity: float = TWIN) -> Strategy:
    """The strategy among candidates less similar (cosine, 0..1) than `similarity` to all asked and picked ones.

    When only near-duplicates are left, the strategy picks among them: the batch is always full.
    """

    @wraps(strategy)
    def filtered(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
        ordered = by_id(view)
        wanted = min(budget, len(ordered))
        fresh = ordered[~near(view.embeddings, ordered, view.labelled_embeddings, similarity=similarity)]
        found: list[Choice] = []
        taken: IntArray = ordered[:0]
        while len(fresh) and len(taken) < wanted:
            choice = among(strategy, asked_too(view, taken), fresh, budget=wanted - len(taken), rng=rng)
            kept = _kept(view.embeddings, choice.rows, similarity)
            found.append(Choice(rows=choice.rows[kept], scores=choice.scores[kept]))
            taken = np.concatenate([taken, choice.rows[kept]])
            fresh = fresh[~near(view.embeddings, fresh, view.embeddings[choice.rows[kept]], similarity=similarity)]
            fresh = fresh[~np.isin(fresh, taken)]
        rest = ordered[~np.isin(ordered, taken)]
        if len(taken) < wanted:
            found.append(among(strategy, asked_too(view, taken), rest, budget=wanted - len(taken), rng=rng))
        return joined(found)

    return filtered


def near(embeddings: FloatArray, rows: IntArray, known: FloatArray, *, similarity: float) -> NDArray[np.bool_]:
    """(len(rows),) whether a row is at least so similar to any of the `known` ones; rows of length 1."""
    found = np.zeros(len(rows), dtype=np.bool_)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        block = embeddings[rows[start : start + ROWS_AT_ONCE]]
        for first in range(0, len(known), ROWS_AT_ONCE):
            hits = (block @ known[first : first + ROWS_AT_ONCE].T >= similarity).any(axis=1)
            found[start : start + len(block)] |= hits
    return found


def _kept(embeddings: FloatArray, rows: IntArray, similarity: float) -> IntArray:
    """Places of the rows that are no twin of one kept before them."""
    points = embeddings[rows]
    kept: list[int] = []
    for place in range(len(rows)):
        if not kept or (points[kept] @ points[place]).max() < similarity:
            kept.append(place)
    return np.array(kept, dtype=np.int64)
