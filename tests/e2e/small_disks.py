"""Small projects for tests that disturb commands: made once by a watched worker; people answer on paper.

desk.fresh   before its first round          desk.run(root, ...) ─► weakspot in a fork, watched or not
desk.two     after two rounds                desk.copy(desk.fresh) ─► a copy that may be broken
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import paper_labeler
import pytest
from disk import shim
from made_project import Files, make_files
from worker import Done, Operation, Watch, Worker, operations, working

SETTINGS = {
    "model.tuning": "head",
    "labeler.kind": paper_labeler.NAME,
    "labeler.poll_seconds": "0.1",
    "selection.audit": "0.2",
    "gate.margin": "1.0",
    "gate.slice_margin": "1.0",
}
"""The gate lets every model through: on data this small, which one is better differs from CPU to CPU."""


@dataclass(frozen=True)
class Desk:
    """A worker and its projects."""

    worker: Worker
    files: Files
    folder: Path
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def fresh(self) -> Path:
        """A project before its first round."""
        return self.folder / "fresh"

    @property
    def two(self) -> Path:
        """A project after two rounds, both promoted, never disturbed."""
        return self.folder / "two"

    def place(self, name: str = "at") -> Path:
        """A path where nothing lies."""
        return self.folder / f"{name}-{next(self._numbers)}"

    def copy(self, root: Path) -> Path:
        """A copy to be broken."""
        return Path(shutil.copytree(root, self.place(root.name)))

    def init(self, root: Path, *, watch: Watch | None = None) -> Done:
        """`weakspot init`, always the same."""
        given = ("--data", self.files.pool, "--gold", self.files.gold, "--base", self.files.base)
        rest = ("--seed-labels", "24", "--experts", paper_labeler.NAME, "--batch", "6", "--seed", "7")
        settings = (word for key, value in SETTINGS.items() for word in ("--set", f"{key}={value}"))
        return self.worker.run("init", root, *given, *rest, *settings, watch=watch)

    def watched(self, root: Path, *, snapshots: bool = False) -> Watch:
        """A watch that only writes down."""
        log = self.place("log")
        kept = log.with_suffix(".snapshots") if snapshots else None
        if kept is not None:
            kept.mkdir()
        return Watch(root, log, snapshots=kept)


def done_by(watch: Watch) -> list[Operation]:
    """What the watched process did to disks that can be disturbed."""
    exempt = str(watch.root / watch.exempt)
    return [one for one in operations(watch.log) if not one.path.startswith(exempt)]


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One worker for all tests of a file."""
    folder = tmp_path_factory.mktemp("desk")
    made = make_files(folder / "files", pool=60, gold=30)
    with working(folder / "commands", shim(folder)) as worker:
        found = Desk(worker, made, folder)
        assert found.init(found.fresh).status == 0
        shutil.copytree(found.fresh, found.two)
        ended = worker.run("run", "--project", found.two, "--rounds", "2")
        assert ended.status == 0, ended.err
        assert worker.run("report", "--project", found.two).out.count("promoted") == 2
        yield found
