"""What `weakspot init` leaves on the disk, in an order in which a kill at any point is harmless.

    does the ledger or the folder hold a project? ─► refused, nothing changed
    lock ─► project.json ─► pool, retention ─► ledger: key, home, seed labels ─► weakspot.yaml ─► ledger: created

Without weakspot.yaml the folder is not a project, and init may be called again: what the ledger then holds is the
beginning of this very project. With "created", or a round, it is a project whose weakspot.yaml was removed.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, func, inspect, select

from loop import durable, home, private
from loop.artifact_names import POOL, RETENTION
from loop.artifacts import Artifacts
from loop.config import Config, ledger_url
from loop.errors import ConfigError
from loop.kept_config import KEPT_CONFIG
from loop.ledger import Ledger, people, progress, schema
from loop.ledger.leaks import put_leaks
from loop.ledger.worker import WORKER
from loop.pool import Built, write_table
from loop.pool.store import Pool
from loop.project import CONFIG, CREATED, KEY, POOL_FILE, STATE, artifacts_of, make_state
from loop.records import Label, Leak, Role
from loop.roles import assign_roles
from loop.rounds import settings
from loop.rounds.context import now
from loop.rounds.leaks import between, said
from loop.rounds.retention import RETENTION_FILE
from loop.trust import approve, refuse_foreign


@dataclass(frozen=True, slots=True)
class Holding:
    """What a ledger holds before init."""

    project: bool
    """A key, a label or a round."""
    begun: bool
    """It was created to the end, or has a round."""
    home: str
    """The folder that works on it; empty when it is not written down."""


def write_project(folder: Path, config: Config, text: str, built: Built, *, kept: Any) -> tuple[str, ...]:
    """Writes pool, ledger and, last, weakspot.yaml; lines about leaks.

    Raises ConfigError when ledger or folder hold a project, ArtifactError and LedgerError when they cannot be written.
    """
    artifacts, url = artifacts_of(config, folder), ledger_url(config, folder=folder, environ=os.environ)
    _refuse_taken(folder, artifacts, url)
    _make(folder)
    refuse_foreign(folder / STATE / config.labeler.kind, folder)
    make_state(folder, artifacts)
    with Ledger.open(url) as ledger, ledger.only_worker("init"):
        _refuse_taken(folder, artifacts, url)
        key = uuid.uuid4().hex
        artifacts.own(key)
        _write_tables(artifacts, built, kept)
        pool = Pool.open(artifacts.open(POOL) / POOL_FILE)
        seed = _seed(pool, config)
        leaking = _leaking(pool, seed, config)
        with ledger.begin() as connection:
            _clear(connection)
            progress.put(connection, KEY, key)
            settings.remember(connection, config)
            home.settle(connection, folder, ledger.file())
            people.put_labels(connection, seed)
            put_leaks(connection, leaking)
        approve(config, folder, origin="made")
        _write_config(folder, text)
        with ledger.begin() as connection:
            progress.put(connection, CREATED, now())
    return tuple(f"{line}." for line in said(leaking, noun="label" if config.labels else "prompt"))


def _refuse_taken(folder: Path, artifacts: Artifacts, url: str) -> None:
    ledger = Ledger.look(url)
    if ledger is None:
        _refuse_rounds(artifacts, address="")
        return
    with ledger:
        with ledger.read() as connection:
            found = _holding(connection)
        file, address = ledger.file(), ledger.address()
    own = (file is not None and file.is_relative_to(folder.resolve())) or found.home == str(folder.resolve())
    if not found.project:
        _refuse_rounds(artifacts, address=address)
    elif not own:
        raise ConfigError(
            f"the ledger {address} holds a project already" + (f", that of {found.home}" if found.home else ""),
            wanted="a database of its own for each project",
            do="give storage.ledger another one, as --set storage.ledger=sqlite:///.weakspot/ledger.db",
        )
    elif found.begun:
        raise _without_config(folder)


def _refuse_rounds(artifacts: Artifacts, *, address: str) -> None:
    if any(name.startswith("rounds/") for name in artifacts.names()):
        raise ConfigError(
            f"{artifacts.place('')} holds the rounds of a project, and its ledger {address or 'is gone'}"
            + (" does not know them" if address else ""),
            wanted="a folder without a project",
            do="put the ledger back from a copy, or name another folder",
        )


def _without_config(folder: Path) -> ConfigError:
    kept = folder / STATE / KEPT_CONFIG
    back = f"`cp {kept} {folder / CONFIG}` puts it back as it was last used" if kept.is_file() else "put it back"
    return ConfigError(
        f"{folder / STATE} holds a project whose {CONFIG} is gone",
        wanted=f"its {CONFIG}, or another folder for a new project",
        do=f"{back}; or name another folder",
    )


def _holding(connection: Connection) -> Holding:
    if not {"meta", "labels", "rounds"} <= set(inspect(connection).get_table_names()):
        return Holding(project=False, begun=False, home="")
    rounds, labels = (
        int(connection.execute(select(func.count()).select_from(table)).scalar_one())
        for table in (schema.rounds, schema.labels)
    )
    key, created = progress.get(connection, KEY), progress.get(connection, CREATED)
    where = str(home.read(connection).get("path", ""))
    return Holding(bool(key or labels or rounds), bool(created or rounds), where)


def _clear(connection: Connection) -> None:
    """What an init that was killed had written: there is no round yet, so nothing else can be there."""
    for table in (schema.labels, schema.leaks, schema.preferences):
        connection.execute(delete(table))
    connection.execute(delete(schema.meta).where(schema.meta.c.key != WORKER))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise ConfigError(
            f"{folder} cannot be made: {fault.strerror}", wanted="a folder", do="name another one"
        ) from fault


def _write_tables(artifacts: Artifacts, built: Built, kept: Any) -> None:
    with artifacts.writing(POOL) as place:
        write_table(built.table, place / POOL_FILE)
    if kept is None:
        artifacts.remove(RETENTION)
        return
    with artifacts.writing(RETENTION) as place:
        write_table(kept, place / RETENTION_FILE)


def _write_config(folder: Path, text: str) -> None:
    try:
        private.folder(folder / STATE)
        durable.write(folder / STATE / KEPT_CONFIG, text)
        durable.write(folder / CONFIG, text)
    except OSError as fault:
        raise ConfigError(
            f"{folder / CONFIG} cannot be written: {fault.strerror}",
            do="make room or get the right to write there, then run the same command again",
        ) from fault


def _leaking(pool: Pool, seed: Sequence[Label], config: Config) -> Sequence[Leak]:
    """Seed examples to be trained on whose twins are dev; what is near gold was set aside before."""
    trained, dev = ([one.example_id for one in seed if one.role is role] for role in (Role.TRAIN, Role.DEV))
    return between(pool, trained, {"dev": dev}, contexts=config.data.context is not None, round_=None)


def _seed(pool: Pool, config: Config) -> Sequence[Label]:
    labels = pool.seed_labels()
    # A role looks after classes: references, all different, are one class.
    classes = labels if config.task == "classification" else dict.fromkeys(labels, "")
    roles = assign_roles(classes, known=(), share=config.dev.share)
    return [
        Label(id_, label, roles[id_], source="seed", round=None, annotations=0, agreement=None)
        for id_, label in sorted(labels.items())
    ]
