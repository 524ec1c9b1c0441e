"""Writes that survive a power loss: contents first, then the name, then the folder that holds the name.

    write(path, text) ─► temporary file ─► fsync ─► rename ─► fsync of the folder
    draft(path) ─► the name of a temporary file or folder beside path; it names the process that writes it
    clear(path) ─► temporary files and folders of path are removed, if the process that wrote them has ended
    sync_tree(folder) ─► fsync of every file and folder in it: call it before a manifest names them
    move(source, target) ─► rename ─► fsync of both folders

A rename without these may reach the disk before the contents do: after a power loss the new name then holds an empty
or half-written file. See Pillai et al. 2014, "All File Systems Are Not Created Equal", and fsync(2).
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
import shutil
import socket
from contextlib import suppress
from itertools import count
from pathlib import Path

from loop.processes import ProcessIdentity, find, identity

ENDINGS = (".partial", ".replaced")
"""Of names that only last while something is written."""
_WRITER = re.compile(r"(?P<host>[0-9a-f]{4})(?P<boot>[0-9a-f]{4})-(?P<pid>\d{1,9})-(?P<started>\d+\.\d+)-\d+")
_numbers = count()


def write(path: Path, content: str | bytes, *, private: bool = False) -> None:
    """Replaces `path` atomically; `private` makes it readable by its owner alone. Raises OSError, and `path` stays."""
    clear(path)
    temporary = draft(path)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content.encode() if isinstance(content, str) else content)
            handle.flush()
            os.fsync(handle.fileno())
        move(temporary, path)
    except BaseException:  # an interrupt too: no draft stays behind
        temporary.unlink(missing_ok=True)
        raise


def draft(path: Path, ending: str = ENDINGS[0]) -> Path:
    """A name beside `path`, used by nobody else, for what is about to become it or was it."""
    writer = identity()
    token = f"{_short(socket.gethostname())}{_short(writer.boot)}-{writer.pid}-{writer.started}-{next(_numbers)}"
    return path.with_name(f".{path.name}.{token}{ending}")


def clear(path: Path) -> None:
    """Removes the drafts of `path` whose writer was killed; those of other machines stay, for they cannot be asked."""
    for found in path.parent.glob(f".{glob.escape(path.name)}.*"):
        if _is_abandoned(found.name.removeprefix(f".{path.name}.")):
            if found.is_dir() and not found.is_symlink():
                shutil.rmtree(found, ignore_errors=True)
            else:
                with suppress(OSError):  # of another user, or removed meanwhile
                    found.unlink()


def _is_abandoned(token: str) -> bool:
    """Whether this is the last part of a draft's name, and its writer ran on this machine and has ended."""
    ending = next((ending for ending in ENDINGS if token.endswith(ending)), None)
    written = _WRITER.fullmatch(token.removesuffix(ending)) if ending else None
    if written is None or written["host"] != _short(socket.gethostname()):
        return False
    boot = identity().boot
    return (
        written["boot"] != _short(boot)
        or find(ProcessIdentity(boot, int(written["pid"]), float(written["started"]))) is None
    )


def _short(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=2).hexdigest()


def move(source: Path, target: Path) -> None:
    """Renames `source` to `target`, replacing a file there, and makes the new name permanent."""
    source.replace(target)
    sync(target.parent)
    if source.parent != target.parent:
        sync(source.parent)


def sync_tree(folder: Path) -> None:
    """Every file and folder below and `folder` itself, files first. Links are not followed."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if not path.is_symlink() and (path.is_dir() or path.is_file()):
            sync(path)
    sync(folder)


def sync(path: Path) -> None:
    """One file or folder. A folder is left out where the system cannot open one (Windows)."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
