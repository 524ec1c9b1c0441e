"""An opened project: its folder, config, ledger and artifacts, joined once and handed to every step.

DIR/weakspot.yaml        the config people edit
DIR/.weakspot/           ledger.db, artifacts/, label-studio/, run.lock
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from filelock import FileLock, Timeout

from loop.artifacts import Artifacts
from loop.config import Config, artifacts_url, ledger_url, load
from loop.errors import ConfigError, DataError, LedgerError
from loop.ledger import Ledger, progress
from loop.pool import Pool
from loop.trust import EVERYTHING, Scope, require

CONFIG = "weakspot.yaml"
STATE = ".weakspot"
POOL = "pool"
POOL_FILE = "pool.parquet"
KEY = "project_key"


@dataclass(frozen=True)
class Project:
    """Everything a step needs from outside. Close it, or use it in a `with` statement."""

    root: Path
    config: Config
    ledger: Ledger
    artifacts: Artifacts

    @cached_property
    def pool(self) -> Pool:
        """The examples. Raises DataError when `weakspot init` has not made them."""
        if not self.artifacts.has(POOL):
            raise DataError("this project has no examples yet", do="`weakspot init DIR --data FILE`")
        return Pool.open(self.artifacts.open(POOL) / POOL_FILE)

    @cached_property
    def key(self) -> str:
        """What tells this project from all others in a labeling tool."""
        with self.ledger.read() as connection:
            found = progress.get(connection, KEY)
        if found is None:
            raise LedgerError("the ledger holds no project", do="`weakspot init DIR --data FILE`")
        return found

    @property
    def state(self) -> Path:
        """The folder for what the loop keeps beside the ledger."""
        return self.root / STATE

    def close(self) -> None:
        """Closes the ledger."""
        self.ledger.close()

    def __enter__(self) -> Project:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_project(root: Path, *, read_only: bool = False, scope: Scope = EVERYTHING) -> Project:
    """Opens the project in `root`.

    scope: RECORD when nothing is done but looking at ledger and artifacts and noting what a person decided; EVERYTHING
    when models are loaded, servers asked or code of the project is run. Raises NotApproved when this user has not made
    or approved a project that asks for something in this scope, ConfigError, LedgerError.
    """
    config = load(root / CONFIG)
    require(config, root, scope=scope)
    where = artifacts_url(config, folder=root)
    if "://" in where:
        raise ConfigError(f"storage.artifacts is {where!r}", wanted="a folder", do="mount the store and give its path")
    ledger = Ledger.open(ledger_url(config, folder=root, environ=os.environ), read_only=read_only)
    return Project(root=root, config=config, ledger=ledger, artifacts=Artifacts(Path(where)))


def find(start: Path) -> Path:
    """The nearest folder upward that holds a weakspot.yaml. Raises ConfigError."""
    for folder in (start, *start.parents):
        if (folder / CONFIG).is_file():
            return folder
    raise ConfigError(
        f"no {CONFIG} in {start} or above it",
        do="change into a project, give --project DIR, or make one with `weakspot init DIR --data FILE`",
    )


@contextmanager
def only_worker(project: Project) -> Iterator[None]:
    """Holds the project's lock: one process changes a project at a time. Raises LedgerError when it is taken."""
    project.state.mkdir(exist_ok=True)
    lock = FileLock(project.state / "run.lock", timeout=0)
    try:
        with lock:
            yield
    except Timeout as fault:
        raise LedgerError(
            "another `weakspot run` works on this project",
            wanted="one at a time",
            do="wait for it, or stop it: whatever it began is resumed",
        ) from fault
