"""Commands that are disturbed at one moment and then repeated: what was said, and what is not as if undisturbed.

    case ─► left alone, watched ─► its operations, and the state it ends in
        └─► once for each point: disturbed there ─► repeated ─► faults: a traceback, no clear line, another state

A case works in one folder, made again for each point, for a project's folder stands in its files.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from disk import Point
from everything import differences, everything
from small_disks import Desk, done_by
from worker import Done, Operation, Watch
from world import leftovers

Command = Callable[[Desk, Path, Watch | None], Done]


@dataclass(frozen=True)
class Case:
    """A command on a project. before: the folder it begins with; None: there is none yet."""

    command: Command
    before: Callable[[Desk], Path] | None
    already: str = ""
    """What the repeated command may say with status 1: that all was done the first time."""


def _words(*words: str) -> Command:
    """`weakspot` with these words; {root} is the project."""
    return lambda desk, root, watch: desk.worker.run(*(word.format(root=root) for word in words), watch=watch)


def _predicting(desk: Desk, root: Path, watch: Watch | None) -> Done:
    return desk.worker.run(
        "predict", desk.files.gold, "--out", root / "out.csv", "--text", "text", "--project", root, watch=watch
    )


CASES = {
    "run": Case(_words("run", "--rounds", "2", "--project", "{root}"), lambda desk: desk.fresh),
    "init": Case(lambda desk, root, watch: desk.init(root, watch=watch), None, "already holds a project"),
    "promote": Case(
        _words("promote", "0", "--why", "w", "--project", "{root}"), lambda desk: desk.two, "is the champion already"
    ),
    "rollback": Case(
        _words("rollback", "--why", "w", "--project", "{root}"), lambda desk: desk.two, "there is no earlier champion"
    ),
    "export": Case(_words("export", "{root}/model", "--project", "{root}"), lambda desk: desk.two),
    "predict": Case(_predicting, lambda desk: desk.two),
}


@dataclass(frozen=True)
class Bench:
    """A case, the folder it works in, and how it ends undisturbed."""

    desk: Desk
    case: Case
    root: Path
    done: Sequence[Operation]
    sound: dict[str, Any]

    def faults_at(self, point: Point) -> list[str]:
        """Disturbs the command there and repeats it; what went wrong, in words."""
        watch = Watch(
            *(self.root, self.desk.place("log")),
            **{"fail_at": point.number, "error": point.error, "kinds": point.kinds, "lasting": point.lasting},
        )
        self._begin()
        first = self.case.command(self.desk, self.root, watch)
        hit = next((one for one in done_by(watch) if one.kind.startswith("refused")), None)
        where = f"{point} ({hit.kind} {_short(hit.path)})" if hit else str(point)
        said = first.err[first.err.find("weakspot: ") :].strip()
        found = _unclear(first) if point.error else []
        if first.status:
            again = self.case.command(self.desk, self.root, None)
            found += self._not_repeated(again)
        found += differences(self.sound, state(self.root)) + [f"left over: {path}" for path in leftovers(self.root)]
        print(f"{where}: status {first.status}, {said!r}, {len(found)} faults")
        return [f"{where}, {said[-200:]!r}: {fault}" for fault in found]

    def _begin(self) -> None:
        begin(self.desk, self.case, self.root)

    def _not_repeated(self, again: Done) -> list[str]:
        was_done = self.case.already and self.case.already in again.err and again.status == 1
        return [] if again.status == 0 or was_done else [f"repeated: status {again.status}: {again.err[-700:]}"]


def bench(desk: Desk, name: str) -> Bench:
    """Runs the case once, watched and left alone."""
    case, root = CASES[name], desk.place(name)
    begin(desk, case, root)
    watch = desk.watched(root)
    ended = case.command(desk, root, watch)
    assert ended.status == 0, ended.err
    return Bench(desk, case, root, done_by(watch), state(root))


def begin(desk: Desk, case: Case, root: Path) -> None:
    """The folder as it is before the command."""
    shutil.rmtree(root, ignore_errors=True)
    if case.before is not None:
        shutil.copytree(case.before(desk), root)


def state(root: Path) -> dict[str, Any]:
    """All that the project holds; its key is drawn by chance, and only `init` draws one."""
    return everything(root) if (root / "weakspot.yaml").exists() else {"no project": True}


def _unclear(done: Done) -> list[str]:
    """A command ends well, or with one clear line."""
    clear = done.status in (0, 1) and "Traceback" not in done.err and done.err.count("weakspot: ") == done.status
    return [] if clear else [f"status {done.status}: {done.err[-1500:]}"]


def _short(path: str) -> str:
    return "/".join(path.rsplit("/", 4)[1:])
