"""Writes that survive a power loss: contents first, then the name, then the folder that holds the name.

    write(path, text) ─► temporary file ─► fsync ─► rename ─► fsync of the folder
    sync_tree(folder) ─► fsync of every file and folder in it: call it before a manifest names them
    move(source, target) ─► rename ─► fsync of both folders

A rename without these may reach the disk before the contents do: after a power loss the new name then holds an empty
or half-written file. See Pillai et al. 2014, "All File Systems Are Not Created Equal", and fsync(2).
"""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4


def write(path: Path, content: str | bytes, *, private: bool = False) -> None:
    """Replaces `path` atomically; `private` makes it readable by its owner alone. Raises OSError, and `path` stays."""
    draft = path.with_name(f".{path.name}.{uuid4().hex[:8]}.partial")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content.encode() if isinstance(content, str) else content)
            handle.flush()
            os.fsync(handle.fileno())
        move(draft, path)
    except BaseException:  # an interrupt too: no draft stays behind
        draft.unlink(missing_ok=True)
        raise


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
