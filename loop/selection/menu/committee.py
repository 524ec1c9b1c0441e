"""Rows about which several models of the same labels disagree.

labelled embeddings and labels ─► logistic heads, each with its own random weights ─► divergence from their mean ─► rows

Seung, Opper and Sompolinsky 1992, Query by committee; committees by resampling: Abe and Mamitsuka 1998, Query learning
strategies using boosting and bagging; divergence: McCallum and Nigam 1998, Employing EM and pool-based active learning.
The members are heads on the frozen embeddings in the place of several tuned models, which a strategy never sees.
"""

from __future__ import annotations

import numpy as np

from loop.protocols import Choice, PoolView
from loop.selection.menu.disagreement import mutual_information
from loop.selection.menu.ranking import largest
from loop.selection.menu.stand_in import heads
from loop.selection.wrappers.subsampling import subsampled

MEMBERS = 7


@subsampled()
def committee(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Examples on which a committee of heads, trained on the labels so far, disagrees most.

    scores: mean divergence of a member from the consensus in nats. Needs labels instead of a model; until two different
    labels are known there is nothing to disagree on, and it picks at random.
    """
    known = view.labelled >= 0
    if not known.any() or not len(view.ids):
        return largest(np.zeros(len(view.ids)), budget=budget, rng=rng)
    members = heads(view.labelled_embeddings[known], view.labelled[known], view.embeddings, count=MEMBERS, rng=rng)
    return largest(mutual_information(members), budget=budget, rng=rng)
