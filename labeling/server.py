"""The embedded Label Studio: one server per project folder, on this machine only, started when it is needed.

    state_dir/   access.json   e-mail, password, token (mode 600)      server.json  pid, its start time, port
                 data/         Label Studio's database and media       server.log   what the server printed
                 home/         its HOME                                server.lock  one start or stop at a time

`start` and `stop` may be repeated: the second call finds the work done. A process is ours only when both its id and
its start time are those we wrote down, so an id that the system has given to someone else is never touched.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from filelock import FileLock, Timeout

from labeling.installation import (
    Tell,
    ensure_installed,
    executable,
    migrated_template,
    quiet_environment,
    venv_folder,
)
from labeling.processes import alive, free_port, is_free, lives, serving
from loop.errors import LabelerError, ServerDown

START_TIMEOUT_S = 240.0
STOP_TIMEOUT_S = 15.0
LOG_BYTES = 5_000_000
"""A longer log is set aside at the next start."""


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a server, for programs and for people. Secrets stay out of repr."""

    url: str
    email: str
    password: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """What is known of the embedded server now."""

    running: bool
    """Our process is alive."""
    healthy: bool
    """It answers and accepts our token."""
    url: str
    """Empty before the first start."""
    pid: int | None
    log: Path


def silent(_line: str) -> None:
    """Progress for nobody."""


class EmbeddedServer:
    """One Label Studio under `state_dir`; `venv` None means the shared environment of `venv_folder`."""

    def __init__(self, state_dir: Path, venv: Path | None = None) -> None:
        self.state_dir = state_dir.absolute()
        self.venv = venv_folder(venv).absolute()
        self.log = self.state_dir / "server.log"
        self.data = self.state_dir / "data"

    def start(self, *, tell: Tell = silent, timeout_s: float = START_TIMEOUT_S) -> Access:
        """Installs what is missing, starts the server unless it runs, and waits until it is healthy.

        Raises LabelerError when it cannot be installed or another start hangs, ServerDown when it does not come up.
        """
        ensure_installed(self.venv, tell=tell)
        with self._alone():
            process = self._process() or self._launch(tell=tell)
            self._note(process)
            self._wait_until_healthy(process, timeout_s)
        return self.access()

    def stop(self) -> bool:
        """Ends our server, kindly first; False when it was not running."""
        if not self.state_dir.exists():
            return False
        with self._alone():
            process = self._process()
            if process is None:
                return False
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except psutil.TimeoutExpired:
                process.kill()
                process.wait(STOP_TIMEOUT_S)
            return True

    def status(self) -> ServerStatus:
        """Looks without changing anything."""
        process = self._process()
        started_once = "port" in self._read("server.json") and (self.state_dir / "access.json").exists()
        access = self.access() if started_once else None
        return ServerStatus(
            running=process is not None,
            healthy=process is not None and access is not None and _accepts(access.url, access.token),
            url=access.url if access else "",
            pid=process.pid if process else None,
            log=self.log,
        )

    def access(self) -> Access:
        """Address, account and token. Raises ServerDown before the first start."""
        port, account = self._read("server.json").get("port"), self._read("access.json")
        if not port or not account:
            raise ServerDown("the embedded Label Studio has never been started", do="run `weakspot label-studio start`")
        return Access(url=f"http://127.0.0.1:{port}", **account)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.state_dir.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.state_dir / "server.lock", timeout=START_TIMEOUT_S + STOP_TIMEOUT_S):
                yield
        except Timeout as error:
            raise LabelerError(
                f"another process has been starting or stopping Label Studio in {self.state_dir} for minutes",
                do="end that process and try again",
            ) from error

    def _read(self, name: str) -> dict[str, Any]:
        path = self.state_dir / name
        return dict(json.loads(path.read_text())) if path.exists() else {}

    def _process(self) -> psutil.Process | None:
        written = self._read("server.json")
        if "pid" in written:
            return alive(written["pid"], written["created"])
        # Started, but killed before it could write down the process: its data folder tells.
        return serving(self.data) if "port" in written else None

    def _launch(self, *, tell: Tell) -> psutil.Process:
        account = self._account()
        self._lay_out_data(tell=tell)
        port = self._port()
        write_private(self.state_dir / "server.json", {"port": port})
        tell("starting Label Studio")
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            started = subprocess.Popen(
                [
                    *(str(executable(self.venv)), "start", "--no-browser", "--data-dir", str(self.data)),
                    *("--internal-host", "127.0.0.1", "--port", str(port)),
                ],
                env=self._environment(account),
                cwd=self.state_dir,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return psutil.Process(started.pid)

    def _note(self, process: psutil.Process) -> None:
        known = self._read("server.json")
        if known.get("pid") != process.pid:
            found = {"port": known["port"], "pid": process.pid, "created": process.create_time()}
            write_private(self.state_dir / "server.json", found)

    def _account(self) -> dict[str, str]:
        account = self._read("access.json")
        if account:
            return account
        if (self.data / "label_studio.sqlite3").exists():
            raise LabelerError(
                f"{self.state_dir / 'access.json'} is missing, and with it the password of the data in {self.data}",
                do="put the file back, or move the data folder away to start with an empty server",
            )
        account = {
            "email": "weakspot@example.com",
            "password": secrets.token_urlsafe(15),
            "token": secrets.token_hex(20),
        }
        write_private(self.state_dir / "access.json", account)
        return account

    def _lay_out_data(self, *, tell: Tell) -> None:
        (self.state_dir / "home").mkdir(exist_ok=True)
        self.data.mkdir(exist_ok=True)
        database = self.data / "label_studio.sqlite3"
        if not database.exists():
            part = database.with_suffix(".part")
            shutil.copyfile(migrated_template(self.venv, tell=tell), part)
            part.replace(database)

    def _environment(self, account: dict[str, str]) -> dict[str, str]:
        return {
            **quiet_environment(self.state_dir / "home", self.data),
            "LABEL_STUDIO_USERNAME": account["email"],
            "LABEL_STUDIO_PASSWORD": account["password"],
            "LABEL_STUDIO_USER_TOKEN": account["token"],
            "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
            "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
        }

    def _port(self) -> int:
        kept = self._read("server.json").get("port")
        return kept if kept and is_free(kept) else free_port()

    def _wait_until_healthy(self, process: psutil.Process, timeout_s: float) -> None:
        access = self.access()
        deadline = time.monotonic() + timeout_s
        while not _accepts(access.url, access.token):
            if not lives(process):
                raise ServerDown(
                    f"the embedded Label Studio ended while it started: {self._last_words(access)}",
                    do=f"read {self.log}",
                )
            if time.monotonic() > deadline:
                raise ServerDown(
                    f"the embedded Label Studio was not healthy after {timeout_s:.0f} s: {self._last_words(access)}",
                    do=f"read {self.log}, run `weakspot label-studio stop` and try again",
                )
            time.sleep(0.2)

    def _last_words(self, access: Access) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        for secret in (access.password, access.token):
            text = text.replace(secret, "***")
        return " / ".join([line for line in text.splitlines() if line.strip()][-5:]) or "it printed nothing"


def _accepts(url: str, token: str) -> bool:
    """It is a Label Studio, and it is ours: only ours knows the token."""
    try:
        answer = httpx.get(
            f"{url}/api/current-user/whoami", headers={"Authorization": f"Token {token}"}, timeout=10, trust_env=False
        )
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK


def write_private(path: Path, content: Mapping[str, Any]) -> None:
    """Atomically, readable by the owner alone."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file)
    part.replace(path)
