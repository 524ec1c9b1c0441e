"""A SQLite ledger from elsewhere → refused before a query can run what its schema or its files hold.

    ledger.db, -journal, -wal, -shm ─► refuse_files: each is a regular file, or not there; a pipe would be waited for
    each connection                 ─► defend: no view, trigger, virtual table or generated column, values limited

weakspot's schema has tables and indexes alone. A view in the place of a table computes what is read from it: without
end, or more than memory holds; a trigger does so with each write (https://sqlite.org/security.html).
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from loop import sqlite_journal
from loop.errors import LedgerError

LONGEST = 256 << 20
"""Bytes of a value or of a row."""
_NAMES = 80
_COMPUTED = f"""
SELECT type, substr(name, 1, {_NAMES}) FROM sqlite_master WHERE type NOT IN ('table', 'index')
UNION ALL
SELECT 'virtual table', substr(name, 1, {_NAMES}) FROM sqlite_master WHERE type = 'table' AND rootpage = 0
LIMIT 1
"""
_GENERATED = f"""
SELECT 'generated column', substr(columns.name, 1, {_NAMES})
FROM sqlite_master AS tables, pragma_table_xinfo(tables.name) AS columns
WHERE tables.type = 'table' AND columns.hidden != 0
LIMIT 1
"""


def refuse_files(file: Path) -> None:
    """Raises LedgerError when the database or a file that SQLite opens beside it is there and not a regular file."""
    odd = sqlite_journal.irregular(file)
    if odd is not None:
        raise LedgerError(
            f"{odd} is not a regular file",
            wanted="a ledger that weakspot wrote",
            do="do not trust this project; if it is yours, put the file back from a copy",
        )


def defend(connection: sqlite3.Connection, file: Path) -> None:
    """Limits what a new connection may be made to do. Raises LedgerError for a schema that computes."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    # One after the other: the columns of a virtual table are known only when its module has run.
    found = connection.execute(_COMPUTED).fetchone() or connection.execute(_GENERATED).fetchone()
    if found is not None:
        kind, name = found
        raise LedgerError(
            f"the ledger {file} holds the {kind} {name!r}, which would run with each look or each write",
            wanted="a ledger that weakspot wrote: it has tables and indexes alone",
            do="do not trust this project; if it is yours, put back a copy of the ledger",
        )
