"""`weakspot` in forks of one process that has imported everything; what a fork does to its disk may be watched.

    python worker.py      a line of JSON in: arguments, log, die, watch ─► fork ─► main() ─► a line out: exit status

    Worker(shim)          the same for tests: worker.run("run", "--project", root, watch=Watch(...)) ─► Done

Questions are answered on paper (paper_labeler.py), in the process that asks them. The paper stands for a server on
another machine: its disk is never disturbed.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
HEAVY = (
    *("scipy.stats", "sklearn.linear_model", "sklearn.cluster", "pyarrow.parquet", "torch", "transformers"),
    *("loop.models", "loop.models.encoder", "loop.models.exporting", "loop.selection.layout", "loop.selection.spots"),
    *(
        "loop.cli.commands.project",
        "loop.cli.project",
        "loop.cli.champion",
        "loop.rounds.runner",
        "labeling.simulated.crowd",
    ),
    *("loop.models.tuning", "loop.models.training", "loop.models.classifier", "loop.models.probe", "datasets"),
    *("loop.tasks.classification", "loop.ledger.migrating", "alembic.command", "sqlalchemy.dialects.sqlite"),
)
RESAMPLES = 40
"""In place of a thousand: no test here looks at an interval, and every life would spend most of its time on them."""
KINDS = {"create": 1, "write": 2, "mkdir": 4, "rename": 8, "sync": 16, "truncate": 32, "remove": 64}
"""As in disk.c."""


@dataclass(frozen=True)
class Watch:
    """What disk.c shall look at in one process, and what shall go wrong."""

    root: Path
    log: Path
    exempt: str = ".weakspot/paper"
    """Below root."""
    snapshots: Path | None = None
    fail_at: int = 0
    """Number of the operation that fails; 0: none."""
    error: int = 0
    """errno; 0: the process is killed."""
    kinds: tuple[str, ...] = tuple(KINDS)
    lasting: bool = False


@dataclass(frozen=True)
class Done:
    """How a command ended. status: negative when a signal ended it."""

    status: int
    out: str
    err: str

    def complaint(self) -> str:
        """The one line that says what is wrong."""
        assert self.status == 1, f"status {self.status}\n{self.out}\n{self.err}"
        assert "Traceback" not in self.err, self.err
        assert self.err.count("weakspot: ") == 1, self.err
        return self.err[self.err.index("weakspot: ") :].strip()


@dataclass(frozen=True)
class Operation:
    """A line of disk.c's log."""

    number: int
    kind: str
    path: str
    other: str


def operations(log: Path) -> list[Operation]:
    """All that a watched process did, in order."""
    rows = (line.split("\t") for line in log.read_text().splitlines())
    return sorted((Operation(int(row[0]), *row[1:]) for row in rows), key=lambda one: one.number)


class Worker:
    """A fork server; one command at a time."""

    def __init__(self, folder: Path, shim: Path | None) -> None:
        self._folder = folder
        self._commands = 0
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
        if shim is not None:
            environment["LD_PRELOAD"] = str(shim)
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str | Path, watch: Watch | None = None) -> Done:
        """Runs `weakspot` with these arguments."""
        self._commands += 1
        out, err = (self._folder / f"{self._commands}.{name}" for name in ("out", "err"))
        job = {"arguments": [str(one) for one in arguments], "out": str(out), "err": str(err), "watch": _plain(watch)}
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        status = json.loads(self._process.stdout.readline())
        return Done(status, out.read_text(), err.read_text())

    def close(self) -> None:
        """Ends it."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(timeout=60)


@contextmanager
def working(folder: Path, shim: Path | None) -> Iterator[Worker]:
    """A worker until the block ends."""
    folder.mkdir(parents=True)
    worker = Worker(folder, shim)
    try:
        yield worker
    finally:
        worker.close()


def _plain(watch: Watch | None) -> dict[str, Any] | None:
    return None if watch is None else {name: _text(value) for name, value in vars(watch).items()}


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


def _serve() -> None:
    sys.path[:0] = [str(TESTS.parent), str(TESTS)]
    for name in HEAVY:
        importlib.import_module(name)
    import paper_labeler

    from loop import registry
    from loop.evaluation import intervals

    paper_labeler.put_on_menu(registry.MENU)
    assert intervals.bootstrap.__kwdefaults__
    intervals.bootstrap.__kwdefaults__["repeats"] = RESAMPLES
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _work(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(json.dumps(os.waitstatus_to_exitcode(status)), flush=True)


def _work(job: dict[str, Any]) -> None:
    from loop.cli import main

    for stream, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(job[name], os.O_WRONLY | os.O_CREAT), stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if job["watch"]:
        _watch(**job["watch"])
    sys.argv = ["weakspot", *job["arguments"]]
    status = 1
    try:
        main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 (as the interpreter does: it would print it and end with 1)
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _watch(
    *,
    root: str,
    log: str,
    exempt: str,
    snapshots: str | None,
    fail_at: int,
    error: int,
    kinds: list[str],
    lasting: bool,
) -> None:
    texts = (root, f"{root}/{exempt}", log, snapshots or "")
    mask = sum(KINDS[kind] for kind in set(kinds))
    watch = ctypes.CDLL(None).disk_watch
    watch(*(one.encode() for one in texts), ctypes.c_long(fail_at), error, mask, int(lasting))


if __name__ == "__main__":
    _serve()
