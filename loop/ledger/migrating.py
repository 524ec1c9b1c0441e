"""The schema's version: an empty database is brought to head, an older one is upgraded, a foreign one refused.

Alembic does the work; its environment is loop/ledger/migrations. The version stands in the table alembic_version.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from loop.errors import LedgerError

FOLDER = Path(__file__).parent / "migrations"


def head() -> str:
    """The version this code needs."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    assert found is not None
    return found


def version(connection: Connection) -> str | None:
    """The version the database has; None when it has none."""
    return MigrationContext.configure(connection).get_current_revision()


def bring_to_head(connection: Connection) -> None:
    """Creates or upgrades the schema. Raises LedgerError for tables that are not ours or a newer version."""
    found = version(connection)
    if found == head():
        return
    _refuse_foreign(connection, found)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()


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


def _refuse_foreign(connection: Connection, found: str | None) -> None:
    tables = set(inspect(connection).get_table_names())
    if found is None and tables:
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
