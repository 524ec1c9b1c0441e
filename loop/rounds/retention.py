"""The retention set: what a first model does well and no later tuning may spoil. Labelled texts, or prompts with
references that the base model answers well.

--retention FILE ─► loop.pool.retained ─► the artifact "retention" (`weakspot init` writes it) ─► retention(project)
"""

from __future__ import annotations

from typing import Any, NamedTuple

from loop.artifact_names import RETENTION
from loop.errors import ArtifactError
from loop.pool import LeakGuard, Pool
from loop.project import Project
from loop.records import Example, Split

RETENTION_FILE = "retention.parquet"


class Retained(NamedTuple):
    """The retention set; empty when the project has none."""

    examples: tuple[Example, ...]
    references: dict[str, tuple[str, ...]]
    """Example id → reference answers, or its one label; every example has one at least."""


def trained_on_as_well(table: Any, pool: Any) -> int:
    """How many texts of the pool's table stand in the retention table too, or nearly; gold is not counted."""
    rows = [row for row, split in enumerate(pool.column("split").to_pylist()) if split in (Split.POOL, Split.SEED)]
    return len(LeakGuard(*_texts(table)).find(*_texts(pool.take(rows))))


def retention(project: Project) -> Retained:
    """The retention set of a project. Raises ArtifactError when the config names one and its artifact is not there."""
    if not project.artifacts.has(RETENTION):
        if project.config.data.retention is not None:
            raise ArtifactError(
                "data.retention names a file, but this project was made without one",
                wanted="the artifact that `weakspot init --retention FILE` writes",
                do="make the project anew with --retention, or delete data.retention",
            )
        return Retained((), {})
    stored = Pool.open(project.artifacts.open(RETENTION) / RETENTION_FILE)
    return Retained(stored.examples(stored.ids()), stored.references(Split.GOLD))


def _texts(table: Any) -> tuple[list[str], list[str] | None]:
    """Texts, and of prompts what they are about."""
    texts = table.column("text").to_pylist()
    if "context" not in table.column_names:
        return texts, None
    return texts, [context or "" for context in table.column("context").to_pylist()]
