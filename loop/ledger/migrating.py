"""The schema's version: an empty database is brought to head, an older one is upgraded, a foreign one refused.

    version = head ─► nothing to do, and nothing is locked
    else ─► one transaction: lock ─► version again ─► leftovers of a killed upgrade undone ─► Alembic ─► commit

Alembic does the work; its environment is loop/ledger/migrations. The version is kept in the table alembic_version.
One upgrade at a time: SQLite's write lock, PostgreSQL's advisory lock. A kill leaves the old schema or the new one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from loop.errors import LedgerError
from loop.ledger import leftovers

FOLDER = Path(__file__).parent / "migrations"
LOCK = 0x7765616B_0001
LOCK_TIMEOUT = "60s"


def head() -> str:
    """The version this code needs."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    assert found is not None
    return found


def version(connection: Connection) -> str | None:
    """The version the database has; None when it has none."""
    return MigrationContext.configure(connection).get_current_revision()


Connect = Callable[[], AbstractContextManager[Connection]]


def bring_to_head(read: Connect, begin: Connect) -> None:
    """Creates or upgrades the schema: a look with `read`, then all in one transaction of `begin`.

    Raises LedgerError for tables that are not ours, for a newer version, and for a half-made schema that holds rows.
    """
    with read() as connection:
        if version(connection) == head():
            return
    with begin() as connection:
        _lock(connection)
        # Another process may have upgraded it while this one waited.
        found = version(connection)
        if found == head():
            return
        _refuse_foreign(connection, found)
        leftovers.undo(connection, found, upgrade=upgrade)
        upgrade(connection, "head")


def upgrade(connection: Connection, revision: str) -> None:
    """Runs the migrations up to `revision` in the connection's transaction."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def check_schema(connection: Connection) -> None:
    """For readers: raises LedgerError unless the version is the one this code needs."""
    found = version(connection)
    if found == head():
        return
    _refuse_foreign(connection, found)
    raise LedgerError(
        f"the ledger has schema {found or 'none'}",
        wanted=f"schema {head()}",
        do="`weakspot doctor --mend` upgrades it and keeps what is in it",
    )


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def _refuse_foreign(connection: Connection, found: str | None) -> None:
    tables = set(inspect(connection).get_table_names())
    if found is None and tables and not leftovers.is_begun(connection):
        raise LedgerError(
            f"the database holds tables without a weakspot version ({', '.join(sorted(tables)[:3])})",
            wanted="an empty database or a weakspot ledger",
            do="give storage.ledger another database",
        )
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        raise LedgerError(
            f"the ledger has schema {found}, unknown to this weakspot",
            wanted=f"schema {head()}",
            do="it was made by another version: upgrade weakspot with `pip install -U weakspot`",
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config
