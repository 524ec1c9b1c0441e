"""From a measure per row to picks: the largest first, ties at random."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from loop.protocols import Choice
from loop.records import FloatArray, IntArray


def largest(measure: FloatArray, *, budget: int, rng: np.random.Generator) -> Choice:
    """(n,) measure, 0 or more → the rows with the largest, their measure as score; equal ones in random order."""
    lots = rng.permutation(len(measure))
    rows = np.lexsort((lots, -measure))[:budget].astype(np.int64)
    return Choice(rows=rows, scores=measure[rows].astype(np.float64))


def completed(rows: Iterable[int], n: int, *, budget: int, rng: np.random.Generator) -> IntArray:
    """min(budget, n) different rows: those given, in their order, then others at random."""
    found = list(dict.fromkeys(rows))[:budget]
    if len(found) < min(budget, n):
        rest = np.setdiff1d(np.arange(n), found)
        found += rng.permutation(rest)[: budget - len(found)].tolist()
    return np.array(found, dtype=np.int64)


def unscored(rows: IntArray) -> Choice:
    """A choice of rows that the rule has no measure for."""
    return Choice(rows=rows, scores=np.full(len(rows), np.nan))
