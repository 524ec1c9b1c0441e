"""Which running Label Studio serves a folder, and the ports of this machine.

    every process with --data-dir ─► its working folder, its data folder ─► Serving: is one of them ours? both?

A server started by weakspot works in the state folder and is given its data folder by path. The working folder follows
a folder that is moved; the path does not. So a server with both is the one of this folder; one with only the first
runs for a folder that was moved, one with only the second for a folder that was replaced; and the server of the
original of a copied folder has neither. Folders are compared by device and inode, as the process itself sees them.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from loop.errors import LabelerError
from loop.processes import ProcessIdentity, find, identity, is_running

OPTION = "--data-dir"
DATA = "data"
PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Serving:
    """A running Label Studio that concerns a state folder."""

    process: ProcessIdentity
    data: str
    """The data folder that it was started with."""
    is_settled: bool
    """It works in the state folder, and its data folder is that folder's."""


def serving(state: Path, noted: ProcessIdentity | None = None) -> tuple[Serving, ...]:
    """Every Label Studio of the folder `state`, the one that `noted` names first. Empty when none runs.

    Besides those of the folder itself: one that runs for a folder that was moved or replaced, and the noted one when
    its own folder was removed, as after a move to another disk.
    """
    known = find(noted) if noted else None
    first = _serving(known, state, is_noted=True) if known else None
    if first and first.is_settled:
        return (first,)
    others = [found for process in _candidates() if (found := _serving(process, state))]
    return tuple(dict.fromkeys([*([first] if first else []), *others]))


def end(process: ProcessIdentity, *, patience_s: float) -> None:
    """Ends it, kindly first. One that has ended already, or whose id belongs to another process now, is left alone.

    Raises LabelerError when it does not end. One that nobody has waited for yet, as while the command that started it
    still runs, has ended all the same.
    """
    for how in (psutil.Process.terminate, psutil.Process.kill):
        found = find(process)
        if found is None:
            return
        with suppress(psutil.NoSuchProcess):
            how(found)
        deadline = time.monotonic() + patience_s
        while find(process) is not None and time.monotonic() < deadline:
            time.sleep(0.05)
    if find(process) is not None:
        raise LabelerError(
            f"Label Studio (process {process.pid}) does not end",
            do=f"end process {process.pid} by the means of the system, and try again",
        )


def listening_port(process: ProcessIdentity) -> int | None:
    """The port of 127.0.0.1 on which this very process answers; None while there is none."""
    try:
        sockets = psutil.Process(process.pid).net_connections("tcp4")
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None
    listening = (each.laddr for each in sockets if each.status == psutil.CONN_LISTEN)
    return next((int(place.port) for place in listening if place.ip == "127.0.0.1"), None)


def is_free(port: int) -> bool:
    """Nobody listens on it here."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """One that the system says is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _candidates() -> Iterator[psutil.Process]:
    for process in psutil.process_iter(["cmdline"]):
        if OPTION in (process.info["cmdline"] or ()) and is_running(process):
            yield process


def _serving(process: psutil.Process, state: Path, *, is_noted: bool = False) -> Serving | None:
    try:
        words = process.cmdline()
        data = words[words.index(OPTION) + 1] if OPTION in words[:-1] else ""
        if not data:
            return None
        works_here = _same(_working_folder(process), _stat(state))
        serves_this = _same(_stat(_seen_by(process, data)), _stat(state / DATA))
        is_ours = works_here or serves_this or (is_noted and _is_homeless(process))
        return Serving(identity(process.pid), data, works_here and serves_this) if is_ours else None
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None


def _working_folder(process: psutil.Process) -> os.stat_result | None:
    # The link in /proc leads to the folder itself, also where its name in this process's eyes is another.
    link = PROC / str(process.pid) / "cwd"
    return _stat(link) if PROC.joinpath("self/cwd").exists() else _stat(Path(process.cwd()))


def _seen_by(process: psutil.Process, path: str) -> Path:
    root = PROC / str(process.pid) / "root"
    return root / path.lstrip("/") if PROC.joinpath("self/root").exists() else Path(path)


def _is_homeless(process: psutil.Process) -> bool:
    """Its working folder was removed."""
    found = _working_folder(process)
    return found is None or found.st_nlink == 0


def _same(one: os.stat_result | None, other: os.stat_result | None) -> bool:
    return one is not None and other is not None and os.path.samestat(one, other)


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:  # missing, or of another user
        return None
