"""Lives of weak spots → how they stand, their history round by round, and the commands people may use on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from dashboard import terms
from dashboard.safe import plain
from loop import formatting
from loop.ledger.lives import LifeRound, SpotEdit
from loop.records import FoundSlice
from loop.report import SpotTrend

STATES = ("open", "sent", "improving", "fixed", "reopened", "quiet")
"""In the order of a life; quiet ones were never weak."""
SIGNS = {"open": "O", "sent": "S", "improving": "I", "fixed": "F", "reopened": "R", "quiet": ""}
"""State → what is written into its field."""
HELP = {
    "open": "err more than the rest for sure, and nobody was asked since",
    "sent": "people have answered questions about them since they opened",
    "improving": "err less than when they opened, for sure",
    "fixed": "err no more than the rest, two rounds in a row",
    "reopened": "came back after they had improved or were fixed",
    "quiet": "were never worse than the rest",
}
ROWS = 14
"""So many spots have their history drawn."""
DONE = {"mute": "muted", "unmute": "heard of again", "split": "taken out again"}


def counts(trends: Sequence[SpotTrend]) -> dict[str, int]:
    """State → how many spots stand in it, mute ones aside; states in the order of a life."""
    found = Counter(trend.life.state for trend in trends if trend.life and not trend.spot.muted)
    return {state: found[state] for state in STATES if found[state]}


def marks(trend: SpotTrend) -> list[str]:
    """What people did to it, as words of the table."""
    found = ["mute"] if trend.spot.muted else []
    found += ["named"] if trend.named_by != "weakspot" else []
    return found + (["joins"] if trend.joins is not None else [])


def shown_first(trends: Sequence[SpotTrend]) -> SpotTrend:
    """The spot whose life is told at first: what came back in the newest round, else the most expected errors."""
    loud = [trend for trend in trends if not trend.spot.muted]
    return next((trend for trend in loud if trend.life and trend.life.alert), (loud or list(trends))[0])


def history(trends: Sequence[SpotTrend], lives: Sequence[LifeRound], *, most: int = ROWS) -> pd.DataFrame:
    """One row a spot and round: spot, name, round, state, sign, since, error, reason; of the `most` first that were
    ever weak, those that came back before the others.
    """
    weak = {row.life.spot for row in lives if row.life.state != "quiet"}
    first = sorted((one for one in trends if one.spot.id in weak), key=lambda one: not (one.life and one.life.alert))
    first = first[:most]
    names = {trend.spot.id: plain(trend.spot.name, longest=60) for trend in first}
    estimates = {trend.spot.id: trend.trend for trend in first}
    order = {spot: place for place, spot in enumerate(names)}
    rows = [
        {
            "place": order[row.life.spot],
            "spot": row.life.spot,
            "name": names[row.life.spot],
            "round": row.round,
            "state": row.life.state,
            "sign": SIGNS.get(row.life.state, ""),
            "error": _estimate(estimates[row.life.spot], row.round),
            "reason": plain(row.life.reason, longest=160),
        }
        for row in lives
        if row.life.spot in names
    ]
    return pd.DataFrame(rows, columns=["place", "spot", "name", "round", "state", "sign", "error", "reason"])


def _estimate(trend: Sequence[float | None], round_: int) -> str:
    return formatting.percent(trend[round_] if round_ < len(trend) else None, n=0)


def life(trend: SpotTrend, lives: Sequence[LifeRound]) -> pd.DataFrame:
    """One row a round of one spot: round, estimate, low, high, state, labels, removed, reason, rate, interval."""
    lived = {row.round: row.life for row in lives if row.life.spot == trend.spot.id}
    rows = [
        {
            "round": round_,
            "estimate": estimate,
            "low": low,
            "high": high,
            "state": now.state if (now := lived.get(round_)) else formatting.NOTHING,
            "labels": now.labels if now else None,
            "removed": formatting.NOTHING if now is None or now.removed is None else f"{now.removed:,.1f}",
            "reason": plain(now.reason) if now else "",
            "rate": formatting.percent(estimate, n=0),
            "interval": formatting.interval(low, high, n=0),
        }
        for round_, (estimate, (low, high)) in enumerate(zip(trend.trend, trend.ends, strict=True))
    ]
    columns = ["round", "estimate", "low", "high", "state", "labels", "removed", "reason", "rate", "interval"]
    return pd.DataFrame(rows, columns=columns)


def done(trend: SpotTrend, edits: Sequence[SpotEdit]) -> list[str]:
    """What people did to the spot, oldest first; not escaped."""
    said = []
    for edit in edits:
        if edit.spot != trend.spot.id:
            continue
        what = {"rename": f"called “{edit.value}”", "merge": f"made part of spot {edit.value}"}.get(
            edit.action, DONE.get(edit.action, edit.action)
        )
        why = f": {edit.why}" if edit.why else ""
        said.append(f"{edit.at[:10]} {what} by {terms.account(edit.by)}{why}")
    return said


def commands(trend: SpotTrend, others: Sequence[SpotTrend]) -> str:
    """What people may do to the spot; numbers alone, so that no text of data stands in a command."""
    number = trend.spot.id
    other = next((one.spot.id for one in others if one.spot.id != number), None)
    lines = [f'weakspot spots rename {number} "a better name"']
    lines.append(f'weakspot spots {"unmute" if trend.spot.muted else "mute"} {number} --why "..."')
    if trend.joins is not None:
        lines.append(f"weakspot spots split {number}")
    elif other is not None:
        lines.append(f"weakspot spots merge {number} {other}")
    return "\n".join(lines)


def slices(found: Sequence[FoundSlice]) -> pd.DataFrame:
    """One row a slice, most errors beyond the rest first."""
    rows = [
        {
            "Slice": plain(one.name, longest=120),
            "Error rate": 100 * one.rate,
            "95 % interval": formatting.interval(one.low, one.high, n=one.n),
            "Elsewhere": formatting.percent(one.rest, n=one.n),
            "Wrong": f"{one.errors:,} of {one.n:,}",
            "p (Holm)": formatting.p_value(one.p_value),
        }
        for one in found
    ]
    return pd.DataFrame(rows)
