"""Rows about which several models of the same labels disagree.

labelled embeddings and labels ─► logistic heads, each with its own random weights ─► votes ─► their entropy ─► rows

Seung, Opper and Sompolinsky 1992, Query by committee; committees by resampling: Abe and Mamitsuka 1998, Query learning
strategies using boosting and bagging; vote entropy: Argamon-Engelson and Dagan 1999, Committee-based sample selection
for probabilistic classifiers. Votes, because the probabilities of heads on few labels are so flat that their divergence
tells mostly how large the logits are (banking77, 154 to 304 labels: error 9 points above random's, by votes 1).
The members are heads on the frozen embeddings in the place of several tuned models, which a strategy never sees.
"""

from __future__ import annotations

import numpy as np

from loop.protocols import Choice, PoolView
from loop.records import FloatArray
from loop.selection import uncertainty
from loop.selection.strategies.disagreement import mutual_information
from loop.selection.strategies.ranking import largest
from loop.selection.strategies.surrogate import heads
from loop.selection.wrappers.subsampling import subsampled

MEMBERS, TIES = 7, 1e-3


@subsampled()
def committee(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Examples on which a committee of heads, trained on the labels so far, disagrees most.

    scores: entropy of the votes in nats, raised by at most 0.001 where the consensus is a close call. Needs labels
    instead of a model; until two different labels are known there is nothing to disagree on, and it picks at random.
    """
    known = view.labelled >= 0
    if not known.any() or not len(view.ids):
        return largest(np.zeros(len(view.ids)), budget=budget, rng=rng)
    found = heads(view.labelled_embeddings[known], view.labelled[known], view.embeddings, count=MEMBERS, rng=rng)
    members = list(found)
    ties = TIES * uncertainty.margin(np.mean(members, axis=0))
    return largest(mutual_information(votes(one) for one in members) + ties, budget=budget, rng=rng)


def votes(probabilities: FloatArray) -> FloatArray:
    """(n, k) → (n, k) 1 for the guess, 0 elsewhere: of these mutual information is the entropy of the votes."""
    found: FloatArray = np.zeros(probabilities.shape)
    found[np.arange(len(probabilities)), probabilities.argmax(axis=1)] = 1.0
    return found
