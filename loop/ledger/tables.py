"""Insert-or-update, the same on SQLite and PostgreSQL, and the law that no row changes what it is about.

    rows ─► do known rows keep their fixed columns? ─► insert, or update by primary key
                         │ no
                         ▼
                    LedgerError, nothing written

A column is fixed by `info=FIXED` in the schema: an answer's question, a pick's example.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, String, Table, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from loop.errors import LedgerError
from loop.ledger.schema import is_fixed

ROWS_AT_ONCE = 500
"""SQLite allows some 32,000 bound values in one statement; the widest table has 19 columns."""


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes rows by primary key: new ones are added, known ones get the new values.

    Raises LedgerError for a row that is known and is about something else.
    """
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    keys = [column.name for column in table.primary_key.columns]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        batch = [_fitted(table, row) for row in rows[start : start + ROWS_AT_ONCE]]
        _refuse_moves(connection, table, batch)
        statement = insert(table).values(batch)
        others = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=others))


def _fitted(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as PostgreSQL takes it and SQLite would take in any case: no NUL, no text longer than its column.

    A longer text is cut, and ends in a hash of the whole one: two that begin alike stay two.
    """
    return {name: _fit(value, table.columns[name].type) for name, value in row.items()}


def _fit(value: Any, kind: Any) -> Any:
    if not isinstance(value, str) or not isinstance(kind, String):
        return value
    text = value.replace("\x00", "\ufffd")
    if kind.length is None or len(text) <= kind.length:
        return text
    mark = "…" + hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=4).hexdigest()
    return text[: kind.length - len(mark)] + mark


def _refuse_moves(connection: Connection, table: Table, batch: Sequence[Mapping[str, Any]]) -> None:
    fixed = [column for column in table.columns if is_fixed(column) and column.name in batch[0]]
    if not fixed:
        return
    keys = list(table.primary_key.columns)
    known = {tuple(row[: len(keys)]): row for row in connection.execute(_named(keys, fixed, batch)).all()}
    for row in batch:
        was = known.get(tuple(row[key.name] for key in keys))
        for column in fixed:
            if was is not None and was._mapping[column.name] != row[column.name]:
                key = ", ".join(str(row[one.name]) for one in keys)
                raise LedgerError(
                    f"row {key} of {table.name} has {column.name} {was._mapping[column.name]}, "
                    f"and {row[column.name]} was to be written over it",
                    wanted="keys that are never given twice: no row changes what it is about",
                    do="nothing was written; `weakspot verify` shows that the ledger is as it was",
                )


def _named(keys: Sequence[Column[Any]], fixed: Sequence[Column[Any]], batch: Sequence[Mapping[str, Any]]) -> Any:
    names = [tuple(row[key.name] for key in keys) for row in batch]
    return select(*keys, *fixed).where(tuple_(*keys).in_(names))
