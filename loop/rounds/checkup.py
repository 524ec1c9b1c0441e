"""`weakspot doctor`: everything a run needs, checked one by one; each fault with its mend."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from shlex import quote

from loop import home, registry
from loop.errors import LabelerError, NotApproved, WeakspotError
from loop.ledger import Ledger
from loop.project import Project, find, open_project
from loop.rounds.mixed_copies import refuse_mixed
from loop.rounds.task import task_of
from loop.trust import RECORD, rule

PACKAGES = ("torch", "transformers", "peft", "accelerate", "sentence-transformers", "scikit-learn", "label-studio-sdk")
LOW_MB = 2048


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    found: str
    do: str = ""
    """What mends it; '' when all is well."""


def checks(start: Path, *, mend: bool) -> tuple[Check, ...]:
    """All checks, the machine first, then the project found from `start`; mend=True upgrades the ledger."""
    found = [_python(), *map(_package, PACKAGES)]
    try:
        root = find(start.resolve())
        if mend:
            _upgrade(root)
        with open_project(root, read_only=True, scope=RECORD) as project:
            approved = rule(project.config, root).approved
            found += [_said(name, look, project) for name, look in LOOKS]
            found += [_said(name, look if approved else _not_approved, project) for name, look in TRUSTING_LOOKS]
    except WeakspotError as fault:
        found.append(Check("project", ok=False, found=fault.found, do=fault.do))
    return tuple(found)


def _python() -> Check:
    here = ".".join(map(str, sys.version_info[:3]))
    return Check("python", ok=sys.version_info >= (3, 11), found=here, do="install Python 3.11 or newer")


def _package(name: str) -> Check:
    try:
        return Check(name, ok=True, found=version(name))
    except PackageNotFoundError:
        return Check(name, ok=False, found="not installed", do=f"pip install {name}")


def _said(name: str, look: Callable[[Project], str], project: Project) -> Check:
    try:
        return Check(name, ok=True, found=look(project))
    except WeakspotError as fault:
        return Check(name, ok=False, found=fault.found, do=fault.do)


def _upgrade(root: Path) -> None:
    with open_project(root, scope=RECORD) as project:
        _adopt(project.ledger, root)


def _adopt(ledger: Ledger, root: Path) -> None:
    """Where the ledger's home is gone, or on another machine, this folder becomes its home."""
    file = ledger.file()
    if file is not None and file.is_relative_to(root.resolve()):
        return
    with ledger.only_worker("doctor --mend"), ledger.begin() as connection:
        known = home.read(connection)
        if known and not home.is_elsewhere(known, root):
            home.adopt(connection, root)


def _config(project: Project) -> str:
    return f"{project.root / 'weakspot.yaml'}, {len(project.config.labels)} labels"


def _ledger(project: Project) -> str:
    project.ledger.refuse_damage()
    return project.ledger.address()


def _examples(project: Project) -> str:
    return f"{project.pool.rows:,} examples"


def _disk(project: Project) -> str:
    free = project.artifacts.free_mb()
    if free < LOW_MB:
        raise WeakspotError(f"only {free:,.0f} MB free", wanted=f"{LOW_MB:,} MB", do="free some space")
    return f"{free / 1024:,.0f} GB free"


def _artifacts(project: Project) -> str:
    names = project.artifacts.names()
    for name in names:
        project.artifacts.open(name)
    refuse_mixed(project)
    return f"{len(names)} folders, every file as it was written"


def _model(project: Project) -> str:
    return task_of(project.config).model(project)


def _labeler(project: Project) -> str:
    labeler = project.config.labeler
    if labeler.url is None:
        now = registry.load("server", labeler.kind)(project.state / labeler.kind).status()
        if now.running and not now.healthy:
            raise LabelerError(
                "embedded, running, and it does not answer as it should", do="`weakspot label-studio status` says more"
            )
        return f"embedded, at {now.url}" if now.healthy else "embedded, not running; `weakspot run` starts it"
    found: str = registry.load("reach", labeler.kind)(url=labeler.url, token=os.environ.get(labeler.token_env))
    return found


def _not_approved(project: Project) -> str:
    raise NotApproved(
        "not looked at: this project was not made or approved by you", do=f"`weakspot trust {quote(str(project.root))}`"
    )


LOOKS: tuple[tuple[str, Callable[[Project], str]], ...] = (
    ("config", _config),
    ("ledger", _ledger),
    ("examples", _examples),
    ("disk", _disk),
    ("artifacts", _artifacts),
)
TRUSTING_LOOKS: tuple[tuple[str, Callable[[Project], str]], ...] = (
    ("model", _model),
    ("labeling tool", _labeler),
)
