"""What a killed upgrade of weakspot up to 0.1 left in SQLite: there, tables and columns were made one by one.

    no version, a version table, our tables and all empty ─► all dropped
    version N, and more than the schema of N              ─► added tables that are empty, added columns of one value
                                                             alike, Alembic's tables of passage: dropped
    anything that holds rows                              ─► LedgerError

The schema of N is not written down twice: the migrations make it in a database in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection, create_engine, inspect, text

from loop.errors import LedgerError
from loop.ledger.schema import metadata

VERSION_TABLE = "alembic_version"
PASSAGE = "_alembic_tmp_"
"""Prefix of the tables that Alembic copies rows through."""
Columns = Mapping[str, frozenset[str]]
"""Table → its columns."""


def is_begun(connection: Connection) -> bool:
    """Whether a database without a version is the beginning of one of ours, and empty so far."""
    found = _columns(connection)
    if VERSION_TABLE not in found:
        return False
    ours = {name: {column.name for column in table.columns} for name, table in metadata.tables.items()}
    tables = {name: columns for name, columns in found.items() if name != VERSION_TABLE}
    return all(columns <= ours.get(name, set()) for name, columns in tables.items()) and not any(
        _rows(connection, name) for name in tables
    )


def undo(connection: Connection, version: str | None, *, upgrade: Callable[[Connection, str], None]) -> None:
    """Drops what an upgrade from `version` began and did not finish; nothing, as a rule. Raises LedgerError."""
    if connection.dialect.name != "sqlite":
        return  # PostgreSQL has always made a whole upgrade or nothing.
    found, wanted = _columns(connection), _expected(version, upgrade)
    _drop(connection, [name for name in found if name.startswith(PASSAGE)])
    added = [name for name in found if name not in wanted and not name.startswith(PASSAGE)]
    full = [name for name in added if _rows(connection, name)]
    if full:
        raise _unknown(f"holds rows in tables that schema {version} does not have ({', '.join(sorted(full)[:3])})")
    _drop(connection, added)
    for table, columns in wanted.items():
        for column in sorted(found.get(table, frozenset()) - columns):
            _drop_column(connection, table, column)


def _expected(version: str | None, upgrade: Callable[[Connection, str], None]) -> Columns:
    if version is None:
        return {}
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        upgrade(connection, version)
        found = _columns(connection)
    engine.dispose()
    return found


def _columns(connection: Connection) -> dict[str, frozenset[str]]:
    made = inspect(connection)
    return {name: frozenset(one["name"] for one in made.get_columns(name)) for name in made.get_table_names()}


def _rows(connection: Connection, table: str) -> int:
    return int(connection.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one())


def _drop(connection: Connection, tables: list[str]) -> None:
    # Empty tables, whatever refers to which: the checks wait for the end of the transaction.
    connection.execute(text("PRAGMA defer_foreign_keys=ON"))
    for name in tables:
        connection.execute(text(f'DROP TABLE "{name}"'))


def _drop_column(connection: Connection, table: str, column: str) -> None:
    values = connection.execute(text(f'SELECT count(*) FROM (SELECT DISTINCT "{column}" FROM "{table}")')).scalar_one()
    if int(values) > 1:
        raise _unknown(f"holds values in {table}.{column}, which its schema does not have")
    connection.execute(text(f'ALTER TABLE "{table}" DROP COLUMN "{column}"'))


def _unknown(found: str) -> LedgerError:
    return LedgerError(
        f"the ledger {found}",
        wanted="a ledger as weakspot left it",
        do="put back a copy of the file, then `weakspot doctor --mend`",
    )
