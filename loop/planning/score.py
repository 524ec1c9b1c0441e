"""How good forecasts were: what was forecast ─► what came ─► share of intervals that held it, misses, interval score.

Beside them stands the cheapest forecast of all: "the same as now". A planner that does not beat it is of no use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

OUTSIDE = 0.1
"""What a 90 % interval may miss."""


@dataclass(frozen=True, slots=True)
class Came:
    """A forecast and what came."""

    round: int
    """After which it was made."""
    of_round: int
    """Whose model it spoke of."""
    error: float
    low: float
    high: float
    """90 % interval."""
    came: float
    """What was measured."""
    before: float
    """What was measured when the forecast was made."""

    @property
    def held(self) -> bool:
        """Whether the interval contained it."""
        return self.low <= self.came <= self.high


@dataclass(frozen=True, slots=True)
class Score:
    """How forecasts did; rates 0..1, the lower the better, but for `held`."""

    n: int
    held: int
    """How many intervals contained what came."""
    miss: float
    """Mean absolute error of the forecasts."""
    same_as_now: float
    """Mean absolute error of "the same as now"."""
    interval_score: float
    """Mean width, plus 2 / OUTSIDE times how far what came lies outside."""


def score(forecasts: Sequence[Came]) -> Score | None:
    """The record of these forecasts; None without any.

    Interval score: Gneiting and Raftery 2007, Strictly proper scoring rules, prediction, and estimation, section 6.2.
    """
    if not forecasts:
        return None
    error, low, high, came, before = np.array(
        [(one.error, one.low, one.high, one.came, one.before) for one in forecasts], dtype=np.float64
    ).T
    outside = np.maximum(low - came, 0) + np.maximum(came - high, 0)
    return Score(
        n=len(forecasts),
        held=sum(one.held for one in forecasts),
        miss=float(np.abs(error - came).mean()),
        same_as_now=float(np.abs(before - came).mean()),
        interval_score=float((high - low + 2 / OUTSIDE * outside).mean()),
    )
