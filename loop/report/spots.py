"""Weak spots over rounds, and where each example lies on the map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loop.ledger import figures, people
from loop.records import FloatArray, IntArray, Spot
from loop.report.outcomes import Outcome, outcomes, wrong
from loop.report.view import View

PARTITION = "partition"
"""The artifact with regions and layout; written by loop.rounds.frozen."""


@dataclass(frozen=True, slots=True)
class SpotTrend:
    """A weak spot now, and how its estimate moved."""

    spot: Spot
    """As it stands in the newest round."""
    trend: tuple[float | None, ...]
    """Its estimate in each round, oldest first; None where not measured."""
    picks: int
    """How many questions were asked in it, in all rounds."""
    round: int


@dataclass(frozen=True, slots=True, eq=False)
class MapPoints:
    """n examples on the map; arrays in one row order."""

    ids: tuple[str, ...]
    places: FloatArray
    """(n, 2), each in -1..1."""
    spots: IntArray
    """(n,)"""
    splits: tuple[str, ...]
    """(n,) "pool", "seed", "gold", "labelled" or "asked"."""
    guesses: tuple[str | None, ...]
    """(n,) the champion's guess; None where it was not asked."""
    uncertainty: FloatArray
    """(n,) 1 - confidence; NaN where not scored."""
    wrong: tuple[bool | None, ...]
    """(n,) whether the guess differs from the known label; None where no label is known or no guess made."""


def spot_trends(view: View) -> tuple[SpotTrend, ...]:
    """Every spot, largest error mass first; without a model by size."""
    with view.project.ledger.read() as connection:
        rows = figures.spots(connection)
        picks = people.picks(connection)
    if not rows:
        return ()
    last = rows[-1].round
    estimates: dict[int, dict[int, float | None]] = {}
    for row in rows:
        estimates.setdefault(row.spot.id, {})[row.round] = row.spot.estimate
    asked = [pick.pick.spot for pick in picks]
    trends = [
        SpotTrend(
            spot=row.spot,
            trend=tuple(estimates[row.spot.id].get(round_) for round_ in range(last + 1)),
            picks=asked.count(row.spot.id),
            round=last,
        )
        for row in rows
        if row.round == last
    ]
    return tuple(sorted(trends, key=lambda t: (-(t.spot.error_mass or 0.0), -t.spot.size, t.spot.id)))


def map_points(view: View) -> MapPoints | None:
    """Every example on the map with the newest champion's guess; None before the first map."""
    artifacts, pool = view.project.artifacts, view.project.pool
    if not artifacts.has(PARTITION):
        return None
    folder = artifacts.open(PARTITION)
    ids = pool.ids()
    found = _outcomes(view)
    known = _known_labels(view)
    return MapPoints(
        ids=ids,
        places=np.load(folder / "layout.npy"),
        spots=np.load(folder / "regions.npy"),
        splits=_splits(view, ids),
        guesses=tuple(found[id_].guess if id_ in found else None for id_ in ids),
        uncertainty=np.array([_doubt(found.get(id_)) for id_ in ids]),
        wrong=tuple(wrong(id_, found[id_], known, free=view.free) if id_ in found else None for id_ in ids),
    )


def _doubt(outcome: Outcome | None) -> float:
    return float("nan") if outcome is None or outcome.confidence is None else 1 - outcome.confidence


def _splits(view: View, ids: tuple[str, ...]) -> tuple[str, ...]:
    with view.project.ledger.read() as connection:
        labelled = {label.example_id for label in people.labels(connection)}
        asked = people.asked(connection)
    split = dict(zip(view.project.pool.ids(), view.project.pool.splits(), strict=True))
    return tuple(
        "labelled" if id_ in labelled and split[id_] == "pool" else "asked" if id_ in asked else split[id_]
        for id_ in ids
    )


def _known_labels(view: View) -> dict[str, str]:
    with view.project.ledger.read() as connection:
        people_said = {label.example_id: label.label for label in people.labels(connection)}
    return {**view.project.pool.truth(), **people_said}


def _outcomes(view: View) -> dict[str, Outcome]:
    """The newest outcome of each example: of the pool from `score`, of gold, audit and dev from `evaluate`."""
    artifacts = view.project.artifacts
    with view.project.ledger.read() as connection:
        champion = figures.champion(connection)
    scored = [name for name in artifacts.names() if name.endswith("/score")]
    found: dict[str, Outcome] = {}
    for name in [*scored[-1:], *([f"rounds/{champion:03d}/evaluate"] if champion is not None else [])]:
        found.update(outcomes(artifacts.open(name)))
    return found
