"""The lock of a data folder: held exactly as long as the server on it lives, whoever started it.

    taken(file) ─► descriptor, given to the server as an open file ─► closed here ─► free when the server has ended

The lock belongs to the open file, which the server inherits (flock(2)): a launcher that is killed before it could note
the server leaves no gap, a reboot or `kill -9` frees it, a copy of the folder is not locked. Where the system has no
such lock (Windows, some network drives) the look at the running processes stands alone.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NO_LOCKS = frozenset({errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOLCK})


@contextmanager
def taken(path: Path, *, patience_s: float = 0.0) -> Iterator[tuple[int, ...]]:
    """Locks `path` and yields what a child must inherit to keep the lock: one descriptor, or none without locks.

    Raises BlockingIOError when someone holds it, still after `patience_s`, and OSError when the file cannot be opened,
    as one that is a link.
    """
    if sys.platform == "win32":
        yield ()
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        yield (descriptor,) if _lock(descriptor, time.monotonic() + patience_s) else ()
    finally:
        os.close(descriptor)


def _lock(descriptor: int, until: float) -> bool:
    if sys.platform == "win32":
        return False
    import fcntl

    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise
            time.sleep(0.2)
        except OSError as fault:
            if fault.errno in NO_LOCKS:
                return False
            raise
        else:
            return True
