"""Curves of several seeds → figures with intervals (pure).

    accuracy (seeds, rounds) ─► mean and half width per round │ area under the curve, paired with random
    two such curves, a target ─► answers each needs ─► their ratio, with an interval over drawn seeds

A curve that begins above the target needs "at most" its first count, one that ends below it "more than" its last. So
the answers needed are an interval in themselves, and a ratio of two of them is one: 0 to infinity says nothing at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from loop.records import FloatArray, IntArray

REPEATS = 2000
FEWEST = 3
"""Values below which nothing is said of their spread: two may agree by chance, and then look certain."""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over seeds."""

    value: float
    half: float | None
    """Half width of Student's interval, 95 % unless said otherwise; None for fewer than FEWEST seeds."""

    @property
    def above_zero(self) -> bool:
        """Whether the whole interval lies above 0."""
        return self.half is not None and self.value - self.half > 0

    @property
    def below_zero(self) -> bool:
        """Whether the whole interval lies below 0."""
        return self.half is not None and self.value + self.half < 0


@dataclass(frozen=True, slots=True)
class Needed:
    """Answers that reach a target: somewhere from low to high; both are the same when the curve crosses it."""

    low: float
    high: float
    """Infinity when it was not reached."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """Answers needed, as a share of what random needs; below 1 is better than random."""

    low: float
    """Of the 95 % interval; 0 when nothing bounds it."""
    high: float
    """Infinity when nothing bounds it."""
    value: float | None
    """On the mean curves; None when either of them does not cross the target."""
    bound: str
    """What can be said of the value: "exact", "at most" (then `limit`), "at least" (then `limit`), "at once": both had
    the target with their first count already, or "unknown"."""
    limit: float | None

    @property
    def told(self) -> bool:
        """Whether anything is known of the value."""
        return self.bound not in ("at once", "unknown")


def mean(values: FloatArray, *, level: float = 0.95) -> Mean:
    """(s,) one figure of each seed → their mean with Student's interval. Raises ValueError for s = 0."""
    n = len(values)
    if n == 0:
        raise ValueError("a mean needs at least one value")
    if n < FEWEST:
        return Mean(float(values.mean()), None)
    half = student.ppf(0.5 + level / 2, n - 1) * values.std(ddof=1) / np.sqrt(n)
    return Mean(float(values.mean()), float(half))


def area(asked: IntArray, accuracy: FloatArray, *, low: float, high: float) -> FloatArray:
    """(s,) mean accuracy of each curve between `low` and `high` answers, 0..1: the area under it by its width.

    asked: (r,) ascending; accuracy: (s, r), straight between its points. low < high lie within `asked`.
    """
    inner = asked[(asked > low) & (asked < high)].astype(np.float64)
    places = np.concatenate([[low], inner, [high]])
    heights = np.array([np.interp(places, asked, one) for one in accuracy])
    found: FloatArray = np.trapezoid(heights, places, axis=1) / (high - low)
    return found


def needed(asked: IntArray, accuracy: FloatArray, target: float) -> Needed:
    """Where a curve first reaches the target, straight between its points.

    asked, accuracy: (r,).
    """
    reached = np.flatnonzero(accuracy >= target)
    if not len(reached):
        return Needed(float(asked[-1]), float("inf"))
    at = int(reached[0])
    if at == 0:
        return Needed(0.0, float(asked[0]))
    rise = (target - accuracy[at - 1]) / (accuracy[at] - accuracy[at - 1])
    crossed = float(asked[at - 1] + rise * (asked[at] - asked[at - 1]))
    return Needed(crossed, crossed)


def ratio(asked: IntArray, own: FloatArray, baseline: FloatArray, targets: FloatArray, *, seed: int = 0) -> Ratio:
    """Answers needed by `own` as a share of those `baseline` needs, on mean curves.

    own, baseline: (s, r) accuracy of the same seeds; targets: (s,) accuracy aimed at in each. The interval is the
    percentile bootstrap over seeds, drawn together for both curves: with few seeds it is too narrow (Efron and
    Tibshirani 1993, chapter 13).
    """
    s = len(own)
    point = _bounds(asked, own.mean(axis=0), baseline.mean(axis=0), float(targets.mean()))
    rng = np.random.default_rng(seed)
    drawn = np.unique(np.sort(rng.integers(0, s, size=(REPEATS, s)), axis=1), axis=0, return_counts=True)
    ends = np.array(
        [
            _bounds(asked, own[rows].mean(axis=0), baseline[rows].mean(axis=0), float(targets[rows].mean()))
            for rows in drawn[0]
        ]
    )
    low, high = _quantile(ends[:, 0], drawn[1], 0.025), _quantile(ends[:, 1], drawn[1], 0.975)
    if s < FEWEST:
        low, high = 0.0, float("inf")
    lowest, highest = point
    if lowest == highest:
        return Ratio(low, high, lowest, "exact", None)
    if np.isfinite(highest) and lowest == 0:
        return Ratio(low, high, None, "at most", highest)
    if lowest > 0 and not np.isfinite(highest):
        return Ratio(low, high, None, "at least", lowest)
    both = all(needed(asked, curve.mean(axis=0), float(targets.mean())).low == 0 for curve in (own, baseline))
    return Ratio(low, high, None, "at once" if both else "unknown", None)


def _bounds(asked: IntArray, own: FloatArray, baseline: FloatArray, target: float) -> tuple[float, float]:
    mine, theirs = needed(asked, own, target), needed(asked, baseline, target)
    low = 0.0 if not np.isfinite(theirs.high) else mine.low / theirs.high
    high = float("inf") if theirs.low == 0 else mine.high / theirs.low
    return low, high


def _quantile(values: FloatArray, counts: IntArray, share: float) -> float:
    """Of values that stand `counts` times each; never between two of them, which may be infinite."""
    order = np.argsort(values)
    place = np.searchsorted(np.cumsum(counts[order]), share * counts.sum())
    return float(values[order][min(int(place), len(values) - 1)])
