"""Rounds, steps, events, heartbeats and single values: where the work stands.

Every function takes the open connection first, so that a caller can put several into one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from loop.ledger import schema
from loop.ledger.records import record
from loop.ledger.tables import upsert


@dataclass(frozen=True, slots=True)
class RoundRow:
    """One round as the ledger has it."""

    round: int
    config: Mapping[str, Any]
    """The config frozen when the round began."""
    config_digest: str
    code_version: str
    started_at: str
    finished_at: str | None


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of one round."""

    round: int
    step: str
    state: str
    """"running" or "done"."""
    outcome: Mapping[str, Any] | None
    """What the step reports of itself; None while it runs."""
    started_at: str
    finished_at: str | None
    seconds: float | None
    peak_mb: float | None
    """Peak resident memory of the process up to the end of the step."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, in words."""

    at: str
    level: str
    round: int | None
    step: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The last sign of life of a working process."""

    worker: str
    pid: int
    at: str
    round: int | None
    step: str | None
    done: int
    total: int
    note: str


def get(connection: Connection, key: str) -> str | None:
    """A single value of the project, or None."""
    return connection.execute(select(schema.meta.c.value).where(schema.meta.c.key == key)).scalar()


def put(connection: Connection, key: str, value: str) -> None:
    """Sets a single value of the project."""
    upsert(connection, schema.meta, [{"key": key, "value": value}])


def open_round(connection: Connection, row: RoundRow) -> None:
    """Begins a round; a round that did nothing yet begins anew with the config in `row`."""
    upsert(connection, schema.rounds, [_fields(row)])


def finish_round(connection: Connection, round_: int, *, at: str) -> None:
    """Marks the round as finished."""
    connection.execute(update(schema.rounds).where(schema.rounds.c.round == round_).values(finished_at=at))


def rounds(connection: Connection) -> tuple[RoundRow, ...]:
    """All rounds, oldest first."""
    rows = connection.execute(select(schema.rounds).order_by(schema.rounds.c.round)).mappings()
    return tuple(record(RoundRow, row) for row in rows)


def begin_step(connection: Connection, round_: int, step: str, *, at: str) -> None:
    """Notes that a step runs; a step that was interrupted begins anew."""
    row = {"round": round_, "step": step, "state": "running", "started_at": at}
    cleared = dict.fromkeys(("outcome", "inputs", "finished_at", "seconds", "peak_mb"))
    upsert(connection, schema.steps, [{**row, **cleared}])


def finish_step(
    connection: Connection,
    round_: int,
    step: str,
    *,
    outcome: Mapping[str, Any],
    inputs: str,
    at: str,
    seconds: float,
    peak_mb: float,
) -> None:
    """Marks a step as done; call it in the same transaction as the step's own rows."""
    values = {
        "state": "done",
        "outcome": dict(outcome),
        "inputs": inputs,
        "finished_at": at,
        "seconds": seconds,
        "peak_mb": peak_mb,
    }
    where = (schema.steps.c.round == round_) & (schema.steps.c.step == step)
    connection.execute(update(schema.steps).where(where).values(**values))


def steps(connection: Connection, round_: int | None = None) -> tuple[StepRow, ...]:
    """Steps of one round or of all, in the order they began."""
    query = select(schema.steps).order_by(schema.steps.c.round, schema.steps.c.started_at)
    if round_ is not None:
        query = query.where(schema.steps.c.round == round_)
    rows = connection.execute(query).mappings()
    return tuple(record(StepRow, row) for row in rows)


def add_event(connection: Connection, event: Event) -> None:
    """Appends to the log people read."""
    connection.execute(insert(schema.events).values(**_fields(event)))


def events(connection: Connection, *, limit: int = 200) -> tuple[Event, ...]:
    """The newest events, newest first."""
    query = select(schema.events).order_by(schema.events.c.id.desc()).limit(limit)
    rows = connection.execute(query).mappings()
    return tuple(record(Event, row) for row in rows)


def beat(connection: Connection, heartbeat: Heartbeat) -> None:
    """A sign of life: where the worker is and how far."""
    upsert(connection, schema.heartbeats, [_fields(heartbeat)])


def stop_beating(connection: Connection, worker: str) -> None:
    """The worker ended in good order."""
    connection.execute(delete(schema.heartbeats).where(schema.heartbeats.c.worker == worker))


def heartbeats(connection: Connection) -> tuple[Heartbeat, ...]:
    """Every worker that has not ended in good order, newest sign first."""
    rows = connection.execute(select(schema.heartbeats).order_by(schema.heartbeats.c.at.desc())).mappings()
    return tuple(record(Heartbeat, row) for row in rows)


def revision(connection: Connection) -> tuple[Any, ...]:
    """A cheap value that changes whenever something a viewer shows has changed."""
    last_step = select(func.count(), func.max(schema.steps.c.finished_at), func.max(schema.steps.c.started_at))
    answers = select(func.count(), func.max(schema.annotations.c.updated_at))
    last_event = select(func.max(schema.events.c.id))
    return (*connection.execute(last_step).one(), *connection.execute(answers).one(), connection.scalar(last_event))


def _fields(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}
