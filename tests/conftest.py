"""What all tests share: a throw-away PostgreSQL, and a loud list of what was skipped.

initdb in a temporary folder ─► server on a unix socket of its own ─► postgresql_url ─► stopped, folder removed
"""

from __future__ import annotations

import gc
import getpass
import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import settings

pytest_plugins = ["in_browser", "real_label_studio"]

# Projects that tests make are remembered as this user's own here, never in the account's own folder.
_CONFIG_HOME = tempfile.TemporaryDirectory(prefix="weakspot-config-")
os.environ["XDG_CONFIG_HOME"] = os.environ["APPDATA"] = _CONFIG_HOME.name

# A busy machine makes single examples slow; the suite's own time limit watches for what hangs.
settings.register_profile("weakspot", deadline=None)
# `make check` names this one: fewer examples of each law, for a look after every change.
settings.register_profile("quick", deadline=None, max_examples=20)
settings.load_profile("weakspot")

LONG = ("e2e", "rounds", "dashboard")
"""Folders whose files take minutes."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, so that no worker is left alone with one at the end; files stay whole."""
    items.sort(key=lambda item: item.path.parent.name not in LONG)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Says last, and by reason, what this machine could not test."""
    reasons = Counter(_reason(report) for report in terminalreporter.getreports("skipped"))
    if not reasons:
        return
    terminalreporter.section("NOT TESTED ON THIS MACHINE", sep="=", yellow=True, bold=True)
    for reason, count in reasons.most_common():
        terminalreporter.line(f"{count:4d} skipped: {reason}", yellow=True)


def _reason(report: Any) -> str:
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return str(text).removeprefix("Skipped: ")


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """SQLAlchemy address of an empty PostgreSQL of this run alone; skips aloud where the server is not installed."""
    programs = _postgresql_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian and Ubuntu: apt install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="weakspot-pg-"))
    owner = _unprivileged(folder)
    cluster = folder / "data"
    control = [str(programs / "pg_ctl"), "-D", str(cluster), "-w", "-t", "60"]
    # No TCP: the socket's folder is this run's own, so no port can collide.
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    try:
        _as(owner, str(programs / "initdb"), "-D", str(cluster), "-U", "weakspot", "-A", "trust", "-E", "UTF8", "-N")
        _as(owner, *control, "-o", options, "-l", str(folder / "log"), "start")
        try:
            yield f"postgresql+psycopg://weakspot@/postgres?host={quote(str(folder), safe='')}"
        finally:
            _as(owner, *control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _postgresql_programs() -> Path | None:
    """The folder of the newest initdb: on the path, or where Debian hides it."""
    found = [Path(path) for path in [shutil.which("initdb")] if path]
    hidden = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    candidates = [*found, *reversed(hidden)]
    return candidates[0].parent if candidates else None


def _unprivileged(folder: Path) -> str:
    """Who runs the server: PostgreSQL refuses root, so root hands the folder to another account."""
    if os.geteuid() != 0:
        return getpass.getuser()
    account = "postgres" if _exists("postgres") else "nobody"
    shutil.chown(folder, account)
    return account


def _exists(account: str) -> bool:
    import pwd

    return any(entry.pw_name == account for entry in pwd.getpwall())


def _as(account: str, *command: str) -> None:
    user = account if os.geteuid() == 0 else None
    done = subprocess.run(
        command, user=user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    assert done.returncode == 0, f"{command[0]} failed: {done.stderr}"


def pytest_collection_finish() -> None:
    """What is imported by now stays to the end: without it in the way each look for garbage takes a fifth."""
    gc.collect()
    gc.freeze()
