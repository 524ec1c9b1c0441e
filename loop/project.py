"""An opened project: its folder, config, ledger and artifacts, joined once and handed to every step.

DIR/weakspot.yaml        the config people edit
DIR/.weakspot/           ledger.db, artifacts/, label_studio/; closed to other users (make_state)

Ledger and artifacts belong together: both carry the project's key. A ledger has one home, the folder that works on
it; a ledger outside the folder, as on a server, could be named by two (`loop.home`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shlex import quote

from loop import home, private
from loop.artifact_names import POOL
from loop.artifacts import MARKER, Artifacts
from loop.config import Config, artifacts_url, ledger_url, load
from loop.errors import ConfigError, DataError, LedgerError
from loop.ledger import Ledger, progress
from loop.pool import Pool
from loop.trust import EVERYTHING, Scope, require

CONFIG = "weakspot.yaml"
STATE = ".weakspot"
POOL_FILE = "pool.parquet"
KEY = "project_key"
CREATED = "created"
"""Key in meta: when `weakspot init` had written everything."""


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
    or approved a project that asks for something in this scope, ConfigError, LedgerError, and ArtifactError for the
    artifacts of another project.
    """
    config = load(root / CONFIG)
    require(config, root, scope=scope)
    artifacts = artifacts_of(config, root)
    key = artifacts.key()
    if not read_only:
        make_state(root, artifacts)
    ledger = Ledger.open(ledger_url(config, folder=root, environ=os.environ), read_only=read_only)
    try:
        _refuse_another(ledger, artifacts, key)
    except BaseException:  # an interrupt too: the ledger is closed
        ledger.close()
        raise
    return Project(root=root, config=config, ledger=ledger, artifacts=artifacts)


def artifacts_of(config: Config, root: Path) -> Artifacts:
    """The artifacts that the config names. Raises ConfigError for a folder of something else, without searching it."""
    where = artifacts_url(config, folder=root)
    if "://" in where:
        raise ConfigError(f"storage.artifacts is {where!r}", wanted="a folder", do="mount the store and give its path")
    artifacts = Artifacts(Path(where))
    if artifacts.is_foreign():
        raise ConfigError(
            f"storage.artifacts is {where}, which holds something else than weakspot's files",
            wanted="the project's own folder, or an empty one",
            do="put storage.artifacts in weakspot.yaml back to what it was, .weakspot/artifacts by default",
        )
    return artifacts


def _refuse_another(ledger: Ledger, artifacts: Artifacts, key: str | None) -> None:
    with ledger.read() as connection:
        known = progress.get(connection, KEY)
    if key is not None and known is not None and key != known:
        raise LedgerError(
            f"the ledger {ledger.address()} and the artifacts in {artifacts.place('')} belong to different projects",
            wanted=f"ledger and artifacts of one project ({MARKER} there has the key of another one)",
            do="put storage.ledger and storage.artifacts in weakspot.yaml back to what they were",
        )


def make_state(root: Path, artifacts: Artifacts) -> None:
    """Makes DIR/.weakspot, or closes the one that is there to other users; so too a new artifacts folder elsewhere.

    Raises ConfigError when a folder cannot be made or closed.
    """
    try:
        private.folder(root / STATE)
        if not artifacts.place("").exists():
            private.folder(artifacts.place(""), parents=True)
    except OSError as fault:
        raise ConfigError(
            f"{fault.filename} cannot be made or closed to other users: {fault.strerror}",
            wanted="a folder that this user may write",
            do="give this user the folder, or name another one",
        ) from fault


def find(start: Path) -> Path:
    """The nearest folder upward that holds a weakspot.yaml. Raises ConfigError, and for one above of another user.

    Above lies what others may write to, as /tmp: nobody has named that project.
    """
    for folder in (start, *start.parents):
        if (folder / CONFIG).is_file():
            if folder != start and _is_of_another_user(folder / CONFIG):
                raise ConfigError(
                    f"{folder / CONFIG} belongs to another user",
                    wanted="a project of your own above the working folder",
                    do=f"if that project is meant, --project {quote(str(folder))}",
                )
            return folder
    raise ConfigError(
        f"no {CONFIG} in {start} or above it",
        do="change into a project, give --project DIR, or make one with `weakspot init DIR --data FILE`",
    )


def _is_of_another_user(path: Path) -> bool:
    """Neither this user's nor the administrator's; never so on systems without user numbers."""
    return hasattr(os, "getuid") and path.stat().st_uid not in (os.getuid(), 0)


@contextmanager
def only_worker(project: Project, what: str = "run") -> Iterator[tuple[str, ...]]:
    """Holds the ledger's lock: one process changes a project at a time, from whichever folder or machine.

    Gives lines a person should read. Raises LedgerError when another process works, or another folder is its home.
    """
    with project.ledger.only_worker(what):
        with project.ledger.begin() as connection:
            key = progress.get(connection, KEY)
            lines = home.settle(connection, project.root, project.ledger.file())
        if key is not None and project.artifacts.key() is None:
            project.artifacts.own(key)
        yield lines
