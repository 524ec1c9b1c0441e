"""How many labels picking saves: the smallest count of picked answers that is as good as m random ones (pure).

counts / m, accuracy less that of m random answers, its interval ─► where each curve comes up to 0 ─► 1 - count / m
"""

from __future__ import annotations

import numpy as np

from loop.records import FloatArray


def saved(
    shares: FloatArray, differences: FloatArray, low: FloatArray, high: FloatArray, *, place: int
) -> tuple[float | None, float | None, float | None]:
    """Share of labels saved with its interval: where the curve of differences, and its two edges, come up to 0.

    shares: (c,) counts of picked answers as shares of m, rising. differences, low, high: (c,) accuracy with so many
    picked answers less that with m random ones, and its 95 % interval. place: where the share is 1. Returns (value,
    low end, high end), None for what is beyond the shares. All counts whose difference cannot be told from 0 are in the
    interval (Fieller 1954, Some problems in interval estimation). It agrees with the verdict: an edge that is not above
    0 at m is sought beyond m.
    """
    most = _reached(shares, high, start=place + 1 if high[place] < 0 else 0)
    least = _reached(shares, low, start=place + 1 if low[place] <= 0 else 0)
    middle = _reached(shares, _rising(differences), start=0)
    ends = [None if share is None else 1 - share for share in (least, most)]
    if middle is None:
        return None, ends[0], ends[1]
    inside = np.clip(middle, most if most is not None else middle, least if least is not None else middle)
    return 1 - float(inside), ends[0], ends[1]


def _reached(shares: FloatArray, curve: FloatArray, *, start: int) -> float | None:
    """The first share from `start` on where the curve is 0 or more, between two counts by a straight line."""
    above = np.flatnonzero(curve[start:] >= 0) + start
    if not len(above):
        return None
    at = int(above[0])
    if at == 0 or curve[at - 1] >= 0:
        return float(shares[at])
    part = curve[at - 1] / (curve[at - 1] - curve[at])
    return float(shares[at - 1] + part * (shares[at] - shares[at - 1]))


def _rising(values: FloatArray) -> FloatArray:
    """The nearest curve that never falls (isotonic regression)."""
    from scipy.optimize import isotonic_regression

    return np.asarray(isotonic_regression(values).x)
