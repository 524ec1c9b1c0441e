"""Picks, tasks, annotations and labels: what was asked and what people said.

Tasks and answers, which lie in the labeling tool, have modules of their own: loop.ledger.tasks and loop.ledger.answers.
Every function takes the open connection first, so that a caller can put several into one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select

from loop.ledger import schema
from loop.ledger.answers import add_answers, answers, replace_annotations
from loop.ledger.records import record
from loop.ledger.tables import upsert
from loop.ledger.tasks import add_tasks, mark_absent, mark_present
from loop.records import Label, Pick, PickKind, Preference, Role, SentTask

__all__ = [
    "PickRow",
    "add_answers",
    "add_picks",
    "add_tasks",
    "answers",
    "asked",
    "count_labels",
    "drop_labels",
    "drop_preferences",
    "labels",
    "mark_absent",
    "mark_present",
    "picks",
    "preferences",
    "put_labels",
    "put_preferences",
    "replace_annotations",
]


@dataclass(frozen=True, slots=True)
class PickRow:
    """A pick with its place in the batch and, once sent, in the labeling tool."""

    ext_id: str
    round: int
    position: int
    pick: Pick
    task: SentTask | None
    task_state: str | None
    """"sent", "deleted", or None before sending."""
    sent_at: str | None


def add_picks(connection: Connection, round_: int, picks: Mapping[str, Pick], *, first: int = 0) -> None:
    """Writes picks of a round, ext_id → Pick in the order of asking. first: position of the first one."""
    rows = [
        {"ext_id": ext_id, "round": round_, "position": position, **_pick_fields(pick)}
        for position, (ext_id, pick) in enumerate(picks.items(), start=first)
    ]
    upsert(connection, schema.picks, rows)


def picks(connection: Connection, *, round_: int | None = None, example_id: str | None = None) -> tuple[PickRow, ...]:
    """Picks in the order of asking, each with its task if it was sent."""
    query = (
        select(
            schema.picks,
            schema.tasks.c.task_id,
            schema.tasks.c.url,
            schema.tasks.c.state.label("task_state"),
            schema.tasks.c.sent_at,
        )
        .join(schema.tasks, schema.picks.c.ext_id == schema.tasks.c.ext_id, isouter=True)
        .order_by(schema.picks.c.round, schema.picks.c.position)
    )
    if round_ is not None:
        query = query.where(schema.picks.c.round == round_)
    if example_id is not None:
        query = query.where(schema.picks.c.example_id == example_id)
    return tuple(_pick_row(row) for row in connection.execute(query).mappings())


def asked(connection: Connection) -> frozenset[str]:
    """Ids of all examples that were ever picked."""
    return frozenset(connection.execute(select(schema.picks.c.example_id)).scalars())


def kinds(connection: Connection, *, before: int) -> frozenset[PickKind]:
    """Kinds of the picks of all rounds before this one."""
    query = select(schema.picks.c.kind).where(schema.picks.c.round < before).distinct()
    return frozenset(PickKind(kind) for kind in connection.execute(query).scalars())


def put_labels(connection: Connection, labels: Iterable[Label]) -> None:
    """Adds labels to the training set or replaces them."""
    rows = [{**{name: getattr(label, name) for name in Label.__slots__}, "role": label.role.value} for label in labels]
    upsert(connection, schema.labels, rows)


def drop_labels(connection: Connection, example_ids: Collection[str]) -> None:
    """Takes labels out of the training set: their answers were deleted or are in doubt now."""
    connection.execute(schema.labels.delete().where(schema.labels.c.example_id.in_(example_ids)))


def labels(connection: Connection, *, roles: Collection[Role] | None = None) -> tuple[Label, ...]:
    """Labels by example id."""
    query = select(schema.labels).order_by(schema.labels.c.example_id)
    if roles is not None:
        query = query.where(schema.labels.c.role.in_([role.value for role in roles]))
    rows = connection.execute(query).mappings()
    return tuple(record(Label, row) for row in rows)


def put_preferences(connection: Connection, found: Iterable[Preference]) -> None:
    """Adds preferences or replaces them."""
    rows = [{**{name: getattr(one, name) for name in Preference.__slots__}, "role": one.role.value} for one in found]
    upsert(connection, schema.preferences, rows)


def drop_preferences(connection: Connection, ids: Collection[str]) -> None:
    """Takes preferences out: their answers were deleted, or people no longer agree."""
    connection.execute(schema.preferences.delete().where(schema.preferences.c.id.in_(ids)))


def preferences(connection: Connection, *, roles: Collection[Role] | None = None) -> tuple[Preference, ...]:
    """Preferences by id."""
    query = select(schema.preferences).order_by(schema.preferences.c.id)
    if roles is not None:
        query = query.where(schema.preferences.c.role.in_([role.value for role in roles]))
    rows = connection.execute(query).mappings()
    return tuple(record(Preference, row) for row in rows)


def count_labels(connection: Connection) -> dict[Role, int]:
    """How many labels serve which role."""
    query = select(schema.labels.c.role, func.count().label("n")).group_by(schema.labels.c.role)
    found = {row.role: row.n for row in connection.execute(query).all()}
    return {role: found.get(role.value, 0) for role in Role}


def _pick_fields(pick: Pick) -> dict[str, Any]:
    values = {name: getattr(pick, name) for name in Pick.__slots__}
    return {**values, "kind": pick.kind.value, "candidates": [asdict(one) for one in pick.candidates]}


def _pick_row(row: RowMapping) -> PickRow:
    task = record(SentTask, row) if row["task_id"] else None
    return record(PickRow, row, pick=record(Pick, row), task=task)
