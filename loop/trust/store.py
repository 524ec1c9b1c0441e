"""The approved projects, in the user's own config folder.

    $XDG_CONFIG_HOME/weakspot/trusted.json   (~/.config on Linux and macOS, %APPDATA% on Windows), readable by its owner
    DIR/.weakspot/trust-id                   random marks, one a line: which entry of whose store means this folder

An entry means a folder when one of the folder's marks is the entry's. The mark alone is not proof of where the folder
comes from, for it travels with every copy; an inode alone is none either, for a new folder may get a deleted one's. An
unpacked copy can have both. It cannot have the time at which the file of marks was last changed (ctime), which no
program can set, and which stays when the project's folder is moved or renamed.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock

from loop import durable
from loop.errors import ConfigError

Origin = Literal["made", "approved"]
MARKS = Path(".weakspot", "trust-id")
MARK = re.compile(r"[0-9a-f]{32}")
LONGEST_MARKS = 10_000
"""Bytes read of a folder's marks."""
VERSION = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One folder this user has made or approved."""

    path: str
    """Its absolute path without links when it was last seen."""
    device: int
    inode: int
    mark: str
    """Also in the folder's trust-id; "" where the folder cannot be written to."""
    origin: Origin
    """"made" by `weakspot init`, or "approved"."""
    at: str
    """When; ISO 8601."""
    requests: tuple[str, ...]
    """What is approved, each as str(Request)."""
    mark_inode: int = 0
    """Inode of the trust-id when the entry was written; 0: unknown, so that no folder has it."""
    mark_changed: int = 0
    """ctime of the trust-id then, in nanoseconds."""


def path(environ: Mapping[str, str] | None = None) -> Path:
    """Where the store is. Raises ConfigError when this user has no home folder."""
    environ = os.environ if environ is None else environ
    given = environ.get("APPDATA" if sys.platform == "win32" else "XDG_CONFIG_HOME", "")
    if given and Path(given).is_absolute():
        return Path(given) / "weakspot" / "trusted.json"
    try:
        return Path.home() / ".config" / "weakspot" / "trusted.json"
    except RuntimeError:
        raise ConfigError(
            "this user has no home folder to remember approved projects in",
            do="set XDG_CONFIG_HOME to a folder of this user's own",
        ) from None


def entries() -> tuple[Entry, ...]:
    """Every entry, oldest first. Raises ConfigError for a store that cannot be read: nothing is approved then."""
    place = path()
    try:
        found = json.loads(place.read_text(encoding="utf-8"))
        if found["version"] != VERSION:
            raise ConfigError(f"{place} has version {found['version']}", wanted=f"{VERSION}", do="update weakspot")
        return tuple(_entry(one) for one in found["projects"])
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as fault:
        raise ConfigError(f"{place} cannot be read: {fault.strerror}", do="make it readable for this user") from fault
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise ConfigError(
            f"{place}, the list of approved projects, is damaged",
            wanted="what `weakspot trust` wrote",
            do=f"delete {place}, then approve each project again with `weakspot trust DIR`",
        ) from fault


def change(edit: Callable[[tuple[Entry, ...]], Sequence[Entry]]) -> None:
    """Replaces the entries by what `edit` makes of them, one process at a time. Raises ConfigError."""
    place = path()
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(PermissionError):
            place.parent.chmod(0o700)
        with FileLock(place.with_name("trusted.lock"), mode=0o600):
            projects = [asdict(one) for one in edit(entries())]
            text = json.dumps({"version": VERSION, "projects": projects}, indent=1, ensure_ascii=True)
            durable.write(place, text + "\n", private=True)
    except OSError as fault:
        raise ConfigError(
            f"{place} cannot be written: {fault.strerror}, so what is approved cannot be remembered",
            do="make that folder writable for this user, or set XDG_CONFIG_HOME to another one",
        ) from fault


def marks(root: Path) -> tuple[str, ...]:
    """The marks in a folder; none when there is no readable file of them."""
    place = root / MARKS
    try:
        if not place.is_file():
            return ()
        with place.open("rb") as file:
            return tuple(MARK.findall(file.read(LONGEST_MARKS).decode("ascii", errors="replace")))
    except OSError:
        return ()


def mark_state(root: Path) -> tuple[int, int]:
    """Inode and ctime in nanoseconds of a folder's file of marks; (0, 0) when there is no regular file."""
    try:
        about = (root / MARKS).lstat()
    except OSError:
        return 0, 0
    return (about.st_ino, about.st_ctime_ns) if stat.S_ISREG(about.st_mode) else (0, 0)


def add_mark(root: Path) -> str:
    """A new mark of this user's own beside those of others; "" where the folder cannot be written to."""
    mark = secrets.token_hex(16)
    place = root / MARKS
    try:
        place.parent.mkdir(exist_ok=True)
        durable.write(place, "".join(f"{one}\n" for one in (*marks(root), mark)))
    except OSError:
        return ""
    return mark


def _entry(found: Mapping[str, Any]) -> Entry:
    entry = Entry(**{**found, "requests": tuple(found["requests"])})
    texts = (entry.path, entry.mark, entry.at, *entry.requests)
    whole = all(isinstance(one, str) for one in texts) and entry.origin in ("made", "approved")
    numbers = (entry.device, entry.inode, entry.mark_inode, entry.mark_changed)
    if not whole or not all(isinstance(one, int) for one in numbers):
        raise TypeError(f"not an entry: {found}")
    return entry
