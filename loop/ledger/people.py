"""Picks, tasks, annotations and labels: what was asked and what people said.

Every function takes the open connection first, so that a caller can put several into one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select, update

from loop.ledger import schema
from loop.ledger.writing import upsert
from loop.records import Annotation, AnswerState, Candidate, Label, Pick, PickKind, Preference, Role, SentTask

JUDGED = "judge-"
"""How the ids of answers begin that a judge gave."""


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


def add_picks(connection: Connection, round_: int, picks: Mapping[str, Pick]) -> None:
    """Writes a batch, ext_id → Pick in the order of asking."""
    rows = [
        {"ext_id": ext_id, "round": round_, "position": position, **_pick_fields(pick)}
        for position, (ext_id, pick) in enumerate(picks.items())
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


def add_tasks(connection: Connection, tasks: Iterable[SentTask], *, project_id: str, at: str) -> None:
    """Notes where picks lie in the labeling tool."""
    known = {row.ext_id: row.sent_at for row in connection.execute(select(schema.tasks)).all()}
    rows = [
        {
            "ext_id": task.ext_id,
            "project_id": project_id,
            "task_id": task.task_id,
            "url": task.url,
            "state": "sent",
            "sent_at": known.get(task.ext_id, at),
        }
        for task in tasks
    ]
    upsert(connection, schema.tasks, rows)


def mark_deleted(connection: Connection, present: Collection[str]) -> tuple[str, ...]:
    """Tasks that are no longer in the labeling tool become "deleted"; returns those that newly are."""
    sent = connection.execute(select(schema.tasks.c.ext_id).where(schema.tasks.c.state == "sent")).scalars()
    gone = tuple(sorted(set(sent) - set(present)))
    if gone:
        where = schema.tasks.c.ext_id.in_(gone)
        connection.execute(update(schema.tasks).where(where).values(state="deleted"))
    return gone


def replace_annotations(connection: Connection, found: Mapping[str, Sequence[Annotation]]) -> int:
    """Takes over all annotations of each task in `found`; known ones that are missing become DELETED.

    Tasks the ledger does not know are left out. Returns how many rows are new or changed.
    """
    ours = set(connection.execute(select(schema.picks.c.ext_id).where(schema.picks.c.ext_id.in_(found))).scalars())
    # A judge's answers do not lie in the labeling tool: only what came from there can vanish there.
    known = {row.id: row for row in answers(connection, ext_ids=ours) if not row.id.startswith(JUDGED)}
    now = {row.id: row for ext_id in ours for row in found[ext_id]}
    changed = [row for row in now.values() if known.get(row.id) != row]
    upsert(connection, schema.annotations, [_annotation_fields(row) for row in changed])
    gone = [id_ for id_, row in known.items() if id_ not in now and row.state != AnswerState.DELETED]
    where = schema.annotations.c.id.in_(gone)
    connection.execute(update(schema.annotations).where(where).values(state=AnswerState.DELETED.value))
    return len(changed) + len(gone)


def add_answers(connection: Connection, found: Iterable[Annotation]) -> None:
    """Adds answers that do not come from the labeling tool, or replaces them."""
    upsert(connection, schema.annotations, [_annotation_fields(row) for row in found])


def answers(connection: Connection, *, ext_ids: Collection[str] | None = None) -> tuple[Annotation, ...]:
    """Annotations of these tasks, or all, by task and id."""
    query = select(schema.annotations).order_by(schema.annotations.c.ext_id, schema.annotations.c.id)
    if ext_ids is not None:
        query = query.where(schema.annotations.c.ext_id.in_(ext_ids))
    return tuple(_annotation(row) for row in connection.execute(query).mappings())


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
    return tuple(Label(**{**row, "role": Role(row["role"])}) for row in rows)


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
    return tuple(Preference(**{**row, "role": Role(row["role"])}) for row in rows)


def count_labels(connection: Connection) -> dict[Role, int]:
    """How many labels serve which role."""
    query = select(schema.labels.c.role, func.count().label("n")).group_by(schema.labels.c.role)
    found = {row.role: row.n for row in connection.execute(query).all()}
    return {role: found.get(role.value, 0) for role in Role}


def _pick_fields(pick: Pick) -> dict[str, Any]:
    values = {name: getattr(pick, name) for name in Pick.__slots__}
    return {**values, "kind": pick.kind.value, "candidates": [asdict(one) for one in pick.candidates]}


def _pick_row(row: RowMapping) -> PickRow:
    candidates = tuple(Candidate(**one) for one in row["candidates"])
    values = {name: row[name] for name in Pick.__slots__}
    pick = Pick(**{**values, "kind": PickKind(row["kind"]), "candidates": candidates})
    task = SentTask(ext_id=row["ext_id"], task_id=row["task_id"], url=row["url"]) if row["task_id"] else None
    place = {name: row[name] for name in ("ext_id", "round", "position", "task_state", "sent_at")}
    return PickRow(pick=pick, task=task, **place)


def _annotation_fields(row: Annotation) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in Annotation.__slots__}
    return {**values, "state": row.state.value, "flags": list(row.flags), "raw": dict(row.raw)}


def _annotation(row: RowMapping) -> Annotation:
    return Annotation(**{**row, "state": AnswerState(row["state"]), "flags": tuple(row["flags"])})
