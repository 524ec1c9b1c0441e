"""A strategy asked about a part of the pool: view, rows ─► narrower view ─► Choice in rows of the whole view."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from loop.protocols import Choice, PoolView, Strategy
from loop.records import IntArray


def only(view: PoolView, rows: IntArray) -> PoolView:
    """The view of these candidates alone, in this order."""
    return replace(
        view,
        ids=tuple(view.ids[row] for row in rows.tolist()),
        embeddings=view.embeddings[rows],
        probabilities=None if view.probabilities is None else view.probabilities[rows],
        spots=view.spots[rows],
    )


def asked_too(view: PoolView, rows: IntArray) -> PoolView:
    """The view with these candidates also among what was asked, not settled yet; they stay candidates."""
    if not len(rows):
        return view
    unsettled = np.full(len(rows), -1, dtype=view.labelled.dtype)
    return replace(
        view,
        labelled_embeddings=np.concatenate([view.labelled_embeddings, view.embeddings[rows]]),
        labelled=np.concatenate([view.labelled, unsettled]),
    )


def among(strategy: Strategy, view: PoolView, rows: IntArray, *, budget: int, rng: np.random.Generator) -> Choice:
    """What the strategy picks when it sees these candidates only, as rows of the whole view."""
    found = strategy(only(view, rows), budget=budget, rng=rng)
    return replace(found, rows=rows[found.rows])


def joined(choices: list[Choice]) -> Choice:
    """One after the other; nothing for none."""
    if not choices:
        return Choice(rows=np.empty(0, dtype=np.int64), scores=np.empty(0))
    return Choice(
        rows=np.concatenate([choice.rows for choice in choices]),
        scores=np.concatenate([choice.scores for choice in choices]),
    )
