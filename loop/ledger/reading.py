"""A SQLite ledger for those who may read and not write: a read-only disk, or a folder of somebody else.

    can be written ───────────────────────────────► as usual: readers and the writer share the -shm file
    cannot, no -wal file or an empty one ─────────► immutable=1: nothing is locked, nothing is made
    cannot, and -wal holds commits ───────────────► a copy of both in a temporary folder, read there

SQLite reads a database in WAL mode only where it can make or write the -shm file (https://sqlite.org/wal.html,
"Read-Only Databases"). A copy is as of the moment it was made, and so is an immutable look.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from loop.errors import LedgerError
from loop.ledger.strangers import refuse_files

ATTEMPTS = 10


@dataclass(frozen=True)
class Readable:
    """How a file that cannot be written is read."""

    original: Path
    file: Path
    options: Mapping[str, str] = field(default_factory=dict)
    """Of the database's URI."""
    folder: Path | None = None
    """Temporary; removed by `close`."""

    def close(self) -> None:
        """Removes the copy."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def readable(file: Path) -> Readable | None:
    """How to read a ledger; None: as usual. Raises LedgerError when it is not there or cannot be read."""
    if not file.exists():
        raise LedgerError(f"no ledger at {file}", do="start with `weakspot init` and `weakspot run`")
    refuse_files(file)
    log = file.with_name(file.name + "-wal")
    if _shared(file, log):
        return None
    if not os.access(file, os.R_OK):
        raise LedgerError(f"{file}: you have no right to read it", do="ask its owner for the right to read")
    if not log.exists() or log.stat().st_size == 0:
        return Readable(file, file, {"immutable": "1"})
    return _copied(file, log)


def _shared(file: Path, log: Path) -> bool:
    """Whether SQLite itself can open it: it needs to write -shm, or to make both files beside the database."""
    index = file.with_name(file.name + "-shm")
    if log.exists() and index.exists():
        return os.access(file, os.R_OK) and os.access(log, os.R_OK) and os.access(index, os.W_OK)
    return os.access(file.parent, os.W_OK) and os.access(file, os.W_OK)


def _copied(file: Path, log: Path) -> Readable:
    folder = Path(tempfile.mkdtemp(prefix="weakspot-read-"))
    try:
        for _ in range(ATTEMPTS):
            before = _state(file, log)
            for path in (file, log):
                shutil.copyfile(path, folder / path.name)
            # A commit or a checkpoint in between would make two halves that do not belong together.
            if _state(file, log) == before:
                return Readable(file, folder / file.name, folder=folder)
    except OSError as fault:
        shutil.rmtree(folder, ignore_errors=True)
        raise LedgerError(
            f"{file} cannot be copied to {folder}: {fault.strerror}",
            wanted="the rights to read it and its -wal file, and room for a copy",
            do="run any weakspot command as the owner of the folder, or set TMPDIR to a larger disk",
        ) from fault
    shutil.rmtree(folder, ignore_errors=True)
    raise LedgerError(f"{file} is being written to all the time", do="try again in a moment")


def _state(*paths: Path) -> list[tuple[int, int]]:
    return [(found.st_size, found.st_mtime_ns) for found in (path.stat() for path in paths)]
