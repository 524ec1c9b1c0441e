"""Where the embedded Label Studio comes from: its own virtual environment, installed once per machine.

    venv folder ─► pip install of the pinned version ─► ready mark ─► migrated database template

An install that was cut off leaves the mark VENV.unfinished beside it, and is begun again from nothing.

Label Studio's dependencies do not fit beside a modern training stack, so it lives in an environment of its own.
The template is an empty database with all migrations applied (about 25 s of work); a new server copies it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from labeling.label_studio import data_lock
from labeling.label_studio.waiting import alone
from loop import children, durable, private
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
    if not _ready_mark(venv).exists():
        if not venv.parent.exists():
            private.folder(venv.parent, parents=True)
        with _alone(venv, tell=tell):
            if not _ready_mark(venv).exists():
                _install(venv, tell=tell)
    private.close(venv, to=private.WRITABLE_BY_OTHERS)


def migrated_template(venv: Path, *, tell: Tell) -> Path:
    """An empty database of the installed version with every migration applied, made once and kept in the venv."""
    template = venv / f"weakspot-template-{VERSION}.sqlite3"
    if template.exists():
        return template
    with _alone(venv, tell=tell):
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
    database = {"LABEL_STUDIO_DJANGO_DB": "sqlite", "LABEL_STUDIO_DATABASE_NAME": str(data / "label_studio.sqlite3")}
    # Label Studio looks for this prefix first, so no file that it loads later can set one of them otherwise.
    quiet = {f"{prefix}{name}": value for name, value in _QUIET.items() for prefix in ("", "LABEL_STUDIO_")}
    return {**inherited, **quiet, **database, **places}


def _cache_folder(environment: Mapping[str, str]) -> Path:
    # A relative one is invalid by the XDG specification, and would be a folder of whoever made the working folder.
    if Path(environment.get("XDG_CACHE_HOME", "")).is_absolute():
        return Path(environment["XDG_CACHE_HOME"])
    if sys.platform == "win32" and environment.get("LOCALAPPDATA"):
        return Path(environment["LOCALAPPDATA"])
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")


def _scripts(venv: Path) -> Path:
    return venv / ("Scripts" if os.name == "nt" else "bin")


def _ready_mark(venv: Path) -> Path:
    return venv / f"weakspot-ready-{VERSION}"


def _alone(venv: Path, *, tell: Tell) -> AbstractContextManager[None]:
    return alone(
        Path(f"{venv}.lock"),
        wait_s=INSTALL_TIMEOUT_S,
        tell=tell,
        waiting="waiting for another process that installs Label Studio",
        hanging=f"another process has been installing Label Studio for over {INSTALL_TIMEOUT_S / 60:.0f} minutes",
    )


def _install(venv: Path, *, tell: Tell) -> None:
    """With a lock that pip inherits: pip goes on for a while when the command that began it is killed."""
    lock = Path(f"{venv}.installer")
    with ExitStack() as stack:
        try:
            kept = stack.enter_context(data_lock.taken(lock))
        except BlockingIOError:
            tell("waiting for pip, which an earlier command began and left")
            kept = stack.enter_context(_left_over(lock))
        _install_alone(venv, kept, tell=tell)


@contextmanager
def _left_over(lock: Path) -> Iterator[tuple[int, ...]]:
    try:
        with data_lock.taken(lock, patience_s=INSTALL_TIMEOUT_S) as kept:
            yield kept
    except BlockingIOError as fault:
        raise LabelerError(
            f"a pip that an earlier command began has held {lock} for over {INSTALL_TIMEOUT_S / 60:.0f} minutes",
            do="end that pip and start again",
        ) from fault


def _install_alone(venv: Path, kept: tuple[int, ...], *, tell: Tell) -> None:
    python = _scripts(venv) / ("python.exe" if os.name == "nt" else "python")
    unfinished = Path(f"{venv}.unfinished")
    tell(f"installing Label Studio {VERSION} into {venv} (once, about 1 GB)")
    if unfinished.exists():
        shutil.rmtree(venv, ignore_errors=True)
    if not python.exists():
        durable.write(unfinished, "")
        _run([sys.executable, "-P", "-m", "venv", str(venv)], folder=venv.parent, kept=kept, tell=tell)
    pip = [str(python), "-I", "-m", "pip", "--disable-pip-version-check", "install", "--progress-bar", "off"]
    _run([*pip, f"label-studio=={VERSION}"], folder=venv, kept=kept, tell=tell)
    durable.write(_ready_mark(venv), "")
    unfinished.unlink(missing_ok=True)


def _run(command: list[str], *, folder: Path, kept: tuple[int, ...], tell: Tell) -> None:
    lines: list[str] = []
    with children.start(command, folder=folder, stdout=children.PIPE, stderr=children.STDOUT, pass_fds=kept) as process:
        for line in process.stdout or ():
            lines.append(line.decode(errors="replace").rstrip())
            if not lines[-1].startswith("Requirement already satisfied"):
                tell(lines[-1])
    if process.returncode != 0:
        raise LabelerError(
            f"Label Studio could not be installed, exit status {process.returncode}: {' / '.join(lines[-3:])}",
            do=f"check the network and the free disk space (1.2 GB), or set {VENV_VARIABLE} "
            "to an environment that has it, or give the address of a server with labeler.url",
        )


def _migrate(venv: Path, template: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="weakspot-template-") as folder:
        home, data = Path(folder) / "home", Path(folder) / "data"
        home.mkdir()
        data.mkdir()
        done = _version(venv, home, data)
        database = data / "label_studio.sqlite3"
        if done.returncode != 0 or not database.exists():
            last = " / ".join(done.stdout.splitlines()[-3:])
            raise LabelerError(
                f"Label Studio could not prepare its database, exit status {done.returncode}: {last}",
                do=f"remove the folder {venv} so that it is installed afresh",
            )
        _write_ahead_log(database)
        part = private.file(Path(f"{template}.part"))
        shutil.copyfile(database, part)
        durable.sync(part)
    durable.move(part, template)


def _version(venv: Path, home: Path, data: Path) -> children.Ended:
    """The command that does nothing but apply the migrations."""
    try:
        return children.run(
            [executable(venv), "version", "--data-dir", data],
            folder=data,
            timeout_s=INSTALL_TIMEOUT_S,
            environment=quiet_environment(home, data),
        )
    except TimeoutError as fault:
        raise LabelerError(f"Label Studio could not prepare its database: {fault}", do="try again") from fault


def _write_ahead_log(database: Path) -> None:
    # The mode is stored in the file. With it, people who read do not block people who submit.
    connection = sqlite3.connect(database)
    try:
        connection.execute("PRAGMA journal_mode=wal")
    finally:
        connection.close()
