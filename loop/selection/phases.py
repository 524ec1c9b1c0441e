"""When to trust the model's doubts: the phases of the default strategy, decided from what is labelled.

    settled labels, classes ─► few: COVER the pool │ enough, or names: UNSURE, far apart │ many: FINE, closer ─► Stage
    labels and their nearest neighbours ─► alike no more often than by chance: CLOSEST calls, however near each other

A head fitted on very few labels is unsure of whole classes at a time. A batch of its closest calls tilts it: on one
split of snips accuracy fell from 87 % with 25 labels to 79 % with 50, where covering on gave 91 %. Labels a class
are no good rule for it: 25 labels of snips are 3.6 a class, and with 77 classes doubts pay from one a class on.
With many labels a class a label speaks for less around it: what is left to learn lies between close neighbours.
Where the labels cut across what the encoder sees as alike, a label speaks for nothing around it, and picks far from
each other and from all labels are worse than random ones.
docs/default-strategy.md has the figures, and what was tried for later phases and did not pay.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from scipy.stats import binom

from loop.protocols import PoolView
from loop.records import FloatArray, IntArray

FEW = 40
"""With fewer settled labels than this the pool is covered, whatever the model doubts."""
PER_CLASS = 0.5
"""So too with fewer settled labels a class than this: most classes are not seen yet."""
MANY = 6.0
"""From so many settled labels a class on, picks may lie closer to each other and to what is labelled."""

ALPHA = 0.05
"""Significance level: without a p-value this low, a label is taken to say nothing of its neighbours."""
COMPARABLE = 20
"""With fewer labels there is no test."""
COMPARED = 2000
"""At most so many labels are compared with each other, evenly spaced among all."""


class Phase(Enum):
    """What a batch is for."""

    COVER = "cover"
    """Rows that stand for the pool: no model yet, or one that knows too little to be asked where it is weak."""
    UNSURE = "unsure"
    """Rows that stand for what the model is unsure of."""
    FINE = "fine"
    """The same in smaller neighbourhoods."""
    CLOSEST = "closest"
    """The closest calls, each for itself: neighbours have labels of their own."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A phase with its reason."""

    phase: Phase
    note: str
    """One sentence for people, for example 'Chosen to cover the pool: 25 labels so far, of 40.'"""


def stage(view: PoolView) -> Stage:
    """The phase this view is in. Answers that are not settled count for nothing.

    Few labels do not matter to a model that also rests on the names and descriptions of the labels: its uncertainty was
    as good a guide as covering or better from the first batch on (docs/default-strategy.md). Nor do they to one without
    any settled label, which is one that writes: what people say of its answers is no class.
    """
    settled = int((view.labelled >= 0).sum())
    if view.probabilities is None:
        return Stage(Phase.COVER, "Chosen to cover the pool: there is no model yet.")
    if settled == 0:
        return Stage(Phase.UNSURE, "Chosen for doubt, far from other picks.")
    if settled >= COMPARABLE and not neighbours_agree(view.labelled_embeddings, view.labelled):
        return Stage(
            Phase.CLOSEST, "Chosen as the closest calls: labels agree with the nearest ones no more than by chance."
        )
    wanted = enough(view.probabilities.shape[1])
    if settled < wanted and not view.uses_label_texts:
        return Stage(Phase.COVER, f"Chosen to cover the pool: {settled} labels so far, doubts count from {wanted} on.")
    a_class = settled / view.probabilities.shape[1]
    if a_class < MANY:
        return Stage(Phase.UNSURE, f"Chosen for doubt, far from other picks: {a_class:.1f} labels a class.")
    return Stage(Phase.FINE, f"Chosen for doubt, also near other picks: {a_class:.1f} labels a class.")


def enough(classes: int) -> int:
    """Settled labels from which the model's doubts steer."""
    return max(FEW, round(PER_CLASS * classes))


def neighbours_agree(embeddings: FloatArray, labels: IntArray) -> bool:
    """Whether the label nearest to a label is of its class more often than by chance.

    A one-sided binomial test of the accuracy of the nearest neighbour (Cover and Hart 1967), each label left out in
    turn. Labels of one class alone say nothing against it. embeddings: (m, d) rows of length 1. labels: (m,) columns,
    below 0: not settled.
    """
    settled = np.flatnonzero(labels >= 0)
    some = settled[np.linspace(0, len(settled) - 1, min(len(settled), COMPARED)).astype(np.int64)]
    points, own = np.asarray(embeddings[some], np.float32), labels[some]
    shares = np.bincount(own) / len(own)
    if shares.max() == 1:
        return True
    alike = points @ points.T
    np.fill_diagonal(alike, -np.inf)
    hits = int((own[alike.argmax(axis=1)] == own).sum())
    return bool(binom.sf(hits - 1, len(own), float(shares @ shares)) <= ALPHA)
