"""An open project, read-only: what every figure is computed from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from loop.artifact_names import POOL
from loop.artifacts import MANIFEST
from loop.config import load
from loop.ledger import figures, progress
from loop.project import CONFIG, Project, artifacts_of, open_project
from loop.trust import RECORD


@dataclass(frozen=True)
class View:
    """A project opened for looking. Close it, or use it in a `with` statement."""

    project: Project

    @property
    def name(self) -> str:
        """The project's title, as people know it."""
        return self.project.config.project.title or self.project.config.project.name

    @property
    def simulated(self) -> bool:
        """Whether the answers come from simulated experts: said wherever figures are shown."""
        return self.project.config.experts.kind == "simulated"

    @property
    def free(self) -> bool:
        """Whether models write free answers: there is no label set to compare them by."""
        return not self.project.config.labels

    def revision(self) -> tuple[Any, ...]:
        """Changes whenever a figure may have changed; a key for caches."""
        with self.project.ledger.read() as connection:
            return (*progress.revision(connection), len(figures.decisions(connection)))

    def close(self) -> None:
        """Closes the ledger."""
        self.project.close()

    def __enter__(self) -> View:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def stamp(root: Path) -> tuple[float, float]:
    """Changes when the config or the data were made anew. Raises ConfigError."""
    config = _changed_at(root / CONFIG)
    return config, _changed_at(_pool_manifest(root, config))


@lru_cache(maxsize=8)
def _pool_manifest(root: Path, config_changed_at: float) -> Path:
    del config_changed_at  # another config may keep its artifacts elsewhere
    return artifacts_of(load(root / CONFIG), root).place(POOL) / MANIFEST


def _changed_at(file: Path) -> float:
    return file.stat().st_mtime if file.exists() else 0.0


def view(root: Path) -> View:
    """Opens the project in `root` for looking. Raises ConfigError, NotApproved, LedgerError."""
    return View(open_project(root, read_only=True, scope=RECORD))
