"""Killed before any operation on the disk, a command that is repeated ends as if nothing had happened.

    a command, watched ─► SIGKILL before its n-th write, open, mkdir, rename, fsync or unlink ─► the same command again

The moments are drawn at random; the seed is printed, and WEAKSPOT_KILL_SEED repeats it. test_crashes.py does the same
at named events and with a real Label Studio.
"""

from __future__ import annotations

import os
import random

import paper_labeler
import pytest
from disk import Point
from disturbed import CASES, bench
from small_disks import Desk

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("disks")]
FEW = {"run": 6, "init": 3, "export": 2, "predict": 1, "promote": 2, "rollback": 2}
MANY = {"run": 60, "init": 40, "export": 20, "predict": 10, "promote": 15, "rollback": 15}
SEED = "WEAKSPOT_KILL_SEED"


@pytest.fixture(autouse=True)
def _on_menu(monkeypatch: pytest.MonkeyPatch) -> None:
    paper_labeler.patched(monkeypatch)


@pytest.mark.parametrize("name", CASES)
def test_a_killed_command_ends_well_when_it_is_repeated(desk: Desk, name: str) -> None:
    _kill(desk, name, FEW[name], seed=int(os.environ.get(SEED, "1")))


@pytest.mark.bench
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", CASES)
def test_a_command_killed_at_random_moments_ends_well_when_it_is_repeated(desk: Desk, name: str) -> None:
    _kill(desk, name, MANY[name], seed=int(os.environ.get(SEED) or random.SystemRandom().randrange(10**6)))


def _kill(desk: Desk, name: str, count: int, *, seed: int) -> None:
    print(f"\n{SEED}={seed}")
    found = bench(desk, name)
    drawn = random.Random(f"{seed}/{name}").sample(found.done, min(count, len(found.done)))
    moments = [Point(one.number, one.kind.removeprefix("vain "), one.path, error=0) for one in drawn]
    faults = [fault for moment in moments for fault in found.faults_at(moment)]
    print(f"{name}: {len(moments)} kills, {len(faults)} faults")
    assert not faults, "\n".join(faults)
