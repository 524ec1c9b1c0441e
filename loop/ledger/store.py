"""Opening the ledger: URL → engine with the schema in place; every database fault becomes a LedgerError.

Ledger.open(url)                  for the one process that works; creates and checks the schema
Ledger.open(url, read_only=True)  for viewers; never blocks the worker, never creates anything
with ledger.begin() as row:       one transaction: all of it or nothing; writers wait for each other
with ledger.read() as row:        a consistent look
with ledger.only_worker("run"):   one worker a ledger (`loop.ledger.worker`); its transactions are fenced

A SQLite file that can be read and not written is opened by `loop.ledger.reading`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from loop.errors import LedgerError
from loop.ledger.engine import address, sqlite_engine, sqlite_file, writing
from loop.ledger.migrating import bring_to_head, check_schema
from loop.ledger.reading import Readable, readable
from loop.ledger.records import json_value
from loop.ledger.worker import Worker, hold
from loop.secrets import hidden, is_secret, masked

BUSY_SECONDS = 15


class Ledger:
    """An open ledger. State: one connection pool, closed by `close()`; the worker's lock while it is held."""

    def __init__(self, engine: Engine, *, copy: Readable | None = None) -> None:
        self._engine = engine
        self._copy = copy
        self._worker: Worker | None = None

    @classmethod
    def open(cls, url: str, *, read_only: bool = False, busy_seconds: float = BUSY_SECONDS) -> Ledger:
        """Opens `url` (sqlite:///relative.db, sqlite:////absolute.db, postgresql://user@host/name).

        Raises LedgerError when it cannot be reached, is locked, or has another schema than this version.
        """
        parsed = address(url)
        copy = readable(sqlite_file(parsed)) if read_only and parsed.get_backend_name() == "sqlite" else None
        if parsed.get_backend_name() == "sqlite":
            engine = sqlite_engine(parsed, read_only=read_only, busy_seconds=busy_seconds, copy=copy)
        else:
            engine = _server_engine(parsed)
        ledger = cls(engine, copy=copy)
        try:
            ledger._prepare(read_only=read_only)
        except BaseException:  # an interrupt too: no connection and no copy stays open
            ledger.close()
            raise
        return ledger

    @classmethod
    def look(cls, url: str) -> Ledger | None:
        """Opens `url` for reading whatever its schema is; None for a SQLite file that is not there. Raises LedgerError.

        For a look before anything is changed: only tables of the first schema may be relied on.
        """
        parsed = address(url)
        if parsed.get_backend_name() != "sqlite":
            ledger = cls(_server_engine(parsed))
            with ledger.read():
                return ledger
        file = sqlite_file(parsed)
        if not file.exists():
            return None
        copy = readable(file)
        return cls(sqlite_engine(parsed, read_only=True, busy_seconds=BUSY_SECONDS, copy=copy), copy=copy)

    def _prepare(self, *, read_only: bool) -> None:
        with _map_db_errors(self._engine.url):
            if read_only:
                with self._engine.connect() as connection:
                    check_schema(connection)
            else:
                bring_to_head(self._engine.connect, lambda: writing(self._engine))

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, rolled back on any error.

        Raises LedgerError when this process is the worker no longer: nothing is written then.
        """
        with _map_db_errors(self._engine.url):
            if self._worker is not None:
                self._worker.keep()
            with writing(self._engine) as connection:
                if self._worker is not None:
                    self._worker.check(connection)
                yield connection

    @contextmanager
    def only_worker(self, what: str) -> Iterator[None]:
        """Holds the ledger's lock: one process works on a ledger at a time, wherever it runs.

        what: the command, for the message others get. Raises LedgerError when another one holds it.
        """
        with _map_db_errors(self._engine.url), hold(self._engine, lambda: writing(self._engine), what=what) as worker:
            self._worker = worker
            try:
                yield
            finally:
                self._worker = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading."""
        with _map_db_errors(self._engine.url), self._engine.connect() as connection:
            yield connection

    def address(self) -> str:
        """Where it lies, for people: a file, or the URL with any password masked."""
        return str(self._copy.original) if self._copy is not None else _shown(self._engine.url)

    def refuse_damage(self) -> None:
        """Reads the whole file of a SQLite ledger. Raises LedgerError when its pages do not fit together."""
        if self._engine.url.get_backend_name() == "sqlite":
            with self.read() as connection:
                found = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
            if found != "ok":
                raise _damaged(self.address(), str(found).splitlines()[-1])

    def file(self) -> Path | None:
        """The SQLite file; None on a server."""
        if self._copy is not None:
            return self._copy.original
        return Path(_shown(self._engine.url)) if self._engine.url.get_backend_name() == "sqlite" else None

    def close(self) -> None:
        """Gives the connections back."""
        self._engine.dispose()
        if self._copy is not None:
            self._copy.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _server_engine(url: URL) -> Engine:
    """Raises LedgerError when the driver is not installed."""
    try:
        return create_engine(url, pool_pre_ping=True, json_deserializer=json_value)
    except ModuleNotFoundError as fault:
        raise LedgerError(
            f"the driver {fault.name} for {url.get_backend_name()} is not installed",
            do='pip install "weakspot[postgresql]"',
        ) from fault


def _secrets(url: URL) -> list[str]:
    """What no message may repeat: the password, and every value of the query that is one."""
    found = [str(url.password)] if url.password else []
    for name, given in url.query.items():
        if is_secret(name):
            found += [given] if isinstance(given, str) else list(given)
    return found


@contextmanager
def _map_db_errors(url: URL) -> Iterator[None]:
    """Turns a database error into a LedgerError of one line; any other error passes."""
    try:
        yield
    except DBAPIError as fault:
        # Without its cause, whose text may quote the address.
        raise _explained(fault, url) from None
    except SQLAlchemyError as fault:
        raise LedgerError(f"the ledger refused: {hidden(str(fault).splitlines()[0], _secrets(url))}") from None


def _damaged(where: str, cause: str) -> LedgerError:
    """A database that was put back without its -wal file, or beside one of another day, reads as a damaged one."""
    wal = Path(f"{where}-wal")
    do = "put back a copy of the file, then `weakspot run`"
    if wal.is_file() and wal.stat().st_size:
        do = (
            f"if {Path(where).name} was put back from a copy, move {wal.name} and {Path(where).name}-shm out of its "
            "folder, for they belong to the file that was there before; else put back a copy of all three"
        )
    return LedgerError(f"{where} is damaged: {cause}", do=do)


def _explained(fault: DBAPIError, url: URL) -> LedgerError:
    told = str(fault.orig).strip()
    cause = hidden(told.splitlines()[0], _secrets(url)) if told else type(fault.orig).__name__
    where = _shown(url)
    if "database is locked" in cause:
        return LedgerError(
            "the ledger is locked by another process",
            wanted="one `weakspot run` at a time",
            do="wait for the other run to end, or stop it; nothing was lost",
        )
    if "not a database" in cause or "malformed" in cause:
        return _damaged(where, cause)
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
    return masked(hidden(url.render_as_string(hide_password=True), _secrets(url)))
