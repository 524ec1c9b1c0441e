"""`weakspot` in a process that dies where it is told to, again and again until the work is done.

    python crashing.py OUT run --project DIR ...
        OUT/plan.json    {"die": [...], "kill_server": [...], "kill_server_soon": [...]}   names of events
        OUT/events.txt   every event of every process      OUT/hits.txt   the planned ones that came

    imports once ─► fork ─► weakspot run ─► a planned event: SIGKILL ─► fork ─► weakspot run ─► ... ─► exit status 0

The product knows nothing of this: its seams to disk, ledger and server are wrapped from outside. An event is named
round/step/what/before or after#k, k counting within one process: "0/send/import_tasks/before#1". An event that stands
in the plan counts once: the next process passes it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

import labeling.label_studio.labeler
import labeling.label_studio.server
import labeling.simulated.annotators
import loop.artifacts
import loop.models  # heavy, and so imported before the forks
import loop.selection.layout
import loop.selection.spots
from labeling.label_studio.client import Client
from labeling.label_studio.server import EmbeddedServer
from loop.cli import main
from loop.ledger import Ledger
from loop.rounds import runner

WRITES = (
    "create_project",
    "hide_columns",
    "set_overlap",
    "import_tasks",
    "set_model_version",
    "delete_tasks",
    "annotate",
)
READS = ("projects", "project", "task_rows", "full_tasks", "newest_change")
MOST_DEATHS = 200
SOON_S = 0.05


class Stage:
    """What one process knows of where it is, and what shall happen there."""

    def __init__(self, out: Path, root: Path) -> None:
        self._out = out
        self._server = root / ".weakspot" / "label_studio" / "server.json"
        self._plan = {key: set(names) for key, names in json.loads((out / "plan.json").read_text()).items()}
        hits = out / "hits.txt"
        self._past = set(hits.read_text().split("\n")) if hits.exists() else set()
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.place = "start"

    def event(self, what: str) -> None:
        """Notes it and does what the plan says."""
        with self._lock:
            kind = f"{self.place}/{what}"
            self._counts[kind] += 1
            name = f"{kind}#{self._counts[kind]}"
            self._note("events.txt", name)
            if name in self._past:
                return
            for deed in ("die", "kill_server", "kill_server_soon"):
                if name in self._plan.get(deed, ()):
                    self._note("hits.txt", name)
                    getattr(self, f"_{deed}")()

    def _note(self, file: str, line: str) -> None:
        with (self._out / file).open("a") as handle:
            handle.write(line + "\n")

    def _die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def _kill_server_soon(self) -> None:
        threading.Timer(SOON_S, self._kill_server).start()

    def _kill_server(self) -> None:
        process = psutil.Process(json.loads(self._server.read_text())["pid"])
        family = [process, *process.children(recursive=True)]
        for member in family:
            member.kill()
        psutil.wait_procs(family, timeout=30)


def watch(stage: Stage) -> None:
    """Wraps steps, commits, files, server and API."""
    runner._run_step = _step(stage, runner._run_step)
    runner._run_round = _round(stage, runner._run_round)
    _wrap(stage, runner._Heartbeat, "on_progress", "progress")
    _wrap(stage, loop.artifacts, "seal", "seal folder")
    _wrap(stage, labeling.simulated.annotators, "member_token", "make account")
    _wrap(stage, labeling.label_studio.server, "write_private", lambda path, *_: f"note {path.name}")
    _wrap(stage, labeling.simulated.annotators, "write_accounts", lambda path, *_: f"note {path.name}")
    _wrap(stage, EmbeddedServer, "_wait_until_healthy", "wait for server")
    _wrap(
        stage, Path, "rename", lambda _, target: "move old away" if target.suffix == ".replaced" else "move into place"
    )
    for name in (*WRITES, *READS):
        _wrap(stage, Client, name, name)
    Ledger.begin = _begin(stage, Ledger.begin)  # type: ignore[method-assign]


def _wrap(stage: Stage, owner: Any, name: str, what: str | Callable[..., str]) -> None:
    inner = getattr(owner, name)

    def wrapped(*given: Any, **named: Any) -> Any:
        words = what if isinstance(what, str) else what(*given)
        stage.event(f"{words}/before")
        result = inner(*given, **named)
        stage.event(f"{words}/after")
        return result

    setattr(owner, name, wrapped)


def _step(stage: Stage, inner: Callable[..., None]) -> Callable[..., None]:
    def wrapped(project: Any, config: Any, round_: int, step: str, *rest: Any) -> None:
        stage.place = f"{round_}/{step}"
        stage.event("step/before")
        inner(project, config, round_, step, *rest)
        stage.event("step/after")
        stage.place = f"{round_}/between"

    return wrapped


def _round(stage: Stage, inner: Callable[..., None]) -> Callable[..., None]:
    def wrapped(project: Any, round_: int, *rest: Any) -> None:
        stage.place = f"{round_}/between"
        inner(project, round_, *rest)

    return wrapped


def _begin(stage: Stage, inner: Callable[..., Any]) -> Callable[..., Any]:
    @contextmanager
    def wrapped(ledger: Ledger, who: str) -> Iterator[Any]:
        with inner(ledger) as connection:
            yield connection
            stage.event(f"commit {who}/before")
        stage.event(f"commit {who}/after")

    return lambda ledger: wrapped(ledger, sys._getframe(1).f_code.co_name.strip("_"))


def _work(out: Path, arguments: list[str]) -> None:
    """In the child: standard output and error go to a file, then the command line takes over."""
    log = os.open(out / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    watch(Stage(out, Path(arguments[arguments.index("--project") + 1])))
    sys.argv = ["weakspot", *arguments]
    main()


def _until_done(out: Path, arguments: list[str]) -> int:
    for _ in range(MOST_DEATHS):
        child = os.fork()
        if child == 0:
            _work(out, arguments)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
            return os.waitstatus_to_exitcode(status)
    return 99


if __name__ == "__main__":
    sys.exit(_until_done(Path(sys.argv[1]), sys.argv[2:]))
