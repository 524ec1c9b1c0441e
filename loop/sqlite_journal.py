"""A SQLite file from elsewhere → whether opening it would touch a file beyond it.

    ledger.db-journal ─► ends with the name of a super-journal ─► names_other_file: do not open the database

A rollback journal left by a killed process is played back when the database is opened. When it ends with the name of a
super-journal, SQLite reads the file of that name and deletes it, wherever it lies (sqlite.org/atomiccommit.html,
"Multi-file commit"). weakspot and Label Studio never commit to two databases at once, so theirs never end with one.
"""

from __future__ import annotations

import os
from pathlib import Path

MAGIC = bytes.fromhex("d9d505f920a163d7")
"""The last bytes of a journal that names a super-journal, as its first ones."""


def journal(database: Path) -> Path:
    """Where SQLite looks for the rollback journal of a database: beside the file itself, where a link leads to one."""
    real = database.resolve()
    return real.with_name(real.name + "-journal")


def names_other_file(database: Path) -> bool:
    """Whether the journal of this database names another file. Raises OSError when it is there and cannot be read."""
    try:
        with journal(database).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - len(MAGIC), 0))
            return size > len(MAGIC) and file.read() == MAGIC
    except FileNotFoundError:
        return False
