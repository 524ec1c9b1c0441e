"""Questions into Label Studio, each exactly once, whatever dies meanwhile.

    tasks ─► which are there? ─► import the missing ─► which are there? ─► ext_id → task id
                    ▲                    │ no answer: it may have happened or not
                    └── wait till quiet ◄┘

Label Studio neither knows external ids nor refuses duplicates, so we ask before each import and never repeat one
blindly. Should two copies of a question be there after all, the newer unlabelled ones are removed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labeling.label_studio.client import Client
from labeling.label_studio.rows import TaskRow
from loop.errors import ServerDown, ServerRefused
from loop.protocols import Progress

BATCH = 200
"""Tasks per import, and ext_ids per query: the query travels in the address line."""
ROUNDS = 5
QUIET_LOOKS, LOOK_EVERY_S, PATIENCE_S = 3, 2.0, 60.0
"""After an unknown outcome: so many equal looks in a row, so far apart; give up after so long without an answer."""

Connect = Callable[[], Client]
"""A door that is open now; the embedded server is started again if it is down."""
Pause = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Placed:
    """All tasks are there, each once."""

    task_ids: Mapping[str, int]
    """ext_id → task id."""
    created: int
    """How many were not there before."""


def place(
    connect: Connect, project_id: int, tasks: Sequence[Mapping[str, Any]], *, pause: Pause, progress: Progress | None
) -> Placed:
    """Makes sure that each task (told apart by data.ext_id) lies in the project exactly once.

    Raises ServerDown when the server stays away, ServerRefused when it takes no tasks, ProjectGone.
    """
    by_id = {str(task["data"]["ext_id"]): task for task in tasks}
    before = set(there(connect(), project_id, list(by_id)))
    missing = [ext_id for ext_id in by_id if ext_id not in before]
    done = len(by_id) - len(missing)
    for batch in _batches(missing):
        _import(connect, project_id, {ext_id: by_id[ext_id] for ext_id in batch}, pause)
        done += len(batch)
        if progress:
            progress(done, len(by_id))
    return Placed(task_ids=_once(connect(), project_id, list(by_id)), created=len(missing))


def there(client: Client, project_id: int, ext_ids: Sequence[str]) -> dict[str, list[TaskRow]]:
    """ext_id → its tasks by id, for those that are in the project."""
    found: dict[str, list[TaskRow]] = defaultdict(list)
    for batch in _batches(ext_ids):
        for row in client.task_rows(project_id, filters=[one_of(batch)]):
            if row.ext_id is not None:
                found[row.ext_id].append(row)
    return dict(found)


def one_of(ext_ids: Sequence[str]) -> dict[str, Any]:
    """Label Studio's filter for tasks with one of these external ids."""
    return {"filter": "filter:tasks:data.ext_id", "operator": "in_list", "type": "List", "value": list(ext_ids)}


def _import(connect: Connect, project_id: int, tasks: Mapping[str, Mapping[str, Any]], pause: Pause) -> None:
    missing = list(tasks)
    for _ in range(ROUNDS):
        try:
            connect().import_tasks(project_id, [tasks[ext_id] for ext_id in missing])
        except ServerDown:
            missing = _missing_when_quiet(connect, project_id, list(tasks), pause)
        else:
            found = there(connect(), project_id, list(tasks))
            missing = [ext_id for ext_id in tasks if ext_id not in found]
        if not missing:
            return
    raise ServerRefused(
        f"Label Studio took {len(tasks) - len(missing)} of {len(tasks)} tasks in {ROUNDS} tries",
        do="read the server's log, then run again: only the missing ones are sent",
    )


def _missing_when_quiet(connect: Connect, project_id: int, ext_ids: Sequence[str], pause: Pause) -> list[str]:
    """A server may still be writing an import whose caller has lost it: look until nothing changes any more."""
    looks: list[int] = []
    waited_s = 0.0
    while True:
        try:
            found = there(connect(), project_id, ext_ids)
        except ServerDown:
            if waited_s >= PATIENCE_S:
                raise
            looks.clear()
        else:
            looks.append(len(found))
            quiet = len(looks) >= QUIET_LOOKS and len(set(looks[-QUIET_LOOKS:])) == 1
            if quiet or len(found) == len(ext_ids):
                return [ext_id for ext_id in ext_ids if ext_id not in found]
        pause(LOOK_EVERY_S)
        waited_s += LOOK_EVERY_S


def _once(client: Client, project_id: int, ext_ids: Sequence[str]) -> dict[str, int]:
    found = there(client, project_id, ext_ids)
    lost = [ext_id for ext_id in ext_ids if ext_id not in found]
    if lost:
        raise ServerRefused(
            f"{len(lost)} tasks are not in Label Studio after it took them",
            do="someone may be removing tasks right now; run again: only the missing ones are sent",
        )
    kept = {ext_id: next((row for row in rows if row.answers), rows[0]) for ext_id, rows in found.items()}
    surplus = [
        row.id for ext_id, rows in found.items() for row in rows if not row.answers and row.id != kept[ext_id].id
    ]
    if surplus:
        client.delete_tasks(project_id, surplus)
    return {ext_id: row.id for ext_id, row in kept.items()}


def _batches(items: Sequence[str]) -> Iterator[Sequence[str]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))
