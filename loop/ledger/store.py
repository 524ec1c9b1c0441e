"""Opening the ledger: URL → engine with the schema in place; every database fault becomes a LedgerError.

Ledger.open(url)                  for the one process that works; creates and checks the schema
Ledger.open(url, read_only=True)  for viewers; never blocks the worker, never creates anything
with ledger.begin() as row:       one transaction: all of it or nothing
with ledger.read() as row:        a consistent look
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from loop.errors import LedgerError
from loop.ledger.migrating import bring_to_head, check_schema

BUSY_SECONDS = 15


class Ledger:
    """An open ledger. State: one connection pool, closed by `close()` or the `with` statement."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str, *, read_only: bool = False, busy_seconds: float = BUSY_SECONDS) -> Ledger:
        """Opens `url` (sqlite:///relative.db, sqlite:////absolute.db, postgresql://user@host/name).

        Raises LedgerError when it cannot be reached, is locked, or has another schema than this version.
        """
        parsed = _parse(url)
        if parsed.get_backend_name() == "sqlite":
            engine = _sqlite(parsed, read_only=read_only, busy_seconds=busy_seconds)
        else:
            engine = create_engine(parsed, pool_pre_ping=True)
        with _told(parsed), engine.connect() as connection:
            if read_only:
                check_schema(connection)
            else:
                bring_to_head(connection)
        return cls(engine)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, rolled back on any error."""
        with _told(self._engine.url), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading."""
        with _told(self._engine.url), self._engine.connect() as connection:
            yield connection

    def address(self) -> str:
        """Where it lies, for people: a file, or the URL with any password masked."""
        return _shown(self._engine.url)

    def close(self) -> None:
        """Gives the connections back."""
        self._engine.dispose()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql" and parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError) as fault:
        raise LedgerError(
            "storage.ledger is not a database address",
            wanted="sqlite:///path/ledger.db or postgresql://user@host/name",
            do="correct storage.ledger in weakspot.yaml",
        ) from fault
    return parsed


def _sqlite(url: URL, *, read_only: bool, busy_seconds: float) -> Engine:
    file = Path(url.database or "")
    if not url.database or url.database == ":memory:":
        raise LedgerError("storage.ledger names no file", wanted="sqlite:///path/ledger.db")
    if read_only and not file.exists():
        raise LedgerError(f"no ledger at {file}", do="start with `weakspot init` and `weakspot run`")
    if not read_only:
        file.parent.mkdir(parents=True, exist_ok=True)
    # A URI, where ?, # and % in a folder's name would mean something else.
    target = url.set(
        database=f"file:{quote(str(file.resolve()))}", query={"mode": "ro" if read_only else "rwc", "uri": "true"}
    )
    engine = create_engine(target, connect_args={"timeout": busy_seconds})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA busy_timeout={int(busy_seconds * 1000)}")
        connection.execute("PRAGMA foreign_keys=ON")
        if not read_only:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")

    return engine


@contextmanager
def _told(url: URL) -> Iterator[None]:
    """Turns a database fault into one line for a person."""
    try:
        yield
    except ModuleNotFoundError as fault:
        raise LedgerError(
            f"the driver {fault.name} for {url.get_backend_name()} is not installed",
            do='pip install "weakspot[postgresql]"',
        ) from fault
    except DBAPIError as fault:
        raise _explained(fault, url) from fault
    except SQLAlchemyError as fault:
        raise LedgerError(f"the ledger refused: {str(fault).splitlines()[0]}") from fault


def _explained(fault: DBAPIError, url: URL) -> LedgerError:
    cause = str(fault.orig).strip().splitlines()[0] if str(fault.orig).strip() else type(fault.orig).__name__
    where = _shown(url)
    if "database is locked" in cause:
        return LedgerError(
            "the ledger is locked by another process",
            wanted="one `weakspot run` at a time",
            do="wait for the other run to end, or stop it; nothing was lost",
        )
    if "not a database" in cause or "malformed" in cause:
        return LedgerError(f"{where} is damaged: {cause}", do="put back a copy of the file, then `weakspot run`")
    if "is full" in cause:
        return LedgerError(
            f"the disk is full while writing {where}",
            do="free some space and run `weakspot run` again: it goes on where it stopped",
        )
    if "readonly" in cause or "unable to open" in cause:
        return LedgerError(f"{where}: {cause}", do="check that the folder exists and is writable")
    return LedgerError(f"{where}: {cause}", do="`weakspot doctor` checks the connection")


def _shown(url: URL) -> str:
    """A file as people know it, or the address with any password masked."""
    if url.get_backend_name() == "sqlite":
        return unquote(str(url.database).removeprefix("file:"))
    return url.render_as_string(hide_password=True)
