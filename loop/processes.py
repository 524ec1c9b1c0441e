"""Which process is which, by what cannot repeat: the boot, the id and the moment of its start in that boot.

    identity(pid) ─► ProcessIdentity ─► as_json, kept on disk ─► from_json ─► find ─► the process, or None

A process id alone is given to someone else after a while, and after a reboot at once. The wall clock may be set back
or forth meanwhile, so where Linux tells them the boot's id and the start in clock ticks since boot are compared.
Elsewhere the start time of psutil stands in for both.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process of one boot of one machine. Equal identities are the same process."""

    boot: str
    """The boot's id; empty where the system tells none."""
    pid: int
    started: float
    """Clock ticks since boot (Linux), else seconds since 1970."""

    def as_json(self) -> dict[str, Any]:
        """For a file or a row."""
        return asdict(self)


def identity(pid: int | None = None) -> ProcessIdentity:
    """Of the process `pid`, by default of this one. Raises psutil.NoSuchProcess."""
    pid = os.getpid() if pid is None else pid
    return ProcessIdentity(_boot(), pid, _started(pid))


def from_json(written: Mapping[str, Any]) -> ProcessIdentity | None:
    """What `as_json` gave; None when it is not complete, or no process can have such an id."""
    try:
        found = ProcessIdentity(str(written["boot"]), int(written["pid"]), float(written["started"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return found if found.pid > 0 else None


def find(wanted: ProcessIdentity) -> psutil.Process | None:
    """The running process, or None when it has ended: a zombie and another process with its id do not count."""
    try:
        process = psutil.Process(wanted.pid)
        same = identity(wanted.pid) == wanted
        return process if same and is_running(process) else None
    except psutil.NoSuchProcess:
        return None


def is_running(process: psutil.Process) -> bool:
    """False once it has ended, also while nobody has waited for it."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _boot() -> str:
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""


def _started(pid: int) -> float:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            raise psutil.NoSuchProcess(pid) from None
        return float(psutil.Process(pid).create_time())
    # Field 22; the second one, the command's name in brackets, may itself hold blanks and brackets.
    return float(stat.rpartition(")")[2].split()[19])
