"""Rows about which thinned copies of the model disagree.

view ─► linear stand-in ─► passes, each without a random third of the features ─► mutual information ─► rows

Houlsby et al. 2011, Bayesian active learning for classification and preference learning; dropout as posterior: Gal and
Ghahramani 2016, Dropout as a Bayesian approximation; Gal, Islam and Ghahramani 2017, Deep Bayesian active learning with
image data. Theirs drop units of the network itself; here features of a linear stand-in for it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from loop.protocols import Choice, PoolView
from loop.records import FloatArray
from loop.selection.menu.disagreement import mutual_information
from loop.selection.menu.ranking import largest
from loop.selection.menu.stand_in import StandIn, imitated
from loop.selection.strategies import needs_model
from loop.selection.wrappers.subsampling import subsampled

PASSES, DROPOUT = 20, 0.3


@subsampled()
def bald(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Examples on which randomly thinned copies of the model disagree most (MC dropout).

    scores: mutual information in nats, 0 to log k. Raises DataError before the first model.
    """
    probabilities = needs_model(view, "bald")
    if not len(view.ids):
        return largest(np.empty(0), budget=budget, rng=rng)
    points = np.asarray(view.embeddings, dtype=np.float32)
    passes = _passes(imitated(points, probabilities), points, rng)
    return largest(mutual_information(passes), budget=budget, rng=rng)


def _passes(model: StandIn, points: FloatArray, rng: np.random.Generator) -> Iterator[FloatArray]:
    """One mask a pass, shared by all rows: a pass is one draw of a model."""
    for _ in range(PASSES):
        kept = (rng.random(points.shape[1]) >= DROPOUT) / np.float32(1.0 - DROPOUT)
        yield StandIn(weights=model.weights * kept[:, None].astype(np.float32), bias=model.bias).probabilities(points)
