"""One worker a ledger, kept by the database itself: a second one is refused, one that lost its lock writes nothing.

    SQLite       a lock file beside the database file; the system releases it when its owner dies
    PostgreSQL   an advisory lock of a session that is held open; taken again when the connection was cut

    lock ─► meta "worker": token, host, process ─► each transaction of the worker: is the token still mine? ─► writes
                                                                          another one took over ─► LedgerError

The token is the fence (Kleppmann 2016, "How to do distributed locking"): a lock of a session can be lost unnoticed.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote
from uuid import uuid4

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import DBAPIError

from loop import processes
from loop.errors import LedgerError
from loop.ledger import progress, schema

WORKER = "worker"
"""Key in meta: who works."""
SUFFIX = ".lock"
GRACE_SECONDS = 5.0
"""How long the lock of an owner that has ended may still be held by the database before that is reported."""
RETRY_SECONDS = 0.1
CLASS = 0x7765616B
"""First number of the advisory lock; the second one is the schema, so that each has a lock of its own."""

Begin = Callable[[], AbstractContextManager[Connection]]


class Lock(Protocol):
    """What keeps others out."""

    def take(self) -> bool:
        """Whether it is held now; does not wait."""

    def keep(self) -> bool:
        """Whether it is still held, or could be taken again at once."""

    def release(self) -> None:
        """Gives it back."""


class Worker:
    """This process as the one worker of a ledger."""

    def __init__(self, lock: Lock, token: str, begin: Begin) -> None:
        self._lock, self._token, self._begin = lock, token, begin

    def keep(self) -> None:
        """Takes a lost lock again. Raises LedgerError when another worker has it."""
        deadline = time.monotonic() + GRACE_SECONDS
        while not self._lock.keep():
            with self._begin() as connection:
                self.check(connection)
            if time.monotonic() > deadline:
                raise _lost({})
            time.sleep(RETRY_SECONDS)

    def sign_off(self) -> None:
        """Nobody works any more, unless another one has taken over."""
        with self._begin() as connection:
            if _read(connection).get("token") == self._token:
                progress.put(connection, WORKER, "{}")

    def check(self, connection: Connection) -> None:
        """Inside a transaction that writes: raises LedgerError when another worker has taken over."""
        found = _read(connection, share=True)
        if found.get("token") != self._token:
            raise _lost(found)


@contextmanager
def hold(engine: Engine, begin: Begin, *, what: str) -> Iterator[Worker]:
    """Makes this process the worker for the block. Raises LedgerError when another one is."""
    lock: Lock = _AdvisoryLock(engine) if engine.dialect.name == "postgresql" else _FileLock(engine)
    worker = _taken(lock, begin, what)
    try:
        yield worker
    finally:
        try:
            worker.sign_off()
        finally:
            lock.release()


def owner(connection: Connection) -> Mapping[str, Any]:
    """Who works, as it was written; empty when nobody does. It may have ended without a word."""
    return _read(connection)


def _taken(lock: Lock, begin: Begin, what: str) -> Worker:
    deadline = time.monotonic() + GRACE_SECONDS
    while True:
        held = lock.take()
        with begin() as connection:
            found = _read(connection)
            # Held, and yet the one before lives: its session was cut, and it is about to take its lock again.
            if held and (not _runs(found) or _is_this_process(found)):
                token = uuid4().hex
                progress.put(connection, WORKER, json.dumps(_mine(token, what)))
                return Worker(lock, token, begin)
        if held:
            lock.release()
        if _runs(found) or time.monotonic() > deadline:
            raise _refused(found)
        time.sleep(RETRY_SECONDS)


def _read(connection: Connection, *, share: bool = False) -> dict[str, Any]:
    query = select(schema.meta.c.value).where(schema.meta.c.key == WORKER)
    # On SQLite the transaction holds the write lock; elsewhere a takeover waits until it has ended.
    found = connection.execute(query.with_for_update(read=True) if share else query).scalar()
    value = json.loads(found) if found else {}
    return value if isinstance(value, dict) else {}


def _mine(token: str, what: str) -> dict[str, Any]:
    return {"token": token, "what": what, "host": socket.gethostname(), **processes.identity().as_json()}


def _runs(found: Mapping[str, Any]) -> bool:
    """Known to run: on this machine and alive. Of another machine only the lock tells."""
    written = processes.from_json(found)
    if written is None or found.get("host") != socket.gethostname():
        return False
    return processes.find(written) is not None


def _is_this_process(found: Mapping[str, Any]) -> bool:
    return processes.from_json(found) == processes.identity()


def _refused(found: Mapping[str, Any]) -> LedgerError:
    return LedgerError(
        f"another `weakspot {found.get('what', 'run')}` works on this ledger{_where(found)}",
        wanted="one at a time",
        do="wait for it, or stop it: whatever it began is resumed",
    )


def _lost(found: Mapping[str, Any]) -> LedgerError:
    return LedgerError(
        f"another weakspot has taken this ledger over{_where(found)}",
        wanted="one at a time",
        do="nothing: what this one did until then is kept, and the other one goes on from there",
    )


def _where(found: Mapping[str, Any]) -> str:
    return f" (process {found['pid']} on {found['host']})" if "pid" in found and "host" in found else ""


class _FileLock:
    """SQLite: a file beside the database file, so that every folder that names the database meets the same one."""

    def __init__(self, engine: Engine) -> None:
        file = Path(unquote(str(engine.url.database).removeprefix("file:"))).resolve()
        self._file = file.with_name(file.name + SUFFIX)
        self._lock = FileLock(self._file, timeout=0, mode=0o600)

    def take(self) -> bool:
        try:
            self._lock.acquire()
        except Timeout:
            return False
        except OSError as fault:
            raise LedgerError(
                f"{self._file} cannot be made: {fault.strerror}", do="give the right to write beside the ledger"
            ) from fault
        return True

    def keep(self) -> bool:
        return self._lock.is_locked

    def release(self) -> None:
        self._lock.release()


class _AdvisoryLock:
    """PostgreSQL: a lock of a session, which ends with its connection and so with its process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._session: Connection | None = None

    def take(self) -> bool:
        self._session = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        query = text("SELECT pg_try_advisory_lock(:class, hashtext(current_schema()))")
        if self._session.execute(query, {"class": CLASS}).scalar():
            return True
        self.release()
        return False

    def keep(self) -> bool:
        try:
            if self._session is not None:
                self._session.execute(text("SELECT 1"))
                return True
        except DBAPIError as fault:
            if not fault.connection_invalidated:
                raise
            self.release()
        return self.take()

    def release(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            # Given back to the pool it would keep the lock.
            session.invalidate()
            session.close()
