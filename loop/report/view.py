"""An open project, read-only: what every figure is computed from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loop.ledger import figures, progress
from loop.project import Project, open_project
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


def view(root: Path) -> View:
    """Opens the project in `root` for looking. Raises ConfigError, NotApproved, LedgerError."""
    return View(open_project(root, read_only=True, scope=RECORD))
