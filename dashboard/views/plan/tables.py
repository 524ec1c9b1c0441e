"""Plan → the learning curve with what is expected, the stopping rules, forecasts beside what came."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dashboard.safe import plain
from loop import formatting
from loop.report.plan import Plan, Point

RULES = {"target": "Target reached", "gain": "Gain too small", "stability": "Models agree", "budget": "Budget used up"}
"""Ruling.rule → what it means when it holds."""
MEASURED, NEXT, THEN = "measured", "next model", "after the next answers"
CURVE = ("labels", "error", "low", "high", "n", "what", "rate", "interval", "sure")
RECORD = ("round", "error", "low", "high", "came", "held", "forecast", "interval", "told", "off")


def curve(points: Sequence[Point], found: Plan) -> pd.DataFrame:
    """One row a measured round and a model to come, by labels: CURVE."""
    rows = [_row(one.labels, one.error, one.low, one.high, MEASURED, n=one.n) for one in points]
    for ahead, what in ((found.soon, NEXT), (found.then, THEN)):
        if ahead is not None:
            rows.append(_row(ahead.labels, ahead.error.error, ahead.error.low, ahead.error.high, what))
    return pd.DataFrame(rows, columns=list(CURVE))


def _row(labels: int, error: float, low: float, high: float, what: str, *, n: float | None = None) -> dict[str, object]:
    return {
        "labels": labels,
        "error": error,
        "low": low,
        "high": high,
        "n": n,
        "what": what,
        "rate": formatting.percent(error),
        "interval": formatting.interval(low, high),
        "sure": "95 %" if what == MEASURED else "90 %",
    }


def rules(found: Plan) -> pd.DataFrame:
    """One row a stopping rule."""
    return pd.DataFrame(
        [
            {
                "Rule": RULES.get(one.rule, plain(one.rule)),
                "State": ["holds"] if one.holds else ["not yet"],
                "Why": plain(one.words),
                "Ends the run": "yes" if one.rule in found.stop else "no",
            }
            for one in found.rules
        ]
    )


def record(found: Plan) -> pd.DataFrame:
    """One row a forecast whose round was measured since, oldest first: RECORD."""
    rows = [
        {
            "round": one.of_round,
            "error": one.error,
            "low": one.low,
            "high": one.high,
            "came": one.came,
            "held": "inside" if one.held else "outside",
            "forecast": formatting.percent(one.error),
            "interval": formatting.interval(one.low, one.high),
            "told": formatting.percent(one.came),
            "off": formatting.points(one.came - one.error),
        }
        for one in found.record
    ]
    return pd.DataFrame(rows, columns=list(RECORD))


def to_target(found: Plan) -> tuple[str, str]:
    """The rounds that are left, and what stands below them on the card."""
    if found.target is None:
        return formatting.NOTHING, "no target is set"
    target = f"target {100 * found.target:g} %"
    if found.rounds_to_target is None:
        return formatting.NOTHING, target
    best, low, high = found.rounds_to_target
    if high == 0:
        return "reached", target
    ends = f"{low} to {high}" if low is not None and high is not None else "more" if low is None else f"{low} or more"
    told = "not soon" if best is None else "0?" if best == 0 else str(best)
    return told, f"{ends}; {target}"
