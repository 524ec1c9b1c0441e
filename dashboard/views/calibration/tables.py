"""Calibration → the reliability picture, error by coverage, and what may be accepted unseen."""

from __future__ import annotations

import pandas as pd

from loop import formatting
from loop.report import Calibration

GROUNDS = {"gold": "gold test", "audit": "random audit answers"}
FIRST_LIMIT = 0.05
"""The limit that has a card of its own."""


def bins(found: Calibration) -> pd.DataFrame:
    """One row a bin, from unsure to sure: says, right, low, high, n, apart and words for them."""
    rows = [
        {
            "says": one.confidence,
            "right": one.right,
            "low": one.low,
            "high": one.high,
            "n": one.n,
            "apart": "too sure" if one.confidence > one.high else "too unsure" if one.confidence < one.low else "fits",
            "says_told": formatting.percent(one.confidence, n=0),
            "told": formatting.percent(one.right, n=0),
            "interval": formatting.interval(one.low, one.high, n=0),
        }
        for one in found.bins
    ]
    return pd.DataFrame(rows, columns=["says", "right", "low", "high", "n", "apart", "says_told", "told", "interval"])


def coverage(found: Calibration) -> pd.DataFrame:
    """One row a coverage: coverage, threshold, error, low, high, n and words for them."""
    rows = [
        {
            "coverage": one.coverage,
            "threshold": one.threshold,
            "error": one.error,
            "low": one.low,
            "high": one.high,
            "n": one.n,
            "covers": formatting.percent(one.coverage, n=0),
            "from": f"{one.threshold:.3f}",
            "told": formatting.percent(one.error, n=one.n),
            "interval": formatting.interval(one.low, one.high, n=one.n),
        }
        for one in found.curve.points
    ]
    columns = ["coverage", "threshold", "error", "low", "high", "n", "covers", "from", "told", "interval"]
    return pd.DataFrame(rows, columns=columns)


def accept(found: Calibration) -> pd.DataFrame:
    """One row an error limit."""
    rows = [
        {
            "At most": f"{100 * one.most:g} % errors",
            "Accept from": formatting.NOTHING if one.threshold is None else f"{one.threshold:g}",
            "Covers": formatting.percent(one.share, n=0),
            "95 % interval": formatting.interval(one.share_low, one.share_high, n=0),
            "Seen wrong": formatting.NOTHING if one.threshold is None else f"{one.errors:,} of {one.n:,}",
            "Certainty": formatting.percent(one.certainty, n=0),
            "What is missing": one.reason,
        }
        for one in found.accept
    ]
    return pd.DataFrame(rows)


def sentences(found: Calibration) -> list[str]:
    """What may be accepted without a person, one sentence a limit that can be kept; its words are all our own."""
    said = []
    for one in found.accept:
        if one.threshold is None or one.share is None:
            continue
        certain = f"at {100 * one.certainty:g} % certainty"
        start = "Auto-accept everything" if one.threshold == 0 else f"Auto-accept above {one.threshold:g}"
        covers = (
            f"covers {formatting.percent(one.share, n=0)} ({formatting.interval(one.share_low, one.share_high, n=0)})"
        )
        said.append(f"{start}: at most {100 * one.most:g} % errors {certain}, {covers}")
    return said
