"""How far a figure may be from the truth: 95 % intervals, always (low, high)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop.records import FloatArray

Z = 1.959963984540054
"""The 97.5 % point of the normal distribution."""
REPEATS = 1000

Array = NDArray[Any]


def wilson(hits: float, n: float) -> tuple[float, float] | None:
    """Score interval of a rate of `hits` in `n`, within 0..1; None for n = 0. Of a weighted sample: effective numbers.

    Wilson 1927, Probable inference, the law of succession, and statistical inference.
    """
    if n == 0:
        return None
    rate = hits / n
    centre = (rate + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * sqrt(rate * (1 - rate) / n + Z**2 / (4 * n**2))
    return (0.0 if hits == 0 else centre - half, 1.0 if hits == n else centre + half)


def bootstrap(
    function: Callable[..., FloatArray | float | None],
    arrays: Sequence[Array],
    *,
    rng: np.random.Generator,
    repeats: int = REPEATS,
) -> FloatArray:
    """Percentile interval of `function(*arrays)` when rows are drawn anew: (2, ...), low and high of each figure.

    arrays: all with the same n rows, resampled together. `function` may give one figure or an array of figures;
    None and NaN count as not defined in that resample and are left out. NaN where nothing was ever defined, and for
    n = 0. Efron and Tibshirani 1993, An introduction to the bootstrap, chapter 13.
    """
    n = len(arrays[0])
    if n == 0:
        return np.full(2, np.nan)
    figures = []
    for _ in range(repeats):
        rows = rng.integers(n, size=n)
        found = function(*(array[rows] for array in arrays))
        figures.append(np.asarray(np.nan if found is None else found, dtype=np.float64))
    return _percentiles(np.stack(figures))


def _percentiles(figures: FloatArray) -> FloatArray:
    """(repeats, ...) → (2, ...); columns without any figure stay NaN."""
    found = np.full((2, *figures.shape[1:]), np.nan)
    defined = ~np.isnan(figures).all(axis=0)
    if defined.any():
        found[:, defined] = np.nanpercentile(figures[:, defined], [2.5, 97.5], axis=0)
    return found
