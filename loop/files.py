"""A path that a person named → a regular file, of a size that can be read; anything else is refused in a line.

    regular(path) ─► the path       folder, device, pipe, socket ─► DataError
    text_of(path) ─► its text       larger than asked for, not UTF-8, no right to read it ─► DataError

Reading a device such as /dev/zero never ends, and opening a pipe waits for a writer that may never come.
"""

from __future__ import annotations

import stat
from pathlib import Path

from loop.errors import DataError

LARGEST_TEXT = 10 << 20
"""Bytes of a file that is read whole: lists of labels, settings, rubrics."""
KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
)


def kind_of(path: Path) -> str | None:
    """What a path is instead of a regular file, "a folder" say; None for a regular file. Raises OSError without any."""
    mode = path.stat().st_mode
    return next((words for is_, words in KINDS if is_(mode)), None)


def exists(path: Path) -> bool:
    """Whether anything lies there; False for what cannot be a path, as a very long text."""
    try:
        kind_of(path)
    except (OSError, ValueError):
        return False
    return True


def is_regular(path: Path) -> bool:
    """Whether a regular file lies there; False for what cannot be a path, as a very long text."""
    try:
        return kind_of(path) is None
    except (OSError, ValueError):
        return False


def regular(path: Path, *, option: str = "") -> Path:
    """The path. Raises DataError unless a regular file lies there. option: named in the message."""
    name = f"{option} {path}".strip()
    try:
        kind = kind_of(path)
    except (OSError, ValueError) as fault:
        why = getattr(fault, "strerror", None) or "not a path"
        raise DataError(f"{name} cannot be read: {why}", wanted="an existing file") from fault
    if kind:
        raise DataError(f"{name} is {kind}", wanted="a regular file", do="copy what it holds into a file and name that")
    return path


def text_of(path: Path, *, option: str = "", largest: int = LARGEST_TEXT) -> str:
    """The text of a UTF-8 file. Raises DataError for one that is no regular file, too large, or no UTF-8."""
    try:
        return bytes_of(path, option=option, largest=largest).decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise DataError(
            f"{f'{option} {path}'.strip()} is not UTF-8 (byte {fault.start})",
            wanted="a text file in UTF-8",
            do="save it as UTF-8",
        ) from fault


def bytes_of(path: Path, *, option: str = "", largest: int = LARGEST_TEXT) -> bytes:
    """What a file holds. Raises DataError for one that is no regular file, or too large."""
    name = f"{option} {path}".strip()
    size = regular(path, option=option).stat().st_size
    try:
        with path.open("rb") as file:
            # Files of /proc have no size: what is read counts.
            raw = file.read(largest + 1)
    except OSError as fault:
        raise DataError(f"{name} cannot be read: {fault.strerror}", wanted="a readable file") from fault
    if len(raw) > largest:
        raise DataError(f"{name} is larger than wanted ({max(size, len(raw)):,} bytes)", wanted=f"{largest:,} or less")
    return raw
