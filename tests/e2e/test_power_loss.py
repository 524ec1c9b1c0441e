"""The power goes at any moment, and the disk keeps only what was synced: the same command later ends as ever.

    a run, watched ─► cut after its n-th operation ─► what the disk holds (disk.after_power_loss), both ends of what
                      it may ─► the same command ─► every table, artifact and file as undisturbed

The paper that questions lie on stands for a server elsewhere: it keeps all that it was given up to the cut.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import paper_labeler
import pytest
from disk import after_power_loss
from everything import differences, everything
from small_disks import Desk
from worker import Done, Operation, Watch, operations
from world import leftovers

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("disks")]
FEW = 20
TELLING = ("rename", "sync", "create", "mkdir", "remove")
"""After each of these the disk may hold something else."""


@pytest.fixture(autouse=True)
def _on_menu(monkeypatch: pytest.MonkeyPatch) -> None:
    paper_labeler.patched(monkeypatch)


def test_after_a_power_loss_a_run_ends_like_one_that_was_left_alone(desk: Desk) -> None:
    _lose_power(desk, FEW)


@pytest.mark.bench
@pytest.mark.timeout(7200)
def test_after_a_power_loss_at_any_moment_a_run_ends_like_one_that_was_left_alone(desk: Desk) -> None:
    _lose_power(desk, None)


def _lose_power(desk: Desk, count: int | None) -> None:
    root = desk.copy(desk.fresh)
    watch = desk.watched(root, snapshots=True)
    ended = _run(desk, root, watch)
    assert ended.status == 0, ended.err
    done = operations(watch.log)
    cuts = _cuts(done, count)
    sound = everything(root, chance=True)
    faults = []
    for place, cut in enumerate(cuts):
        for names_kept in (False, True) if count is None else (place % 2 == 0,):
            faults += _after(desk, watch, done[:cut], sound, names_kept=names_kept)
    print(f"\n{len(cuts)} moments of {len(done)} operations, {len(faults)} faults")
    assert not faults, "\n".join(faults)


def _cuts(done: Sequence[Operation], count: int | None) -> list[int]:
    """How many operations were done when the power went."""
    telling = [place + 1 for place, one in enumerate(done) if one.kind in TELLING]
    return telling if count is None else telling[:: max(1, len(telling) // count)][:count]


def _after(desk: Desk, watch: Watch, done: Sequence[Operation], sound: object, *, names_kept: bool) -> list[str]:
    """Puts the folder where the lost one was, for paths stand in it; what is wrong when the command is repeated."""
    root = watch.root
    shutil.rmtree(root)
    assert watch.snapshots is not None
    after_power_loss(
        desk.fresh, root, done, root=root, snapshots=watch.snapshots, kept=watch.exempt, names_kept=names_kept
    )
    last = done[-1]
    where = f"after {last.kind} {last.number} of {last.path}, names {'kept' if names_kept else 'lost'}"
    again = _run(desk, root, None)
    if again.status != 0:
        print(f"{where}: status {again.status}")
        return [f"{where}: status {again.status}: {again.err[-700:]}"]
    wrong = differences(sound, everything(root, chance=True)) + _left_over(root, watch)
    print(f"{where}: {len(wrong)} differences")
    return [f"{where}: {line}" for line in wrong]


def _left_over(root: Path, watch: Watch) -> list[str]:
    """Drafts that nobody removed, but those on the paper."""
    return [f"left over: {path}" for path in leftovers(root) if root / watch.exempt not in path.parents]


def _run(desk: Desk, root: Path, watch: Watch | None) -> Done:
    return desk.worker.run("run", "--project", root, "--rounds", "2", watch=watch)
