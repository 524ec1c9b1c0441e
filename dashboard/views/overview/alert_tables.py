"""What must be seen first: spots that came back, a model that was held back, texts kept out of training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loop.ledger.figures import Decision
from loop.report import LeakCounts, SpotTrend

NAMED = 3
"""So many spots that came back have a line of their own."""
LONGEST = 700
"""So many characters of a reason are told."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to look at. Names and reasons are of the data: escape them."""

    kind: str
    """"reopened", "held" or "leaks"."""
    head: str
    about: str
    spot: int | None = None
    """Of "reopened"."""


def alerts(decisions: Sequence[Decision], trends: Sequence[SpotTrend], leaks: LeakCounts) -> tuple[Alert, ...]:
    """In the order of worth; empty when all is well. trends: most expected errors first."""
    return (*_reopened(trends), *_held(decisions), *_leaks(leaks))


def _reopened(trends: Sequence[SpotTrend]) -> list[Alert]:
    back = [trend for trend in trends if trend.life and trend.life.alert and not trend.spot.muted]
    found = [
        Alert("reopened", f"Weak spot “{trend.spot.name}” is back", trend.life.reason, trend.spot.id)
        for trend in back[:NAMED]
        if trend.life
    ]
    more = len(back) - len(found)
    return [*found, Alert("reopened", f"{more} more weak spots are back", "")] if more else found


def _held(decisions: Sequence[Decision]) -> list[Alert]:
    """The newest model, when the gate held it and nobody has promoted it since."""
    newest = next((one for one in reversed(decisions) if one.by == "gate"), None)
    if newest is None or newest.action != "hold" or decisions[-1] is not newest:
        return []
    stays = "" if newest.champion_round is None else f"; that of round {newest.champion_round} stays"
    return [Alert("held", f"The model of round {newest.model_round} was held back{stays}", newest.reason)]


def _leaks(found: LeakCounts) -> list[Alert]:
    counts = [
        f"{count:,} {'text' if count == 1 else 'texts'} {words}"
        for count, words in ((found.kept_out, "kept out of training"), (found.quarantined, "set aside at init"))
        if count
    ]
    if not counts:
        return []
    return [Alert("leaks", " and ".join(counts), "They stand, nearly or exactly, among what measures the model.")]
