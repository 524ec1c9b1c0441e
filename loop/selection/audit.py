"""Which examples people are asked as an audit: at random, with known chances, more often where the model doubts.

    doubt of the reserve ─► size_measure ─► s_i ─┐
    lots u_i, fixed for good ────────────────────┴─► draw: the `count` smallest u_i / s_i not drawn before
                                                          │
                          threshold tau, the next u_i / s_i ─► chance of i by now: max(before, min(1, tau s_i))

An example is in the sample exactly when its lot lies below its chance, so that later rounds add to earlier ones and
the same answers serve every later estimate. Sequential Poisson sampling with permanent random numbers: Ohlsson 1998;
with the next value as threshold: priority sampling, Duffield, Lund and Thorup 2007; why a threshold taken from the
data leaves Horvitz and Thompson unbiased: Ting 2017, Adaptive threshold sampling.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loop.errors import DataError
from loop.records import FloatArray, IntArray

SURE = 0.01
"""No example is taken to be wrong, or right, with less than this chance: models err where they are sure."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What one round of the audit asks."""

    rows: IntArray
    """(b,) newly drawn, in the order of drawing."""
    inclusion: FloatArray
    """(N,) chance of having been drawn by now, 0..1."""


def size_measure(doubt: FloatArray) -> FloatArray:
    """(N,) error the model expects, 0..1 → (N,) how eagerly each is drawn: sqrt(p (1 - p)), from 0.1 to 0.5.

    The standard deviation of right and wrong, which is what Neyman 1934 allocates by; p is the doubt kept at least
    SURE away from 0 and from 1, so that sure examples are drawn too.
    """
    expected = np.clip(np.asarray(doubt, dtype=np.float64), SURE, 1.0 - SURE)
    sizes: FloatArray = np.sqrt(expected * (1.0 - expected))
    return sizes


def draw(lots: FloatArray, sizes: FloatArray, before: FloatArray, *, count: int) -> Drawn:
    """The next `count` examples, or all that are left.

    lots: (N,) between 0 and 1, all different, the same in every round. sizes: (N,) above 0, any scale; all equal: a
    plain random sample. before: (N,) chances after the round before, zeros at first; drawn so far are lots < before.
    The drawn are exactly lots < inclusion, and no chance falls. Horvitz and Thompson with these chances is unbiased
    over one and two rounds when `sizes` was not made from answers of the audit; over more to within simulation error.
    Raises DataError for lots or sizes out of range.
    """
    lots, sizes, before = (np.asarray(array, dtype=np.float64) for array in (lots, sizes, before))
    _check(lots, sizes)
    drawn = lots < before
    ratios = lots / sizes
    left = np.flatnonzero(~drawn)
    order = left[np.lexsort((lots[left], ratios[left]))]
    rows, rest = order[:count], order[count:]
    if not len(rows):
        return Drawn(rows=rows, inclusion=before)
    threshold = float(ratios[rest[0]]) if len(rest) else np.inf
    # The last threshold stands at its own lot: it is no longer random. For those drawn before, this round must look
    # as if it had been drawn with them in their stead (Ting's condition), else their chances are a little too high.
    edges = rest[lots[rest] == before[rest]]
    earlier = float(ratios[rows[-1]]) if len(edges) else threshold
    inclusion = np.maximum(before, np.minimum(1.0, np.where(drawn, earlier, threshold) * sizes))
    # Rounding must not move an example over the line.
    inclusion[rows] = np.maximum(inclusion[rows], np.nextafter(lots[rows], 1.0))
    inclusion[rest] = np.minimum(inclusion[rest], lots[rest])
    if len(rest):
        inclusion[rest[0]] = lots[rest[0]]
    return Drawn(rows=rows, inclusion=inclusion)


def _check(lots: FloatArray, sizes: FloatArray) -> None:
    if len(lots) and not (lots.min() > 0.0 and lots.max() < 1.0):
        raise DataError("a lot of the audit lies outside 0..1", wanted="every lot between 0 and 1, without the ends")
    if len(np.unique(lots)) < len(lots):
        raise DataError("two examples of the audit have the same lot", wanted="lots that are all different")
    if len(sizes) and not (np.isfinite(sizes).all() and sizes.min() > 0.0):
        raise DataError("an example of the audit could never be drawn", wanted="every size above 0 and finite")
