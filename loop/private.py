"""Files and folders that only their owner can read, whatever the umask is.

    folder(path) ─► there, mode 0700     file(path) ─► there, mode 0600     tighten(path) ─► what is below it, too
    content(path) ─► what a regular file holds: no link, no pipe, not more than asked for

A folder that others cannot enter protects everything in it, also the side files that SQLite and other programs make
there with modes of their own. What belongs to another user is left as it is: we could not change it.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

FOLDER = 0o700
FILE = 0o600
OTHERS = 0o077
WRITABLE_BY_OTHERS = 0o022


def folder(path: Path, *, parents: bool = False) -> Path:
    """Makes `path` if it is missing, and closes it to others. `parents` have the usual mode. Raises OSError."""
    if parents:
        path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=FOLDER, exist_ok=True)
    close(path)
    return path


def file(path: Path) -> Path:
    """Makes an empty `path` if it is missing, readable by its owner alone. One that is there stays. Raises OSError."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE))
    return path


def content(path: Path, *, largest: int) -> bytes:
    """What a regular file holds; a link is not followed and a pipe not waited for.

    Raises FileNotFoundError and other OSError, and ValueError for what is no regular file or has over `largest` bytes.
    """
    flags = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, os.O_RDONLY | flags), "rb") as found:
        if not stat.S_ISREG(os.fstat(found.fileno()).st_mode):
            raise ValueError("not a regular file")
        held = found.read(largest + 1)
    if len(held) > largest:
        raise ValueError(f"more than {largest:,} bytes")
    return held


def tighten(path: Path) -> None:
    """Closes `path` and everything below it to others. Links are not followed. Raises OSError."""
    for below, folders, files in os.walk(path):
        for name in (*folders, *files):
            close(Path(below, name))
    close(path)


def close(path: Path, *, to: int = OTHERS) -> None:
    """Takes the rights `to` away from others, where the path is ours and has them. Raises OSError."""
    if os.name != "posix":
        return
    found = path.lstat()
    is_link = stat.S_ISLNK(found.st_mode)
    if found.st_uid == os.geteuid() and found.st_mode & to and not is_link:
        path.chmod(stat.S_IMODE(found.st_mode) & ~to)
