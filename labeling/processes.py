"""Processes and ports of this machine, as far as the embedded server needs them."""

from __future__ import annotations

import socket
from pathlib import Path

import psutil


def alive(pid: int, created: float) -> psutil.Process | None:
    """The process with this id that began at this moment (seconds since 1970); None when it is another or none."""
    try:
        process = psutil.Process(pid)
        is_ours = abs(process.create_time() - created) < 1.0
        return process if is_ours and lives(process) else None
    except psutil.NoSuchProcess:
        return None


def lives(process: psutil.Process) -> bool:
    """It runs; a child that ended and was not waited for does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def serving(data: Path) -> psutil.Process | None:
    """A Label Studio on this data folder, told by its command line."""
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "--data-dir" in words and str(data) in words and lives(process):
            return process
    return None


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
