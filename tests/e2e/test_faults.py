"""Disks that are full, broken or closed at any moment: one clear line, and the same command later ends as ever.

    a command, watched ─► its n-th write, open, mkdir, rename or fsync fails ─► exit status 1, one line
                       └► room is made ─► the same command ─► every table, artifact and file as undisturbed

The short form takes some moments, spread over the kinds of operation and of file; `make bench` takes all.
"""

from __future__ import annotations

import paper_labeler
import pytest
from disk import points, spread
from disturbed import CASES, bench
from small_disks import Desk

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("disks")]
PARTS = 4
"""The long form takes every PARTS-th operation in a test: an hour's work is not lost with its last minute."""
FEW = {"run": 20, "init": 4, "export": 3, "predict": 2, "promote": 2, "rollback": 2}


@pytest.fixture(autouse=True)
def _on_menu(monkeypatch: pytest.MonkeyPatch) -> None:
    paper_labeler.patched(monkeypatch)


@pytest.mark.parametrize("name", CASES)
def test_a_command_on_a_failing_disk_says_so_and_ends_well_once_there_is_room(desk: Desk, name: str) -> None:
    _fail(desk, name, FEW[name])


@pytest.mark.bench
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", CASES)
def test_a_command_on_a_disk_that_fails_anywhere_ends_well_once_there_is_room(desk: Desk, name: str, part: int) -> None:
    _fail(desk, name, None, part=part)


def _fail(desk: Desk, name: str, count: int | None, *, part: int = 0) -> None:
    found = bench(desk, name)
    all_ = points(found.done)
    chosen = all_[part::PARTS] if count is None else spread(all_, count)
    faults = [fault for point in chosen for fault in found.faults_at(point)]
    print(f"\n{name}: {len(chosen)} of {len(all_)} operations failed, {len(faults)} faults")
    assert not faults, "\n".join(faults)
