"""Rows that lie near as much as possible of what the model is unsure about.

    margin uncertainty as weight, reach from how dense the labelled examples lie ─► greedy coverage ─► rows

Bae et al. 2025, Uncertainty herding: one active learning method for all label budgets. Theirs tempers the probabilities
by cross-validation and shrinks the kernel as labels grow; the view's probabilities are calibrated already, and the
reach here is the median distance between a labelled example and the nearest other one, at most 1.
`weak_spots` is the same idea with a fixed reach, squared weights, the weakest rows as candidates and no twins.
"""

from __future__ import annotations

import numpy as np

from loop.protocols import Choice, PoolView
from loop.records import FloatArray
from loop.selection import uncertainty
from loop.selection.herding import herd
from loop.selection.strategies.basic import needs_model
from loop.selection.wrappers.subsampling import subsampled

NARROWEST, WIDEST = 0.2, 1.0
LOOKED_AT = 2000
"""At most so many labelled examples, the first ones in the view, decide the reach."""


@subsampled()
def uncertainty_herding(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Examples that together lie near as much as possible of what the model is unsure about.

    scores: margin uncertainty, 0..1. Of a large pool some thousand candidates drawn at random are looked at.
    Raises DataError before the first model.
    """
    unsure = uncertainty.margin(needs_model(view, "uncertainty_herding"))
    rows = herd(
        view.embeddings,
        rng.permutation(len(unsure)),
        view.labelled_embeddings,
        budget=budget,
        bandwidth=reach(view.labelled_embeddings[:LOOKED_AT]),
        weights=unsure,
    )
    return Choice(rows=rows, scores=unsure[rows])


def reach(known: FloatArray) -> float:
    """(m, d) rows of length 1 → median distance to the nearest other row, from 0.2 to 1; 1 for fewer than two rows."""
    if len(known) < 2:
        return WIDEST
    similarity = known @ known.T
    np.fill_diagonal(similarity, -1.0)
    apart = np.sqrt(np.maximum(2.0 - 2.0 * similarity.max(axis=1), 0.0))
    return float(np.clip(np.median(apart), NARROWEST, WIDEST))
