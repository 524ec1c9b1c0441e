"""The embedded Label Studio: one server per project folder, on this machine only, started when it is needed.

    state_dir/   access.json   e-mail, password, token      server.json  port, process, and the folder it is for
                 data/         database, media, its lock    server.log   what the server printed
                 home/         its HOME                     server.lock  one start or stop at a time

    start ─► installed? ─► alone? ─► ours runs? ─► else launched, with the lock of the data folder ─► healthy ─► Access

`start` and `stop` may be repeated: the second call finds the work done. A process is ours only when it serves this very
folder (processes.py); server.json only makes it quick to find. The lock (data_lock.py) keeps a second server off the
data whatever happens to the files. All of it is readable by its owner alone.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from labeling.label_studio import access, data_lock
from labeling.label_studio.access import Access, ServerStatus
from labeling.label_studio.accounts import renewed_token
from labeling.label_studio.installation import (
    Tell,
    ensure_installed,
    executable,
    migrated_template,
    quiet_environment,
    venv_folder,
)
from labeling.label_studio.processes import end, free_port, is_free, listening_port, serving
from labeling.label_studio.state_folder import (
    DATABASE,
    Note,
    damaged,
    folder_identity,
    lay_out,
    note,
    read,
    refuse_links,
    write_private,
)
from labeling.label_studio.waiting import alone
from loop import children, private
from loop.errors import LabelerError, ServerDown
from loop.processes import ProcessIdentity, find, identity

__all__ = ["Access", "EmbeddedServer", "ServerStatus", "silent", "write_private"]

START_TIMEOUT_S = 240.0
STOP_TIMEOUT_S = 15.0
HOLDER_TIMEOUT_S = 10.0
"""A server that was just forked holds the lock before its command line shows what it is."""
PORT_TRIES = 3
LOG_BYTES = 5_000_000
"""A longer log is set aside at the next start."""


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

        Raises LabelerError when it cannot be installed, another start hangs or a link lies in its folder, ServerDown
        when it does not come up.
        """
        refuse_links(self.state_dir)
        ensure_installed(self.venv, tell=tell)
        self._make_folder()
        with self._alone(tell):
            for left in reversed(range(PORT_TRIES)):
                process = self._settled(tell) or self._launch(tell)
                self._note(process)
                try:
                    self._wait_until_healthy(process, timeout_s, tell)
                    break
                except ServerDown:
                    if not left or find(process) or is_free(self._noted_port()):
                        raise
                    tell(f"port {self._noted_port()} was taken by another program meanwhile: trying another one")
        return self.access()

    def stop(self) -> bool:
        """Ends our server, kindly first; False when it was not running. Raises LabelerError as `start` does."""
        if not self.state_dir.exists():
            return False
        refuse_links(self.state_dir)
        with self._alone(silent):
            found = serving(self.state_dir, note(self.state_dir).process)
            for one in found:
                end(one.process, patience_s=STOP_TIMEOUT_S)
            return bool(found)

    def status(self) -> ServerStatus:
        """Looks without changing anything. Raises LabelerError when access.json is damaged."""
        if not self.state_dir.exists():
            return ServerStatus(running=False, healthy=False, url="", pid=None, log=self.log)
        noted = note(self.state_dir)
        found = serving(self.state_dir, noted.process)
        ours = next((one for one in found if one.is_settled), None)
        shown = ours or next(iter(found), None)
        port = (listening_port(ours.process) if ours else None) or noted.port
        reached = self._access(port)
        response = access.response_of(ours.process, reached) if ours and reached else "none"
        return ServerStatus(
            running=shown is not None,
            healthy=response == "accepted",
            refused=response == "refused",
            url=reached.url if reached else "",
            pid=shown.process.pid if shown else None,
            log=self.log,
            elsewhere=shown.data if shown and not shown.is_settled else "",
        )

    def access(self) -> Access:
        """Address, account and token.

        Raises ServerDown before the first start in this folder, LabelerError when its account is lost.
        """
        found = self._access(note(self.state_dir).port) if self.state_dir.exists() else None
        if found is None:
            self._refuse_without_account()
        if found is None:
            raise ServerDown(
                f"the embedded Label Studio of {self.state_dir} has never been started",
                do="run `weakspot label-studio start`",
            )
        return found

    def _access(self, port: int | None) -> Access | None:
        account = self._kept_account()
        return Access(url=f"http://127.0.0.1:{port}", **account) if port and account else None

    def _make_folder(self) -> None:
        try:
            private.folder(self.state_dir)
            # Before the look at the processes: one that was started for an earlier folder of this name writes here.
            private.folder(self.data)
        except FileNotFoundError as fault:
            raise LabelerError(
                f"{self.state_dir.parent} does not exist: the project was moved or removed",
                do="run the command again with the folder where the project is now",
            ) from fault

    def _alone(self, tell: Tell) -> AbstractContextManager[None]:
        return alone(
            self.state_dir / "server.lock",
            wait_s=START_TIMEOUT_S + STOP_TIMEOUT_S,
            tell=tell,
            waiting="waiting for another weakspot command that starts or stops this Label Studio",
            hanging=f"another process has been starting or stopping Label Studio in {self.state_dir} for minutes",
        )

    def _settled(self, tell: Tell) -> ProcessIdentity | None:
        """Our server; any other one that runs for this folder is ended."""
        found = serving(self.state_dir, note(self.state_dir).process)
        ours = next((one for one in found if one.is_settled), None)
        for one in found:
            if one is not ours:
                tell(f"ending the Label Studio that still runs for {one.data} (process {one.process.pid})")
                end(one.process, patience_s=STOP_TIMEOUT_S)
        return ours.process if ours else None

    def _launch(self, tell: Tell) -> ProcessIdentity:
        account = self._account()
        lay_out(self.state_dir, migrated_template(self.venv, tell=tell))
        deadline = time.monotonic() + HOLDER_TIMEOUT_S
        while True:
            with ExitStack() as lock:
                try:
                    kept = lock.enter_context(data_lock.taken(self.data / "serving.lock"))
                except BlockingIOError:
                    holder = self._holder(deadline)
                else:
                    return self._started(account, kept, tell)
            if holder is not None:
                return holder
            time.sleep(0.1)

    def _holder(self, deadline: float) -> ProcessIdentity | None:
        """Who holds the lock of the data: a server whose launcher ended just now, or None for one that is ending.

        Raises LabelerError when nobody has been visible until the deadline.
        """
        found = next(iter(serving(self.state_dir)), None)
        if found is None and time.monotonic() > deadline:
            raise LabelerError(
                f"a process that is not visible here, of another user or container, serves {self.data}",
                wanted="one Label Studio for each folder",
                do="stop Label Studio where it was started, and try again",
            )
        return found.process if found else None

    def _started(self, account: dict[str, str], kept: tuple[int, ...], tell: Tell) -> ProcessIdentity:
        port = self._port()
        write_private(self.state_dir / "server.json", {"port": port, "folder": folder_identity(self.state_dir)})
        tell("starting Label Studio")
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with private.file(self.log).open("ab") as log:
            started = children.start(
                [
                    *(executable(self.venv), "start", "--no-browser", "--data-dir", self.data),
                    *("--internal-host", "127.0.0.1", "--port", str(port)),
                ],
                folder=self.state_dir,
                environment={**quiet_environment(self.state_dir / "home", self.data), **access.variables(account)},
                stdout=log,
                stderr=log,
                pass_fds=kept,
                session=True,
            )
        return identity(started.pid)

    def _note(self, process: ProcessIdentity, port: int | None = None) -> None:
        known = note(self.state_dir)
        now = Note(port or listening_port(process) or known.port, process)
        if now != known:
            content = {"port": now.port, "folder": folder_identity(self.state_dir), **process.as_json()}
            write_private(self.state_dir / "server.json", content)

    def _noted_port(self) -> int:
        return note(self.state_dir).port or 0

    def _kept_account(self) -> dict[str, str]:
        """Empty before the first start. Raises LabelerError when the file is damaged."""
        path = self.state_dir / "access.json"
        found = read(path)
        if found and not access.is_account(found):
            raise damaged(path, "not an e-mail, a password and a token")
        return found

    def _account(self) -> dict[str, str]:
        account = self._kept_account()
        if account:
            return account
        self._refuse_without_account()
        account = access.new_account()
        write_private(self.state_dir / "access.json", account)
        return account

    def _refuse_without_account(self) -> None:
        """Raises LabelerError when there is data and nobody knows the password any more."""
        if (self.data / DATABASE).exists() and not self._kept_account():
            raise LabelerError(
                f"{self.state_dir / 'access.json'} is missing, and with it the password of the data in {self.data}",
                do="put the file back, or move the data folder away to start with an empty server",
            )

    def _port(self) -> int:
        kept = note(self.state_dir).port
        return kept if kept and is_free(kept) else free_port()

    def _wait_until_healthy(self, process: ProcessIdentity, timeout_s: float, tell: Tell) -> None:
        deadline = time.monotonic() + timeout_s
        while True:
            port = listening_port(process)
            self._note(process, port)
            reached = self.access()
            response = access.response(reached) if port else "none"
            if response == "refused":
                self._renew_token(reached, tell)
            if response == "accepted":
                return
            ended = find(process) is None
            if ended or time.monotonic() > deadline:
                how = "ended while it started" if ended else f"was not healthy after {timeout_s:.0f} s"
                more = "" if ended else ", run `weakspot label-studio stop` and try again"
                raise ServerDown(
                    f"the embedded Label Studio {how}: {access.last_words(self.log, reached)}",
                    do=f"read {self.log}{more}",
                )
            time.sleep(0.2)

    def _renew_token(self, reached: Access, tell: Tell) -> None:
        """Fetches the account's present token with its password, and keeps it. Raises ServerRefused."""
        kept = self.state_dir / "access.json"
        token = renewed_token(reached, kept)
        tell("the token was reset in Label Studio: taking the present one")
        write_private(kept, {**self._kept_account(), "token": token})
