"""Uneven classes: look for more of the labels of which few examples are known.

    labelled ─► labels with few examples ─► their examples (anchors) ─► nearest candidates of each ─► strategy ─► rows

After Lesci and Vlachos 2024, AnchorAL: computationally efficient active learning for large and imbalanced datasets,
and Coleman et al. 2022, Similarity search for efficient active learning and search of rare concepts (SEALS). Theirs
narrow by all labels; here only half of the batch is sought beside rare ones, so that what is unlike anything known is
still found.
"""

from __future__ import annotations

from functools import wraps

import numpy as np

from loop.protocols import Choice, PoolView, Strategy
from loop.records import FloatArray, IntArray
from loop.selection.strategies.basic import by_id
from loop.selection.strategies.weak_spots import weak_spots
from loop.selection.wrappers.subset import among, asked_too, joined

RARE = 0.5
"""A label is rare that has less than this share of the mean number of examples of the labels seen."""
ANCHORS = 10
"""At most so many examples of a rare label are looked around."""
NEIGHBOURS = 50
"""So many candidates around each of them are seen by the strategy."""
SHARE = 0.5
"""Of the batch, sought beside rare labels; the rest in the whole pool."""


def rare_classes(strategy: Strategy, *, share: float = SHARE, neighbours: int = NEIGHBOURS) -> Strategy:
    """The strategy with `share` (0..1) of its batch picked among the neighbours of rare labels.

    Where no label is rare, or nothing is labelled yet, it is the strategy itself. A label never seen cannot be sought.
    """

    @wraps(strategy)
    def balanced(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
        anchors = view.labelled_embeddings[_anchors(view.labelled, rng)]
        if not len(anchors) or not len(view.ids):
            return strategy(view, budget=budget, rng=rng)
        ordered = by_id(view)
        beside = ordered[_around(view.embeddings[ordered], anchors, neighbours)]
        wanted = min(budget, len(ordered))
        sought = among(strategy, view, beside, budget=min(round(share * wanted), len(beside)), rng=rng)
        rest = ordered[~np.isin(ordered, sought.rows)]
        whole = among(strategy, asked_too(view, sought.rows), rest, budget=wanted - len(sought.rows), rng=rng)
        return joined([sought, whole])

    return balanced


def rare(labelled: IntArray) -> IntArray:
    """The label columns seen, but seldom; -1 is nobody's label."""
    columns, counts = np.unique(labelled[labelled >= 0], return_counts=True)
    return columns[counts < RARE * counts.mean()] if len(columns) else columns


def rare_weak_spots(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """As weak_spots, with half of the batch sought beside the labels of which few examples are known.

    Where no label is rare it is weak_spots itself; works before the first model.
    """
    return _rare_weak_spots(view, budget=budget, rng=rng)


_rare_weak_spots = rare_classes(weak_spots)


def _anchors(labelled: IntArray, rng: np.random.Generator) -> IntArray:
    """Rows of labelled examples with rare labels, at most ANCHORS of each."""
    drawn = [rng.permutation(np.flatnonzero(labelled == column))[:ANCHORS] for column in rare(labelled).tolist()]
    return np.concatenate([np.empty(0, dtype=np.int64), *drawn])


def _around(points: FloatArray, anchors: FloatArray, neighbours: int) -> IntArray:
    """The places of the nearest points of each anchor, all together, in their order."""
    found = [np.argsort(-(points @ anchor), kind="stable")[:neighbours] for anchor in anchors]
    return np.unique(np.concatenate(found)).astype(np.int64)
