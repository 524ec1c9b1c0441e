"""Models, decisions, measurements and spots: how good it is and what was decided.

Every function takes the open connection first, so that a caller can put several into one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select

from loop.ledger import lives, schema
from loop.ledger.records import record
from loop.ledger.tables import upsert
from loop.records import Comparison, Measurement, SliceComparison, Spot, Veto


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One tuned model and what it was made from."""

    round: int
    artifact: str
    """Name of the checkpoint in the artifacts."""
    base: str
    tuning: str
    seed: int
    train_n: int
    dev_n: int
    labels_digest: str
    """Hash of the training and dev labels."""
    temperature: float
    training: Mapping[str, Any]
    """The trainer's report."""
    created_at: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A promotion, a hold, or a move by hand."""

    round: int
    model_round: int
    """The model that was judged or moved to."""
    champion_round: int | None
    """The champion before."""
    action: str
    """"promote", "hold", "promote_by_hand" or "rollback"."""
    by: str
    """"gate" or the person."""
    reason: str
    comparison: Comparison | None
    at: str
    told: str = ""
    """"better", "worse" or "cannot tell"; "" without a comparison."""
    vetoes: tuple[Veto, ...] = ()
    """Why it was held."""
    slices: tuple[SliceComparison, ...] = ()
    """Everything the gate watched beside the whole."""


@dataclass(frozen=True, slots=True)
class SpotRound:
    """A spot in one round."""

    round: int
    spot: Spot


def add_model(connection: Connection, row: ModelRow) -> None:
    """Notes a tuned model."""
    upsert(connection, schema.models, [{name: getattr(row, name) for name in ModelRow.__slots__}])


def models(connection: Connection) -> tuple[ModelRow, ...]:
    """All tuned models, oldest first."""
    rows = connection.execute(select(schema.models).order_by(schema.models.c.round)).mappings()
    return tuple(record(ModelRow, row) for row in rows)


def decide(connection: Connection, decision: Decision) -> None:
    """Appends a decision."""
    values = {name: getattr(decision, name) for name in Decision.__slots__}
    comparison = asdict(decision.comparison) if decision.comparison else None
    parts = {name: [asdict(one) for one in getattr(decision, name)] for name in ("vetoes", "slices")}
    connection.execute(insert(schema.decisions).values(**{**values, "comparison": comparison, **parts}))


def decisions(connection: Connection) -> tuple[Decision, ...]:
    """All decisions in the order they were made."""
    rows = connection.execute(select(schema.decisions).order_by(schema.decisions.c.id)).mappings()
    return tuple(record(Decision, row) for row in rows)


def champion(connection: Connection) -> int | None:
    """The round whose model is the champion now; None before the first promotion."""
    moves = [row for row in decisions(connection) if row.action != "hold"]
    return moves[-1].model_round if moves else None


def succession(connection: Connection) -> tuple[int, ...]:
    """Rounds of the champions one after the other, the present one last; a rollback takes away what came after.

    A round stands there twice when it was made the champion twice.
    """
    line: list[int] = []
    for row in decisions(connection):
        if row.action == "rollback" and row.model_round in line:
            while line[-1] != row.model_round:
                line.pop()
        elif row.action != "hold" and line[-1:] != [row.model_round]:
            line.append(row.model_round)
    return tuple(line)


def put_measurements(connection: Connection, round_: int, rows: Iterable[Measurement]) -> None:
    """Replaces the figures of a round."""
    connection.execute(delete(schema.measurements).where(schema.measurements.c.round == round_))
    add_measurements(connection, round_, rows)


def add_measurements(connection: Connection, round_: int, rows: Iterable[Measurement]) -> None:
    """Adds figures to a round; those it has already get the new values."""
    values = [{"round": round_, **{name: getattr(row, name) for name in Measurement.__slots__}} for row in rows]
    upsert(connection, schema.measurements, values)


def measurements(connection: Connection, *, round_: int | None = None) -> dict[int, tuple[Measurement, ...]]:
    """Round → its figures."""
    query = select(schema.measurements).order_by(
        schema.measurements.c.round, schema.measurements.c.on, schema.measurements.c.metric, schema.measurements.c.slice
    )
    if round_ is not None:
        query = query.where(schema.measurements.c.round == round_)
    found: dict[int, list[Measurement]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["round"], []).append(record(Measurement, row))
    return {key: tuple(rows) for key, rows in found.items()}


def put_spots(connection: Connection, round_: int, spots: Iterable[Spot]) -> None:
    """Writes how the spots stand in a round, and their names; one that a person gave stays."""
    spots = tuple(spots)
    chosen = set(
        connection.execute(select(schema.spots.c.id).where(schema.spots.c.named_by != lives.WEAKSPOT)).scalars()
    )
    named = [
        {"id": spot.id, "name": spot.name, "terms": list(spot.terms), "named_by": lives.WEAKSPOT}
        for spot in spots
        if spot.id not in chosen
    ]
    upsert(connection, schema.spots, named)
    upsert(connection, schema.spot_rounds, [_spot_fields(round_, spot) for spot in spots])


def spots(connection: Connection, *, round_: int | None = None) -> tuple[SpotRound, ...]:
    """Spots by round and id, each with its name as it is now, and whether it is mute now."""
    query = (
        select(schema.spot_rounds, schema.spots.c.name, schema.spots.c.terms)
        .join(schema.spots, schema.spots.c.id == schema.spot_rounds.c.spot)
        .order_by(schema.spot_rounds.c.round, schema.spot_rounds.c.spot)
    )
    if round_ is not None:
        query = query.where(schema.spot_rounds.c.round == round_)
    mute = lives.muted(lives.edits(connection))
    return tuple(_spot_round(row, muted=row["spot"] in mute) for row in connection.execute(query).mappings())


_SPOT_COLUMNS = (
    "size",
    "pool",
    "dev_n",
    "dev_errors",
    "asked",
    "corrections",
    "expected_error",
    "estimate",
    "low",
    "high",
    "error_mass",
)


def _spot_fields(round_: int, spot: Spot) -> dict[str, Any]:
    figures = {name: getattr(spot, name) for name in _SPOT_COLUMNS}
    return {"round": round_, "spot": spot.id, "confused": list(spot.confused) if spot.confused else None, **figures}


def _spot_round(row: RowMapping, *, muted: bool) -> SpotRound:
    return record(SpotRound, row, spot=record(Spot, row, id=row["spot"], muted=muted))
