"""Answers out of Label Studio: all of them, or those of the tasks that changed since a watermark.

    since ─► which tasks changed? ─► all tasks of those questions, whole ─► ext_id → Annotations, next watermark

The watermark is the server's own newest time of change, read before anything else, and the next reading starts a
minute earlier: a task's time is written a moment after its answer, and a long reading must not overlook what happens
meanwhile. Reading something twice does no harm.

Label Studio saves an answer first, and a moment later the task's count of answers and time of change. Killed between
the two it holds an answer that neither tells of: `closely` and `whole` look at the answers themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from labeling.label_studio.annotations import annotations_of, utc
from labeling.label_studio.client import Client
from labeling.label_studio.rows import TaskRow
from labeling.label_studio.send import BATCH, one_of
from loop.records import Annotation, Collected, Form

OVERLAP = timedelta(seconds=60)


class Outline(NamedTuple):
    """A question's tasks, without their answers."""

    answers: int
    changed_at: str


class Reading(NamedTuple):
    """ext_id → its answers, and when its task last changed."""

    annotations: dict[str, tuple[Annotation, ...]]
    changed_at: dict[str, str]


def collect(
    client: Client,
    project_id: int,
    *,
    form: Form,
    since: str | None,
    whole: bool,
    closely: Sequence[str],
    problem: str,
) -> Collected:
    """What changed since `since` (everything when None); whole=True lists the tasks there are as well.

    closely: ext_ids that are read whatever their task tells.
    """
    watermark = client.newest_change(project_id)
    changed = _ours(client.task_rows(project_id, filters=[_changed_after(since)] if since else []))
    listed = _ours(client.task_rows(project_id)) if whole and since else changed
    suspects = set(listed) if whole else set(closely)
    unread = Reading(dict.fromkeys(changed, ()), {ext_id: task.changed_at for ext_id, task in changed.items()})
    answered = {ext_id for ext_id, task in changed.items() if task.answers} | suspects
    read = _read(client, project_id, sorted(answered), form=form)
    return Collected(
        annotations=unread.annotations | read.annotations,
        watermark=utc(watermark) or since,
        present=frozenset(listed) if whole else None,
        changed_at=unread.changed_at | read.changed_at,
        absent=frozenset(set(closely) - set(read.annotations)),
        problem=problem,
    )


def _ours(rows: Sequence[TaskRow]) -> dict[str, Outline]:
    """By ext_id; tasks that others put into the project are not ours to read."""
    found: dict[str, Outline] = {}
    for row in rows:
        if row.ext_id is not None:
            before = found.get(row.ext_id, Outline(0, ""))
            found[row.ext_id] = Outline(before.answers + row.answers, max(before.changed_at, utc(row.changed_at)))
    return found


def _read(client: Client, project_id: int, ext_ids: Sequence[str], *, form: Form) -> Reading:
    """What these questions' tasks hold; those without a task are not in it."""
    found = Reading({}, {})
    for start in range(0, len(ext_ids), BATCH):
        # By external id, never by task id: Label Studio gives a removed task's number to another one.
        for task in client.full_tasks(project_id, filters=[one_of(ext_ids[start : start + BATCH])]):
            ext_id = str(task["data"]["ext_id"])
            answers = annotations_of(task, ext_id=ext_id, form=form, account_name=client.account_name)
            found.annotations[ext_id] = found.annotations.get(ext_id, ()) + answers
            found.changed_at[ext_id] = max(found.changed_at.get(ext_id, ""), utc(task.get("updated_at")))
    return found


def _changed_after(since: str) -> dict[str, Any]:
    moment = datetime.fromisoformat(since).astimezone(UTC) - OVERLAP
    value = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {"filter": "filter:tasks:updated_at", "operator": "greater", "type": "Datetime", "value": value}
