"""Self-training: unlabelled texts that a head is surest of, as rows among the labelled ones, while labels are few.

    head of labels and label texts ─► guesses for the pool ─► the surest half of each class ─► rows of the final head

Scudder 1965, Probability of error of some adaptive pattern-recognition machines; Nigam et al. 2000, Text
classification from labeled and unlabeled documents using EM, from which the weight of the unlabelled texts comes: they
count for a fixed number of labelled ones, so that their say fades as labels come in. Where held-out labels are right
clearly less often with it, there is none; where there are too few to hold any out, confidences stay as high as without
it. What it is worth, and what else was tried, stands in docs/recipe.md.
"""

from __future__ import annotations

import numpy as np

from loop.records import FloatArray, IntArray

SHARE = 0.5
"""Of the texts that are guessed to be of a class, so many are taken, the surest first."""
TIMES = 4.0
"""How many labelled texts those of one class count for together."""
HEAVIEST = 0.2
"""None of them counts for more than this: classes that are guessed rarely are often guessed wrongly."""
UNTIL = 25.0
"""Labels a class from which there is no self-training."""
MOST = 4000
"""At most so many unlabelled texts are guessed, evenly spaced among all."""


def surest(logits: FloatArray) -> tuple[IntArray, IntArray]:
    """Positions of the texts that are taken, and the class each is taken for. logits: (u, k)."""
    guesses = logits.argmax(axis=1)
    shifted = logits - logits.max(axis=1, keepdims=True)
    unsure = np.exp(shifted).sum(axis=1)
    parts = []
    for column in np.unique(guesses):
        own = np.flatnonzero(guesses == column)
        parts.append(own[np.argsort(unsure[own], kind="stable")][: int(np.ceil(SHARE * len(own)))])
    rows = np.concatenate(parts) if parts else np.zeros(0, np.int64)
    return rows, guesses[rows]


def times(guesses: IntArray) -> FloatArray:
    """(g,) float32: how many labelled texts each of the taken ones counts for."""
    return np.minimum(TIMES / np.bincount(guesses)[guesses], HEAVIEST).astype(np.float32)


def taken(count: int) -> IntArray:
    """Positions of at most MOST of so many unlabelled texts, evenly spaced."""
    return np.linspace(0, count - 1, min(count, MOST)).astype(np.int64)
