"""Answers out of Label Studio: all of them, or those of the tasks that changed since a watermark.

    since ─► which tasks changed? ─► all tasks of those questions, whole ─► ext_id → Annotations, next watermark

The watermark is the server's own newest time of change, read before anything else, and the next reading starts a
minute earlier: a task's time is written a moment after its answer, and a long reading must not overlook what happens
meanwhile. Reading something twice does no harm.

Label Studio saves an answer first, and a moment later the task's count of answers and time of change. Killed between
the two it holds an answer that neither tells of: `closely` and `whole` look at the answers themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from labeling.annotations import annotations_of, utc
from labeling.client import Client
from labeling.rows import TaskRow
from labeling.sending import BATCH, one_of
from loop.records import Annotation, Collected, Form

OVERLAP = timedelta(seconds=60)


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
    return Collected(
        annotations=_annotations(client, project_id, changed, suspects, form=form),
        watermark=utc(watermark) or since,
        present=frozenset(listed) if whole else None,
        problem=problem,
    )


def _ours(rows: Sequence[TaskRow]) -> dict[str, int]:
    """ext_id → how many answers its tasks have; tasks that others put into the project are not ours to read."""
    answers: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.ext_id is not None:
            answers[row.ext_id] += row.answers
    return dict(answers)


def _annotations(
    client: Client, project_id: int, changed: Mapping[str, int], suspects: Collection[str], *, form: Form
) -> dict[str, tuple[Annotation, ...]]:
    found: dict[str, tuple[Annotation, ...]] = dict.fromkeys(changed, ())
    answered = sorted({ext_id for ext_id, answers in changed.items() if answers} | set(suspects))
    for start in range(0, len(answered), BATCH):
        # By external id, never by task id: Label Studio gives a removed task's number to another one.
        for task in client.full_tasks(project_id, filters=[one_of(answered[start : start + BATCH])]):
            ext_id = str(task["data"]["ext_id"])
            found[ext_id] = found.get(ext_id, ()) + annotations_of(
                task, ext_id=ext_id, form=form, account_name=client.account_name
            )
    return found


def _changed_after(since: str) -> dict[str, Any]:
    moment = datetime.fromisoformat(since).astimezone(UTC) - OVERLAP
    value = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {"filter": "filter:tasks:updated_at", "operator": "greater", "type": "Datetime", "value": value}
