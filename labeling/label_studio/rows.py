"""What Label Studio's SDK tells of projects and tasks, as plain values.

SDK's project ─► Project      SDK's task ─► TaskRow
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Project:
    """What we need to know of a project."""

    id: int
    title: str
    description: str
    config: str
    """The labelling page, XML."""
    model_version: str
    """Which predictions people see."""
    overlap: int
    """Answers per task before it counts as done."""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task without its annotations."""

    id: int
    ext_id: str | None
    """None: not a task of ours."""
    answers: int
    """Annotations it has now, skipped ones included."""
    changed_at: str
    """When the server last changed it, ISO 8601 as the server writes it; "" when that was not asked."""


def project_of(found: Any) -> Project:
    """From the SDK's."""
    return Project(
        id=int(found.id),
        title=found.title or "",
        description=found.description or "",
        config=found.label_config or "",
        model_version=found.model_version or "",
        overlap=found.maximum_annotations or 1,
    )


def task_row_of(found: Any) -> TaskRow:
    """From the SDK's, one of a list without annotations."""
    answers = (found.total_annotations or 0) + (found.cancelled_annotations or 0)
    changed_at = found.updated_at.isoformat() if found.updated_at else ""
    return TaskRow(id=found.id, ext_id=_ext_id(found.data), answers=answers, changed_at=changed_at)


def _ext_id(data: object) -> str | None:
    value = data.get("ext_id") if isinstance(data, Mapping) else None
    return value if isinstance(value, str) else None
