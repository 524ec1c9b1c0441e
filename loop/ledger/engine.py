"""Address of a ledger → engine: what SQLite must be told so that a transaction is one.

address(url) ─► URL ─► sqlite_engine ─► each connection: foreign keys, no schema that computes, WAL, synchronous=FULL
writing(engine) ─► BEGIN IMMEDIATE ... COMMIT      any other transaction ─► BEGIN

pysqlite begins a transaction only before INSERT, UPDATE and DELETE, so that CREATE and ALTER are committed one by one;
here its own begin is switched off, as in SQLAlchemy's documentation of the dialect, and every transaction is explicit.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from loop import private, sqlite_journal
from loop.errors import LedgerError
from loop.ledger.reading import Readable
from loop.ledger.records import json_value
from loop.ledger.strangers import defend, refuse_files

RETRY_SECONDS = 0.05
DRIVERS = {name: name for name in ("sqlite", "postgresql+psycopg")} | {"postgresql": "postgresql+psycopg"}
"""As people write it → SQLAlchemy's name."""
SQLITE = "sqlite:///"
WRITES = "weakspot_writes"
"""Execution option of a connection whose transactions take the write lock of SQLite at once."""


def address(url: str) -> URL:
    """The parsed address; all that follows sqlite:/// is the file. Raises LedgerError when it is not one."""
    if url.startswith(SQLITE):
        # make_url would take what follows a ? for options, and open another file than the one that was looked at.
        return URL.create("sqlite", database=url.removeprefix(SQLITE))
    parsed = _parsed(url)
    if parsed is None or parsed.drivername not in DRIVERS:
        raise LedgerError(
            "storage.ledger is not a database address",
            wanted="sqlite:///path/ledger.db or postgresql://user@host/name",
            do="correct storage.ledger in weakspot.yaml, or the variable that it names",
        )
    return parsed.set(drivername=DRIVERS[parsed.drivername])


def _parsed(url: str) -> URL | None:
    """None where it is not an address. Raises LedgerError, without a word of it, where its port is not a number."""
    try:
        return make_url(url)
    except ArgumentError:
        return None
    except ValueError:
        raise LedgerError(
            "the port in storage.ledger is not a number (the address is not shown: it may hold a secret)",
            wanted="postgresql://user@host:5432/name",
            do="correct storage.ledger, or the variable it names; write @, : and / in a password as %40, %3A and %2F",
        ) from None


def sqlite_file(url: URL) -> Path:
    """The file of a SQLite address. Raises LedgerError when it names none."""
    if not url.database or url.database == ":memory:":
        raise LedgerError("storage.ledger names no file", wanted="sqlite:///path/ledger.db")
    return Path(url.database).resolve()


def sqlite_engine(url: URL, *, read_only: bool, busy_seconds: float, copy: Readable | None) -> Engine:
    """The engine of a SQLite file.

    Raises LedgerError when its folder cannot be made, when its journal would delete another file, and with each
    connection when its schema is not of tables and indexes alone.
    """
    file = sqlite_file(url)
    refuse_files(file)
    _refuse_journal(file)
    if not read_only:
        _make(file)
    shown = file
    # A URI, where ?, # and % in a folder's name would mean something else.
    query = {"mode": "ro" if read_only else "rwc", "uri": "true"}
    if copy is not None:
        file, query = copy.file, {**query, **copy.options}
    target = url.set(database=f"file:{quote(str(file))}", query=query)
    engine = create_engine(target, connect_args={"timeout": busy_seconds}, json_deserializer=json_value)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        # pysqlite would begin a transaction only before INSERT, UPDATE and DELETE, and never before CREATE or ALTER.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout={int(busy_seconds * 1000)}")
        connection.execute("PRAGMA foreign_keys=ON")
        try:
            defend(connection, shown)
        except BaseException:  # the pool knows nothing of a connection that is not prepared
            connection.close()
            raise
        if not read_only:
            _to_wal(connection, busy_seconds)
            # A commit that a person was told of must outlast a power loss, also in WAL.
            connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES) and not read_only
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _refuse_journal(file: Path) -> None:
    """Before SQLite sees the file: a project may come from anyone."""
    beside = sqlite_journal.journal(file)
    try:
        if not sqlite_journal.names_other_file(file):
            return
    except OSError as fault:
        raise LedgerError(f"{beside} cannot be read: {fault.strerror}", do=f"look at {beside}") from fault
    raise LedgerError(
        f"{beside} names another file, which SQLite would delete when it opens the ledger",
        wanted="a ledger that weakspot wrote: its journals never do",
        do=f"do not trust this project; if it is yours, delete {beside}",
    )


def _to_wal(connection: Any, busy_seconds: float) -> None:
    """Waits as for any lock: SQLite itself does not while the mode changes."""
    deadline = time.monotonic() + busy_seconds
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as fault:
            if "locked" not in str(fault) or time.monotonic() > deadline:
                raise
            time.sleep(RETRY_SECONDS)


def _make(file: Path) -> None:
    """The folder, and the file for its owner alone: SQLite gives the files beside it the same mode."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        private.file(file)
    except OSError as fault:
        raise LedgerError(
            f"the ledger {file} cannot be made: {fault.strerror}",
            do="give the right to write there, or another storage.ledger",
        ) from fault


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that holds SQLite's write lock from its beginning: what it reads stays true until it ends."""
    with engine.connect() as opened:
        connection = opened.execution_options(**{WRITES: True})
        with connection.begin():
            yield connection
