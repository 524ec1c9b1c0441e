"""Nearest centroids: the direction of each class's mean. The best that few labels a class can do, and linear.

On rows of length 1 the cosine to a centroid is one matrix product, so that it adds to a logistic head's logits and the
sum is one linear layer still (Snell et al. 2017, Prototypical Networks for Few-shot Learning).
"""

from __future__ import annotations

import numpy as np

from loop.models.recipes.representation import of_length_one
from loop.records import FloatArray, IntArray


def centroids(rows: FloatArray, labels: IntArray, *, classes: int, times: FloatArray) -> FloatArray:
    """(d, classes) float32: each class's mean of (m, d) rows, of length 1; 0 for a class without rows.

    times: (m,) how often each row counts.
    """
    sums = np.zeros((classes, rows.shape[1]), np.float32)
    np.add.at(sums, labels, rows * times[:, None])
    return of_length_one(sums).T


def held_out_cosines(
    rows: FloatArray, labels: IntArray, folds: IntArray, *, classes: int, times: FloatArray
) -> FloatArray:
    """(m, classes) float32 cosines of each row to the centroids of the other folds' rows; 0 in fold -1."""
    found = np.zeros((len(rows), classes), np.float32)
    for fold in np.unique(folds[folds >= 0]):
        held = folds == fold
        found[held] = rows[held] @ centroids(rows[~held], labels[~held], classes=classes, times=times[~held])
    return found
