"""Weak spots: a lasting partition of the data into regions, with names and error estimates.

embeddings ─► partition ─► centroids (fixed once) ─► assign ─► the region of any example, now and later
texts by region ─► name_spots: words           naming.py
labels, metadata, words ─► name_by_traits      spot_names.py, spot_labels.py, spot_slices.py
errors, corrections, confidence ─► estimate    estimates.py
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from loop.errors import DataError
from loop.records import FloatArray
from loop.selection.clusters import assign, k_means
from loop.selection.estimates import estimate
from loop.selection.naming import name_spots

__all__ = ["assign", "estimate", "how_many", "name_spots", "partition"]

FEWEST, MOST = 8, 60
"""Fewer regions say nothing, more cannot be read by people."""
FITTED_ON = 20_000
"""At most so many rows, drawn at random, decide where the centroids lie."""


def how_many(n: int) -> int:
    """Regions for n examples: the square root of n/2, between 8 and 60, and never more than n."""
    return min(n, max(FEWEST, min(MOST, round(sqrt(n / 2)))))


def partition(embeddings: FloatArray, *, rng: np.random.Generator) -> FloatArray:
    """(n, d) rows of length 1, may be memory-mapped → (s, d) float32 centroids; s is `how_many(n)`, less for doubles.

    k-means; each centroid keeps its row number as the id of its spot for ever. Raises DataError for n = 0.
    """
    n = len(embeddings)
    if n == 0:
        raise DataError("there is nothing to map", wanted="at least one example", do="add data to the pool")
    drawn = np.arange(n) if n <= FITTED_ON else np.sort(rng.choice(n, FITTED_ON, replace=False))
    return k_means(np.asarray(embeddings[drawn]), how_many(n), rng=rng)
