"""A SQLite file from elsewhere → whether opening it would touch a file beyond it.

    ledger.db, -journal, -wal, -shm ─► irregular: the first that is a pipe, a device, a folder or, beside it, a link
    ledger.db-journal ─► ends with the name of a super-journal ─► names_other_file: do not open the database

A rollback journal left by a killed process is played back when the database is opened. When it ends with the name of a
super-journal, SQLite reads the file of that name and deletes it, wherever it lies (sqlite.org/atomiccommit.html,
"Multi-file commit"). weakspot and Label Studio never commit to two databases at once, so theirs never end with one.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

MAGIC = bytes.fromhex("d9d505f920a163d7")
"""The last bytes of a journal that names a super-journal, as its first ones."""


def journal(database: Path) -> Path:
    """Where SQLite looks for the rollback journal of a database: beside the file itself, where a link leads to one."""
    real = database.resolve()
    return real.with_name(real.name + "-journal")


def irregular(database: Path) -> Path | None:
    """The first file SQLite would open for this database that is there and is not a regular one; None: all are.

    To open a pipe waits for whoever writes to it, and a link beside the database has SQLite write elsewhere.
    """
    beside = [database.with_name(database.name + end) for end in ("-journal", "-wal", "-shm")]
    for path in (database.resolve(), *beside):
        try:
            if not stat.S_ISREG(path.lstat().st_mode):
                return path
        except OSError:
            continue  # Not there, or out of reach: whoever opens it says so.
    return None


def names_other_file(database: Path) -> bool:
    """Whether the journal of this database names another file. Raises OSError when it is there and cannot be read."""
    try:
        with journal(database).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - len(MAGIC), 0))
            return size > len(MAGIC) and file.read() == MAGIC
    except FileNotFoundError:
        return False
