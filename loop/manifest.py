"""The manifest of a folder: each file with size and hash, written last, and the only door to what it names.

    seal(folder)    files and folders synced ─► manifest.json synced
    check(folder)   the first thing that is wrong, in words: for those who are about to read the folder
    faults(folder)  everything that is wrong, file by file: for `weakspot verify`

A manifest may come from elsewhere with its project. It names regular files below its own folder: no absolute path, no
"..", no link, device or pipe. Sizes are compared before anything is read, and the manifest's own size is limited.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from loop import durable

MANIFEST = "manifest.json"
LARGEST = 32 << 20
"""Bytes of a manifest."""
MOST_FILES = 100_000
_CHUNK = 1 << 20
_DIGITS = 64


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as it was written."""

    size: int
    sha256: str


class _DamagedError(Exception):
    """A manifest that cannot be relied on: `what`, in words."""


def seal(folder: Path) -> None:
    """Writes the manifest of everything below `folder`, when all of that is on the disk. Raises OSError."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    entries = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": _sha256(path)} for path in files
    }
    durable.sync_tree(folder)
    with (folder / MANIFEST).open("w") as handle:
        handle.write(json.dumps({"files": entries}, indent=1))
        handle.flush()
        os.fsync(handle.fileno())
    durable.sync(folder)


def check(folder: Path, *, linked: Path | None = None) -> str:
    """What is wrong with a written folder, in words; empty when every file is as the manifest says.

    linked: a folder that files may be links into.
    """
    try:
        files, _ = _read(folder, linked=linked)
    except _DamagedError as fault:
        return str(fault)
    for name, entry in files.items():
        what = _fault(folder, name, entry, linked)
        if what:
            return f"{name} {what}"
    return ""


def faults(folder: Path) -> dict[str, str]:
    """File → what is wrong with it, in words, for every file of a written folder; empty when all is as it was written.

    Stricter than `check`: nothing may be there that the manifest does not name, and the manifest must be, to the
    letter, what was written.
    """
    try:
        files, text = _read(folder)
    except _DamagedError as fault:
        return {MANIFEST: str(fault).removeprefix(f"{MANIFEST} ")}
    found = {} if text == _written(folder, files) else {MANIFEST: "is not as it was written"}
    for name, entry in files.items():
        what = _fault(folder, name, entry, None)
        if what:
            found[name] = what
    there = {path.relative_to(folder).as_posix() for path in _below(folder)}
    return found | {name: "was added afterwards" for name in there if name not in files and name != MANIFEST}


def digest(folder: Path) -> str | None:
    """A hash of everything in a written folder, from its manifest and without a look at the files; None without one."""
    try:
        _, text = _read(folder)
    except _DamagedError:
        return None
    return hashlib.blake2b(text.encode("utf-8"), digest_size=16).hexdigest()


def sizes(folder: Path) -> dict[str, int]:
    """File → bytes, as the manifest says; empty when it is damaged."""
    try:
        return {name: entry.size for name, entry in _read(folder)[0].items()}
    except _DamagedError:
        return {}


def _read(folder: Path, *, linked: Path | None = None) -> tuple[dict[str, Entry], str]:
    """The entries and the text they stand in. Raises _DamagedError."""
    file = folder / MANIFEST
    try:
        state = file.stat() if linked is not None and _leads_into(file, linked) else file.lstat()
        if not stat.S_ISREG(state.st_mode):
            raise _DamagedError(f"{MANIFEST} is not a regular file")
        if state.st_size > LARGEST:
            raise _DamagedError(f"{MANIFEST} is larger than {LARGEST >> 20} MiB")
        text = file.read_text(encoding="utf-8")
        files = json.loads(text)["files"]
        found = {name: Entry(int(entry["bytes"]), str(entry["sha256"])) for name, entry in files.items()}
    except FileNotFoundError:
        raise _DamagedError(f"{MANIFEST} is missing") from None
    except OSError as fault:
        raise _DamagedError(f"{MANIFEST} cannot be read: {fault.strerror}") from fault
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise _DamagedError(f"{MANIFEST} is damaged") from None
    _refuse(found)
    return found, text


def _refuse(files: Mapping[str, Entry]) -> None:
    if len(files) > MOST_FILES:
        raise _DamagedError(f"{MANIFEST} names {len(files):,} files, more than {MOST_FILES:,}")
    for name, entry in files.items():
        path = PurePosixPath(name)
        outside = path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name
        if outside or not path.parts or path.as_posix() != name:
            raise _DamagedError(f"{MANIFEST} names {name!r}, which is not a file below its folder")
        if entry.size < 0 or len(entry.sha256) != _DIGITS:
            raise _DamagedError(f"{MANIFEST} is damaged")


def _fault(folder: Path, name: str, entry: Entry, linked: Path | None) -> str:
    path = folder / name
    try:
        state = path.lstat()
        target = path.resolve(strict=True)
        if linked is not None and _leads_into(path, linked):
            state = target.stat()
        elif not target.is_relative_to(folder.resolve()):
            return "lies outside its folder, behind a link"
        if not stat.S_ISREG(state.st_mode):
            return "is not a regular file"
        if state.st_size != entry.size or _sha256(path) != entry.sha256:
            return "has changed since it was written"
    except FileNotFoundError:
        return "is missing"
    except (OSError, RuntimeError) as fault:
        return f"cannot be read: {fault}"
    return ""


def _leads_into(path: Path, linked: Path) -> bool:
    return path.is_symlink() and path.resolve().is_relative_to(linked.resolve())


def _below(folder: Path) -> Iterator[Path]:
    """Everything that is not a folder; links are named and not followed."""
    for parent, folders, files in os.walk(folder):
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        yield from (Path(parent) / name for name in (*files, *links))


def _written(folder: Path, files: Mapping[str, Entry]) -> str:
    """What `seal` writes of these entries, in its order of paths."""
    order = sorted(files, key=lambda name: folder / name)
    entries: dict[str, Any] = {name: {"bytes": files[name].size, "sha256": files[name].sha256} for name in order}
    return json.dumps({"files": entries}, indent=1)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(_CHUNK):
            digest.update(block)
    return digest.hexdigest()
