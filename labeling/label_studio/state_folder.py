"""The files of an embedded server's folder: what server.json says of this very folder, and its database.

    read(path) ─► {}          note(state) ─► Note(port, process)          folder_identity(state) ─► path, device, inode
    write_private(path, {})   lay_out(state, template) ─► home/, data/ with an empty database and a secret key

server.json travels with a folder that is copied. It counts only where the folder it names is this one, by its path or
by device and inode (a folder that was moved keeps those); otherwise the port in it is another server's.

    refuse_links(state) ─► before a start or stop: below the folder lie only folders and regular files

Whoever hands on a project may have put a link in the place of any file. SQLite, Label Studio and weakspot follow it:
they write to its target, and a journal beside the target has another file deleted. So no link is accepted anywhere.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labeling.label_studio import secret_key
from loop import durable, private, sqlite_journal
from loop.errors import LabelerError
from loop.json_reading import parse
from loop.processes import ProcessIdentity, from_json

DATABASE = "label_studio.sqlite3"
LARGEST = 1 << 20
"""Bytes of a file that weakspot keeps here; the accounts of simulated experts take some kilobytes."""
PORTS = 1 << 16


@dataclass(frozen=True, slots=True)
class Note:
    """What is kept of the server that was started last."""

    port: int | None
    """None before the first start, and in a copy of another folder."""
    process: ProcessIdentity | None
    """None too where an earlier version of weakspot wrote the file."""


def note(state: Path) -> Note:
    """What server.json says. A file that is damaged or missing says nothing: the running processes are asked."""
    try:
        written = read(state / "server.json")
    except LabelerError:
        written = {}
    folder, port = written.get("folder"), written.get("port")
    is_here = folder is None or (isinstance(folder, dict) and _is_same(folder, folder_identity(state)))
    is_port = type(port) is int and 0 < port < PORTS
    return Note(port if is_here and is_port else None, from_json(written))


def folder_identity(state: Path) -> dict[str, Any]:
    """The folder by name and by what stays when it is moved."""
    found = state.stat()
    return {"path": str(state), "device": found.st_dev, "inode": found.st_ino}


def read(path: Path) -> dict[str, Any]:
    """The object in `path`; empty when there is no such file.

    Raises LabelerError when it is damaged, too large, or a link or pipe, which is neither followed nor waited for.
    """
    try:
        found = parse(private.content(path, largest=LARGEST))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as fault:
        raise damaged(path, getattr(fault, "strerror", None) or str(fault)) from fault
    if not isinstance(found, dict):
        raise damaged(path, "not a JSON object")
    return found


def damaged(path: Path, why: str) -> LabelerError:
    """The error for a file of the folder that cannot be what weakspot wrote."""
    return LabelerError(
        f"{path} is damaged: {why}", wanted="the file as weakspot wrote it", do="put back an earlier copy of the file"
    )


def write_private(path: Path, content: Mapping[str, Any]) -> None:
    """Atomically, readable by the owner alone."""
    durable.write(path, json.dumps(dict(content)), private=True)


def lay_out(state: Path, template: Path) -> None:
    """Makes what a server lacks: folders, its database from `template`, its secret key; closes all to others.

    Raises LabelerError for a link or a special file, and when the database's journal would delete another file as soon
    as the server opens it.
    """
    refuse_links(state)
    _refuse_journal(state / "data" / DATABASE)
    private.folder(state / "home")
    data = private.folder(state / "data")
    if not (data / DATABASE).exists():
        part = private.file(data / f"{DATABASE}.part")
        shutil.copyfile(template, part)
        durable.sync(part)
        durable.move(part, data / DATABASE)
    secret_key.keep(data)
    private.tighten(state)


def refuse_links(state: Path) -> None:
    """Raises LabelerError for the first thing below `state` that is neither a folder nor a regular file.

    `state` itself may be a link: whoever approves the project is asked for that. A file that goes away meanwhile, as
    the journals of a running server do, counts for nothing.
    """
    for below, folders, files in os.walk(state):
        for name in sorted((*folders, *files)):
            _refuse_special(Path(below, name))


def _refuse_special(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise LabelerError(
            f"{path} is {'a link' if stat.S_ISLNK(mode) else 'a special file'}",
            wanted="a regular file or folder, as weakspot and Label Studio make them",
            do="do not trust this project; if it is yours, put the file itself there",
        )


def _refuse_journal(database: Path) -> None:
    odd = sqlite_journal.irregular(database)
    if odd is not None:
        raise LabelerError(
            f"{odd} is not a regular file",
            wanted="the data of a Label Studio that weakspot started",
            do="do not trust this project; if it is yours, put the file back from a copy",
        )
    if sqlite_journal.names_other_file(database):
        raise LabelerError(
            f"{sqlite_journal.journal(database)} names another file, which would be deleted with the start",
            wanted="the data of a Label Studio that weakspot started: its journals never do",
            do="do not trust this project; if it is yours, delete that journal",
        )


def _is_same(noted: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    by_inode = (noted.get("device"), noted.get("inode")) == (now["device"], now["inode"])
    return by_inode or os.fspath(str(noted.get("path"))) == now["path"]
