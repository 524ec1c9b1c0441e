"""What answers cost: seconds people took ─► pace ─► hours and money of a batch.

A labeling tool tells how long a question stood open, not how long somebody worked on it: one that was left open over
lunch says nothing about work. Such times are found and left out; they count as an answer of usual length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, sqrt

import numpy as np
from scipy.stats import t as student

HOUR = 3600.0
LEAST_S = 0.3
"""Nobody reads and answers in less: such a time was not recorded, or no person answered."""
FENCE = 3.0
"""So many deviations from the median, on the logarithm, a time may lie above it."""
LEAST_SPREAD = 0.5
"""Deviation of the logarithm at least: people who are all equally fast may still be held up once, up to 4.5 times."""
NORMAL = 1.4826
"""From the median absolute deviation to a normal distribution's standard deviation."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long people take for one answer, skipped questions included."""

    seconds: float
    """Mean."""
    low: float
    high: float
    """90 % interval of the mean, above 0."""
    n: int
    """Times it rests on."""
    left_open: int
    """Times left out: the question stood open for far longer than usual."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Expert time and money, each with a 90 % interval."""

    hours: float
    hours_low: float
    hours_high: float
    money: float | None
    """In the config's currency; None without a price."""
    money_low: float | None
    money_high: float | None


def pace(times: Sequence[float | None]) -> Pace | None:
    """The pace of answers, from their times in seconds; None when nobody's time was recorded.

    None and times below LEAST_S were not recorded. A time above exp(median + FENCE deviations) of the logarithms is
    left out, the deviation being the median absolute one (Leys et al. 2013, Detecting outliers: do not use standard
    deviation around the mean). The interval is Student's, on the logarithm of the mean.
    """
    known = np.array([time for time in times if time is not None and time >= LEAST_S], dtype=np.float64)
    if not len(known):
        return None
    logs = np.log(known)
    spread = max(NORMAL * float(np.median(np.abs(logs - np.median(logs)))), LEAST_SPREAD)
    kept = known[logs <= np.median(logs) + FENCE * spread]
    mean, n = float(kept.mean()), len(kept)
    # A single time tells nothing of the spread: the least one is assumed.
    relative = max(float(kept.std(ddof=1)) / mean, 1e-9) if n > 1 else LEAST_SPREAD
    off = float(student.ppf(0.95, max(n - 1, 1))) * relative / sqrt(n)
    return Pace(mean, mean * exp(-off), mean * exp(off), n, len(known) - n)


def cost(pace: Pace, answers: float, *, price: float | None) -> Cost:
    """What so many answers cost; price: of an hour. Every answer of a question counts when several people answer it."""
    low, mean, high = (answers * seconds / HOUR for seconds in (pace.low, pace.seconds, pace.high))
    money = (None, None, None) if price is None else (mean * price, low * price, high * price)
    return Cost(mean, low, high, *money)
