"""Where the embedded Label Studio comes from: its own virtual environment, installed once per machine.

    venv folder ─► pip install of the pinned version ─► ready mark ─► migrated database template

Label Studio's dependencies do not fit beside a modern training stack, so it lives in an environment of its own.
The template is an empty database with all migrations applied (about 25 s of work); a new server copies it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from filelock import FileLock, Timeout

from loop.errors import LabelerError

VERSION = "1.23.2"
"""The pinned label-studio: the one every recipe here was tested with."""

VENV_VARIABLE = "WEAKSPOT_LABEL_STUDIO_VENV"
INSTALL_TIMEOUT_S = 1800.0

Tell = Callable[[str], None]
"""Called with one line of progress, without line end."""

_KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "COMSPEC", "PATHEXT")
_QUIET = {
    "COLLECT_ANALYTICS": "false",
    "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "",
    "LATEST_VERSION_CHECK": "false",
    "LOG_LEVEL": "WARNING",
    "PYTHONWARNINGS": "ignore",
}


def venv_folder(chosen: Path | None = None, *, environment: Mapping[str, str] | None = None) -> Path:
    """The server's virtual environment: the chosen one, else $WEAKSPOT_LABEL_STUDIO_VENV, else the user's cache."""
    environment = os.environ if environment is None else environment
    if chosen is not None:
        return chosen
    if environment.get(VENV_VARIABLE):
        return Path(environment[VENV_VARIABLE]).expanduser()
    return _cache_folder(environment) / "weakspot" / "label-studio-venv"


def ensure_installed(venv: Path, *, tell: Tell) -> None:
    """Creates the virtual environment and installs the pinned Label Studio, unless that is done already.

    Raises LabelerError with pip's last lines when it cannot be installed.
    """
    if _ready_mark(venv).exists():
        return
    venv.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(f"{venv}.lock", timeout=INSTALL_TIMEOUT_S):
            if not _ready_mark(venv).exists():
                _install(venv, tell=tell)
    except Timeout as error:
        raise LabelerError(
            f"another process has been installing Label Studio for over {INSTALL_TIMEOUT_S / 60:.0f} minutes",
            do=f"end it, or remove {venv}.lock, and start again",
        ) from error


def migrated_template(venv: Path, *, tell: Tell) -> Path:
    """An empty database of the installed version with every migration applied, made once and kept in the venv."""
    template = venv / f"weakspot-template-{VERSION}.sqlite3"
    if template.exists():
        return template
    with FileLock(f"{venv}.lock", timeout=INSTALL_TIMEOUT_S):
        if not template.exists():
            tell("preparing Label Studio's database (once, about half a minute)")
            _migrate(venv, template)
    return template


def executable(venv: Path) -> Path:
    """The `label-studio` command of the environment."""
    return _scripts(venv) / ("label-studio.exe" if os.name == "nt" else "label-studio")


def quiet_environment(home: Path, data: Path) -> dict[str, str]:
    """Environment variables for the server: nothing of ours leaks in, nothing of it goes out.

    An allow-list, because Label Studio also reads bare names such as USERNAME, HOST and DATABASE_NAME.
    """
    inherited = {name: os.environ[name] for name in _KEPT if name in os.environ}
    places = {"HOME": str(home), "USERPROFILE": str(home), "LABEL_STUDIO_BASE_DATA_DIR": str(data)}
    return {**inherited, **_QUIET, **places}


def _cache_folder(environment: Mapping[str, str]) -> Path:
    if environment.get("XDG_CACHE_HOME"):
        return Path(environment["XDG_CACHE_HOME"])
    if sys.platform == "win32" and environment.get("LOCALAPPDATA"):
        return Path(environment["LOCALAPPDATA"])
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")


def _scripts(venv: Path) -> Path:
    return venv / ("Scripts" if os.name == "nt" else "bin")


def _ready_mark(venv: Path) -> Path:
    return venv / f"weakspot-ready-{VERSION}"


def _install(venv: Path, *, tell: Tell) -> None:
    python = _scripts(venv) / ("python.exe" if os.name == "nt" else "python")
    tell(f"installing Label Studio {VERSION} into {venv} (once, about 1 GB)")
    if not python.exists():
        _run([sys.executable, "-m", "venv", str(venv)], tell=tell)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--progress-bar", "off"]
    _run([*pip, f"label-studio=={VERSION}"], tell=tell)
    _ready_mark(venv).touch()


def _run(command: list[str], *, tell: Tell) -> None:
    lines: list[str] = []
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            if not line.startswith("Requirement already satisfied"):
                tell(lines[-1])
    if process.returncode != 0:
        raise LabelerError(
            f"Label Studio could not be installed, exit status {process.returncode}: {' / '.join(lines[-3:])}",
            do=f"check the network and the free disk space (1.2 GB), or set {VENV_VARIABLE} "
            "to an environment that has it, or give the address of a server with label_studio.url",
        )


def _migrate(venv: Path, template: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="weakspot-template-") as folder:
        home, data = Path(folder) / "home", Path(folder) / "data"
        home.mkdir()
        data.mkdir()
        done = subprocess.run(
            [str(executable(venv)), "version", "--data-dir", str(data)],
            env=quiet_environment(home, data),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=INSTALL_TIMEOUT_S,
        )
        database = data / "label_studio.sqlite3"
        if done.returncode != 0 or not database.exists():
            last = " / ".join(done.stdout.splitlines()[-3:])
            raise LabelerError(
                f"Label Studio could not prepare its database, exit status {done.returncode}: {last}",
                do=f"remove the folder {venv} so that it is installed afresh",
            )
        _write_ahead_log(database)
        shutil.copyfile(database, f"{template}.part")
    Path(f"{template}.part").replace(template)


def _write_ahead_log(database: Path) -> None:
    # The mode is stored in the file. With it, people who read do not block people who submit.
    connection = sqlite3.connect(database)
    try:
        connection.execute("PRAGMA journal_mode=wal")
    finally:
        connection.close()
