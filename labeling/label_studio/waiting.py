"""One process at a time, and whoever waits says for what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from loop.errors import LabelerError


@contextmanager
def alone(path: Path, *, wait_s: float, tell: Callable[[str], None], waiting: str, hanging: str) -> Iterator[None]:
    """Holds the lock file `path`, which is free again when its holder ends.

    waiting: told once when another process holds it. hanging: the error when it still does after `wait_s`.
    Raises LabelerError.
    """
    lock = FileLock(path, mode=0o600)  # who may open it could hold it for ever
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            tell(waiting)
            lock.acquire(timeout=wait_s)
    except Timeout as fault:
        raise LabelerError(hanging, do="end that process and try again") from fault
    try:
        yield
    finally:
        lock.release()
