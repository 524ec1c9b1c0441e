"""Tasks: where each pick lies in the labeling tool, and whether it still does.

    questions sent ─► add_tasks        all that is there ─► mark_present ─┐
                                   some that is not there ─► mark_absent ─┴─► removed by people?

A history is one unbroken run of one project on one server. A new or emptied server and a restored backup begin another
one: what was seen in an earlier history and is absent now was not removed by anyone.

Every function takes the open connection first, so that a caller can put several into one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from sqlalchemy import Connection, select, update

from loop.ledger import schema
from loop.ledger.tables import upsert
from loop.records import SentTask

AT_ONCE = 500
"""Names in one statement."""


def add_tasks(
    connection: Connection, tasks: Iterable[SentTask], *, project_id: str, at: str, history: str | None = None
) -> None:
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
            "seen_in": history,
        }
        for task in tasks
    ]
    upsert(connection, schema.tasks, rows)


def mark_present(connection: Connection, present: Collection[str], *, history: str | None = None) -> tuple[str, ...]:
    """Takes over which tasks are there, all of them; returns those that people removed since they were last seen.

    A task that is there again, from a restored backup, is "sent" again.
    """
    found = connection.execute(select(schema.tasks.c.ext_id, schema.tasks.c.state, schema.tasks.c.seen_in)).all()
    here = [row.ext_id for row in found if row.ext_id in present and (row.state, row.seen_in) != ("sent", history)]
    _set_tasks(connection, here, state="sent", seen_in=history)
    sent = {row.ext_id for row in found if row.state == "sent"}
    return mark_absent(connection, sent - set(present), history=history)


def mark_absent(connection: Connection, absent: Collection[str], *, history: str | None = None) -> tuple[str, ...]:
    """Tasks that are not there become "deleted", if they were seen in this history; returns those that newly are."""
    tasks = schema.tasks
    query = select(tasks.c.ext_id).where(tasks.c.state == "sent", tasks.c.seen_in.is_not_distinct_from(history))
    gone = tuple(sorted(set(connection.execute(query).scalars()) & set(absent)))
    _set_tasks(connection, gone, state="deleted")
    return gone


def adopt(connection: Connection, history: str) -> None:
    """Tasks that an older weakspot noted belong to this history."""
    tasks = schema.tasks
    connection.execute(update(tasks).where(tasks.c.seen_in.is_(None)).values(seen_in=history))


def batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many as fit into one statement."""
    return (names[start : start + AT_ONCE] for start in range(0, len(names), AT_ONCE))


def _set_tasks(connection: Connection, ext_ids: Sequence[str], **values: str | None) -> None:
    for some in batches(ext_ids):
        connection.execute(update(schema.tasks).where(schema.tasks.c.ext_id.in_(some)).values(**values))
