"""What becomes of weak spots: their lives, what people did to them, the slices found beside them.

Every function takes the open connection first, so that a caller can put several into one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from loop.ledger import schema
from loop.ledger.records import record
from loop.ledger.tables import upsert
from loop.records import FoundSlice, SpotLife

WEAKSPOT = "weakspot"
"""Who named a spot that no person named."""


@dataclass(frozen=True, slots=True)
class LifeRound:
    """A spot's life in one round."""

    round: int
    life: SpotLife


@dataclass(frozen=True, slots=True)
class SpotEdit:
    """What a person did to a spot."""

    spot: int
    action: str
    """"rename", "merge", "split", "mute" or "unmute"."""
    value: str
    """The new name, or the id of the spot it is part of now; else ""."""
    by: str
    why: str
    at: str


@dataclass(frozen=True, slots=True)
class NamedSpot:
    """A spot's identity."""

    id: int
    name: str
    named_by: str
    """WEAKSPOT or the person."""


def put_lives(connection: Connection, round_: int, lives: Iterable[SpotLife]) -> None:
    """Replaces the lives of a round."""
    connection.execute(delete(schema.spot_lives).where(schema.spot_lives.c.round == round_))
    rows = [{"round": round_, **{name: getattr(life, name) for name in SpotLife.__slots__}} for life in lives]
    upsert(connection, schema.spot_lives, rows)


def lives(connection: Connection, *, round_: int | None = None) -> tuple[LifeRound, ...]:
    """Lives by round and spot. A spot that is part of another one has none in that round."""
    query = select(schema.spot_lives).order_by(schema.spot_lives.c.round, schema.spot_lives.c.spot)
    if round_ is not None:
        query = query.where(schema.spot_lives.c.round == round_)
    rows = connection.execute(query).mappings()
    return tuple(record(LifeRound, row, life=record(SpotLife, row)) for row in rows)


def newest_lives(connection: Connection, *, before: int | None = None) -> dict[int, SpotLife]:
    """Spot → its newest life, of rounds before `before` when given."""
    return {row.life.spot: row.life for row in lives(connection) if before is None or row.round < before}


def named_spots(connection: Connection) -> tuple[NamedSpot, ...]:
    """Every spot by id, with its lasting name."""
    query = select(schema.spots.c.id, schema.spots.c.name, schema.spots.c.named_by).order_by(schema.spots.c.id)
    return tuple(record(NamedSpot, row) for row in connection.execute(query).mappings())


def add_edit(connection: Connection, edit: SpotEdit) -> None:
    """Appends what a person did; a new name is taken over at once."""
    connection.execute(insert(schema.spot_edits).values(**{name: getattr(edit, name) for name in SpotEdit.__slots__}))
    if edit.action == "rename":
        take_name(connection, edit.spot, edit.value, by=edit.by)


def take_name(connection: Connection, spot: int, name: str, *, by: str) -> None:
    """A name that a person gave: it stays until a person gives another one."""
    connection.execute(update(schema.spots).where(schema.spots.c.id == spot).values(name=name, named_by=by))


def edits(connection: Connection, *, before: str | None = None) -> tuple[SpotEdit, ...]:
    """Everything people did to spots, oldest first; only what was done before the moment `before` when given."""
    query = select(schema.spot_edits).order_by(schema.spot_edits.c.id)
    if before is not None:
        query = query.where(schema.spot_edits.c.at < before)
    rows = connection.execute(query).mappings()
    return tuple(record(SpotEdit, row) for row in rows)


def muted(edits: Iterable[SpotEdit]) -> frozenset[int]:
    """The spots that are mute after these edits."""
    last = {edit.spot: edit.action for edit in edits if edit.action in ("mute", "unmute")}
    return frozenset(spot for spot, action in last.items() if action == "mute")


def merged(edits: Iterable[SpotEdit]) -> dict[int, int]:
    """Spot → the spot it is part of after these edits, itself never part of another one."""
    last = {edit.spot: edit for edit in edits if edit.action in ("merge", "split")}
    into = {spot: int(edit.value) for spot, edit in last.items() if edit.action == "merge"}
    return {spot: _end(spot, into) for spot in into}


def put_found_slices(connection: Connection, round_: int, slices: Iterable[FoundSlice]) -> None:
    """Replaces the slices found in a round."""
    connection.execute(delete(schema.found_slices).where(schema.found_slices.c.round == round_))
    rows = [{"round": round_, **{name: getattr(one, name) for name in FoundSlice.__slots__}} for one in slices]
    upsert(connection, schema.found_slices, [{**row, "columns": dict(row["columns"])} for row in rows])


def found_slices(connection: Connection, *, round_: int) -> tuple[FoundSlice, ...]:
    """The slices found in a round, most errors beyond the rest first."""
    query = select(schema.found_slices).where(schema.found_slices.c.round == round_)
    rows = connection.execute(query.order_by(schema.found_slices.c.name)).mappings()
    found = [record(FoundSlice, row) for row in rows]
    return tuple(sorted(found, key=lambda one: (-(one.rate - one.rest) * one.n, one.name)))


def _end(spot: int, into: Mapping[int, int]) -> int:
    seen = {spot}
    while spot in into and into[spot] not in seen:
        spot = into[spot]
        seen.add(spot)
    return spot
