"""Insert-or-update, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

ROWS_AT_ONCE = 500
"""SQLite allows some 32,000 bound values in one statement; the widest table has 19 columns."""


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes rows by primary key: new ones are added, known ones get the new values."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    keys = [column.name for column in table.primary_key.columns]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        statement = insert(table).values([dict(row) for row in rows[start : start + ROWS_AT_ONCE]])
        others = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=others))
