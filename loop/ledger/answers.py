"""Answers: what each person said to each question, as it stands now.

    labeling tool ─► replace_annotations ─► known ones keep their id; absent ones of the same history were deleted
    a judge ───────► add_answers

An answer is known again by its id, which holds the question and what cannot repeat of the answer. In ledgers of older
versions the id is the tool's number alone: such an answer is known by its number, its question and its time of
creation, and keeps its id. Its author is the account that was first seen with it, whatever becomes of that account.
A history is that of loop.ledger.tasks: what people said in an earlier one stays.

Every function takes the open connection first, so that a caller can put several into one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, select, update

from loop.ledger import schema
from loop.ledger.records import record
from loop.ledger.tables import upsert
from loop.ledger.tasks import batches
from loop.records import UNKNOWN, Annotation, AnswerState
from loop.records.vocabulary import JUDGE_ID_PREFIX, is_of_judge

Found = Mapping[str, Sequence[Annotation]]
"""ext_id → all answers to it that the labeling tool holds."""


class _Both(NamedTuple):
    """What the ledger knows of some questions, and what the tool holds of them."""

    known: dict[str, Annotation]
    seen_in: dict[str, str | None]
    now: dict[str, Annotation]
    """Each under the id the ledger knows it by."""

    def missing(self, history: str | None) -> list[Annotation]:
        """Answers last seen in this history that are not there, and were not known to be deleted."""
        return [
            row
            for id_, row in self.known.items()
            if id_ not in self.now and self.seen_in[id_] == history and row.state != AnswerState.DELETED
        ]


def add_answers(connection: Connection, found: Iterable[Annotation]) -> None:
    """Adds answers that do not come from the labeling tool, or replaces them."""
    _put(connection, found, history=None)


def answers(connection: Connection, *, ext_ids: Collection[str] | None = None) -> tuple[Annotation, ...]:
    """Annotations of these tasks, or all, by task and id."""
    said = [schema.annotations.c[name] for name in Annotation.__slots__]
    query = select(*said).order_by(schema.annotations.c.ext_id, schema.annotations.c.id)
    if ext_ids is not None:
        query = query.where(schema.annotations.c.ext_id.in_(ext_ids))
    return tuple(_annotation(row) for row in connection.execute(query).mappings())


def replace_annotations(connection: Connection, found: Found, *, history: str | None = None) -> int:
    """Takes over all annotations of each task in `found`; known ones that are missing become DELETED.

    Those that were last seen in another history stay as they are. Tasks the ledger does not know are left out. Returns
    how many rows are new or changed. Raises LedgerError for an answer whose id belongs to another question.
    """
    both = _compared(connection, found)
    changed = [row for row in both.now.values() if both.known.get(row.id) != row]
    moved = [row for id_, row in both.now.items() if both.known.get(id_) == row and both.seen_in[id_] != history]
    _put(connection, [*changed, *moved], history=history)
    gone = [row.id for row in both.missing(history)]
    for some in batches(gone):
        where = schema.annotations.c.id.in_(some)
        connection.execute(update(schema.annotations).where(where).values(state=AnswerState.DELETED.value))
    return len(changed) + len(gone)


def unexplained(
    connection: Connection, found: Found, changed_at: Mapping[str, str], *, history: str | None = None
) -> tuple[str, ...]:
    """Answers that are missing though their task has not changed since they were given: nobody deleted them.

    Deleting an answer is a change of its task. changed_at: ext_id → when the task last changed, by the tool's clock.
    """
    missing = _compared(connection, found).missing(history)
    return tuple(row.id for row in missing if "" < changed_at.get(row.ext_id, "") < row.updated_at)


def questions_that_lack(connection: Connection, found: Found, *, history: str | None = None) -> frozenset[str]:
    """Questions in `found` without an answer that the ledger knows of."""
    return frozenset(row.ext_id for row in _compared(connection, found).missing(history))


def of_unknown_questions(connection: Connection, found: Found) -> tuple[str, ...]:
    """Questions that hold answers and that this ledger has never asked, by id."""
    answered = sorted(ext_id for ext_id, said in found.items() if said)
    known: set[str] = set()
    for some in batches(answered):
        asked = select(schema.picks.c.ext_id).where(schema.picks.c.ext_id.in_(some))
        known |= set(connection.execute(asked).scalars())
    return tuple(ext_id for ext_id in answered if ext_id not in known)


def adopt(connection: Connection, history: str) -> None:
    """Answers that an older weakspot took from the labeling tool belong to this history."""
    given = schema.annotations
    ours = given.c.seen_in.is_(None) & ~given.c.id.startswith(JUDGE_ID_PREFIX)
    connection.execute(update(given).where(ours).values(seen_in=history))


def _compared(connection: Connection, found: Found) -> _Both:
    both = _Both({}, {}, {})
    for some in batches(sorted(found)):
        asked = select(schema.picks.c.ext_id).where(schema.picks.c.ext_id.in_(some))
        ours = list(connection.execute(asked).scalars())
        known = {row.id: row for row in answers(connection, ext_ids=ours) if not is_of_judge(row.id)}
        where = schema.annotations.c.ext_id.in_(ours)
        seen = connection.execute(select(schema.annotations.c.id, schema.annotations.c.seen_in).where(where)).all()
        both.known.update(known)
        both.seen_in.update({row.id: row.seen_in for row in seen})
        both.now.update({row.id: row for ext_id in ours for row in _as_known(found[ext_id], known)})
    return both


def _as_known(found: Sequence[Annotation], known: Mapping[str, Annotation]) -> Iterator[Annotation]:
    """Each answer under the id the ledger knows it by, in an older one the tool's number, and by its author."""
    for row in found:
        old = known.get(row.id) or known.get(str(row.raw.get("id")))
        if old is None or (old.id != row.id and _says_when(old) != _says_when(row)):
            yield row
        else:
            yield replace(row, id=old.id, annotator=_author(old, row))


def _author(old: Annotation, row: Annotation) -> str:
    """Who gave an answer never changes: an account that is deleted or renamed later still gave it."""
    return row.annotator if old.annotator == UNKNOWN else old.annotator


def _says_when(row: Annotation) -> tuple[str, str]:
    return row.ext_id, row.created_at


def _put(connection: Connection, found: Iterable[Annotation], *, history: str | None) -> None:
    upsert(connection, schema.annotations, [{**_fields(row), "seen_in": history} for row in found])


def _fields(row: Annotation) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in Annotation.__slots__}
    return {**values, "state": row.state.value, "flags": list(row.flags), "raw": dict(row.raw)}


def _annotation(row: RowMapping) -> Annotation:
    return record(Annotation, row)
