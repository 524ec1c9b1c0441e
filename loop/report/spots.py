"""Weak spots over rounds, their lives, the slices beside them, and where each example lies on the map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from loop.artifact_names import PARTITION, artifact
from loop.ledger import figures, lives, people, progress
from loop.ledger.lives import LifeRound, SpotEdit
from loop.records import FloatArray, FoundSlice, IntArray, Spot, SpotLife
from loop.report.outcomes import Outcome, outcomes, wrong
from loop.report.view import View
from loop.step_folders import load_layout, load_regions

"""The artifact with regions and layout; written by loop.rounds.embeddings."""


@dataclass(frozen=True, slots=True)
class SpotTrend:
    """A weak spot now, how its estimate moved, and where it stands in its life; `spot.muted`: nobody speaks of it."""

    spot: Spot
    """As it stands in the newest round."""
    trend: tuple[float | None, ...]
    """Its estimate in each round, oldest first; None where not measured."""
    ends: tuple[tuple[float | None, float | None], ...]
    """The 95 % interval of each of these."""
    picks: int
    """How many questions were asked in it, in all rounds."""
    round: int
    life: SpotLife | None = None
    """State, since, reason, labels, removed, alert; None in rounds from before lives were kept."""
    named_by: str = "weakspot"
    """"weakspot" or the person."""
    joins: int | None = None
    """The spot it is part of from the next round on."""


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
    """Every spot, largest error mass first; without a model by size. What is part of another spot is left out."""
    with view.project.ledger.read() as connection:
        rows = figures.spots(connection)
        picks = people.picks(connection)
        named_by = {spot.id: spot.named_by for spot in lives.named_spots(connection)}
        joins = lives.merged(lives.edits(connection))
    if not rows:
        return ()
    merged, life_of = _parts(view, rows[-1].round), _lives(view, rows[-1].round)
    last = rows[-1].round
    seen: dict[int, dict[int, Spot]] = {}
    for row in rows:
        seen.setdefault(row.spot.id, {})[row.round] = row.spot
    asked = Counter(merged.get(spot, spot) for pick in picks if (spot := pick.pick.spot) is not None)
    trends = [
        SpotTrend(
            spot=row.spot,
            trend=tuple(one.estimate if one else None for one in _by_round(seen[row.spot.id], last)),
            ends=tuple((one.low, one.high) if one else (None, None) for one in _by_round(seen[row.spot.id], last)),
            picks=asked[row.spot.id],
            round=last,
            life=life_of.get(row.spot.id),
            named_by=named_by[row.spot.id],
            joins=joins.get(row.spot.id),
        )
        for row in rows
        if row.round == last and row.spot.id not in merged
    ]
    return tuple(sorted(trends, key=lambda t: (-(t.spot.error_mass or 0.0), -t.spot.size, t.spot.id)))


def life_rounds(view: View) -> tuple[LifeRound, ...]:
    """Where every spot stood in its life, round by round; by round and spot."""
    with view.project.ledger.read() as connection:
        return lives.lives(connection)


def spot_edits(view: View) -> tuple[SpotEdit, ...]:
    """What people did to spots, oldest first."""
    with view.project.ledger.read() as connection:
        return lives.edits(connection)


def spot_alerts(view: View) -> tuple[SpotTrend, ...]:
    """The spots that came back in the newest round, mute ones aside; largest error mass first."""
    return tuple(row for row in spot_trends(view) if row.life and row.life.alert and not row.spot.muted)


def found_slices(view: View) -> tuple[FoundSlice, ...]:
    """Metadata slices where the newest mapped model errs more than elsewhere; most errors beyond the rest first."""
    with view.project.ledger.read() as connection:
        newest = _newest(connection)
        return () if newest is None else lives.found_slices(connection, round_=newest)


def regions(view: View) -> IntArray | None:
    """(n,) the spot of each example in the order of `pool.ids()`, as merged in the newest round; None before a map."""
    artifacts = view.project.artifacts
    if not artifacts.has(PARTITION):
        return None
    found = np.array(load_regions(artifacts.open(PARTITION), view.project.pool.rows))
    with view.project.ledger.read() as connection:
        newest = _newest(connection)
    for part, whole in ({} if newest is None else _parts(view, newest)).items():
        found[found == part] = whole
    return found


def map_points(view: View) -> MapPoints | None:
    """Every example on the map with the newest champion's guess; None before the first map."""
    artifacts, pool = view.project.artifacts, view.project.pool
    found_regions = regions(view)
    if found_regions is None:
        return None
    folder = artifacts.open(PARTITION)
    ids = pool.ids()
    found = _outcomes(view)
    known = _known_labels(view)
    return MapPoints(
        ids=ids,
        places=load_layout(folder, len(ids)),
        spots=found_regions,
        splits=_splits(view, ids),
        guesses=tuple(found[id_].guess if id_ in found else None for id_ in ids),
        uncertainty=np.array([_doubt(found.get(id_)) for id_ in ids]),
        wrong=tuple(wrong(id_, found[id_], known, free=view.free) if id_ in found else None for id_ in ids),
    )


def _newest(connection: Connection) -> int | None:
    """The newest round that has spots, without reading those of all rounds."""
    rounds = (row.round for row in reversed(progress.rounds(connection)))
    return next((round_ for round_ in rounds if figures.spots(connection, round_=round_)), None)


def _by_round(of: Mapping[int, Spot], last: int) -> Iterator[Spot | None]:
    return (of.get(round_) for round_ in range(last + 1))


def _parts(view: View, round_: int) -> dict[int, int]:
    """Spot → the spot it was part of in that round: merges hold from the round on that began after them."""
    with view.project.ledger.read() as connection:
        began = {row.round: row.started_at for row in progress.rounds(connection)}
        return lives.merged(lives.edits(connection, before=began.get(round_)))


def _lives(view: View, round_: int) -> dict[int, SpotLife]:
    with view.project.ledger.read() as connection:
        return {row.life.spot: row.life for row in lives.lives(connection, round_=round_)}


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
    for name in [*scored[-1:], *([artifact(champion, "evaluate")] if champion is not None else [])]:
        found.update(outcomes(artifacts.open(name)))
    return found
