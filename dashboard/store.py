"""The project that the dashboard shows: opened once, its figures cached until the ledger's revision changes.

--project DIR ─► project() ─► opened(root) ─► ProjectStore ─► get(report.plan), get(report.diff, 2, 3), ...
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st

from loop import report
from loop.report import Liveness, Status, View

CONFIG = "weakspot.yaml"
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class ProjectStore:
    """A project in figures. Every method raises LedgerError, ArtifactError or DataError when it cannot be read."""

    view: View
    root: Path

    def get(self, figure: Callable[Concatenate[View, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """figure(view, ...) of loop.report, computed once for each revision of the ledger and each set of arguments."""
        return self._cached(lambda view: figure(view, *args, **kwargs), figure, *args, *sorted(kwargs.items()))

    def standing(self) -> Status:
        """Where the project stands; depends on whether the worker is alive, so that is part of the key."""
        return self._cached(report.standing, report.standing, self.pulse().alive)

    def pulse(self) -> Liveness:
        """The last sign of life, now."""
        return report.pulse(self.view)

    def texts(self, ids: Sequence[str]) -> tuple[str, ...]:
        """The texts of these examples."""
        return self.view.project.pool.texts(ids)

    def _cached(self, compute: Callable[[View], T], figure: Callable[..., Any], *more: object) -> T:
        name = f"{figure.__module__}.{figure.__qualname__}"
        found: T = _figures(name, str(self.root), (*self.view.revision(), *more, id(self.view)), self.view, compute)
        return found


def project() -> Path | None:
    """The folder given after `--project`; None when none was given or it holds no project."""
    words = sys.argv[1:]
    given = words[words.index("--project") + 1] if "--project" in words[:-1] else None
    return Path(given) if given and (Path(given) / CONFIG).is_file() else None


def opened(root: Path) -> ProjectStore:
    """The project in `root`, opened once for all viewers. Raises ConfigError, LedgerError."""
    # The config or the data may be made anew under a window that stays open.
    view: View = _open(str(root), report.stamp(root))
    return ProjectStore(view, root)


def _open_view(root: str, stamp: tuple[float, ...]) -> View:
    del stamp
    return report.view(Path(root))


def _read(name: str, root: str, revision: tuple[Any, ...], _view: View, _do: Callable[[View], Any]) -> Any:
    """Computes figures; the arguments with an underscore are not part of the cache's key."""
    del name, root, revision
    return _do(_view)


_open = st.cache_resource(max_entries=4, show_spinner=False)(_open_view)
_figures = st.cache_resource(max_entries=96, show_spinner=False)(_read)
