"""Killed while it starts, stops or restores Label Studio, a command that is repeated leaves one sound server, or none.

    label-studio start | stop | restore, watched ─► SIGKILL before its n-th operation ─► the same command again
        start: one process on the folder, healthy, with the same account      stop: no process
        restore: the same tasks and answers on the server, the same ledger

The moments are drawn at random; the seed is printed, and WEAKSPOT_KILL_SEED repeats it.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from everything import differences, everything
from made_project import copy_project
from real_label_studio import label_studio_venv  # noqa: F401
from small_disks import Desk, done_by
from test_kills import SEED
from worker import Done, Operation, Watch
from world import leftovers, server_of

from labeling.label_studio.processes import serving
from labeling.label_studio.server import EmbeddedServer

pytestmark = [pytest.mark.slow, pytest.mark.server, pytest.mark.xdist_group("disks"), pytest.mark.timeout(900)]
FEW = {"start": 3, "stop": 1, "restore": 1}
MANY = {"start": 15, "stop": 5, "restore": 10}
STATE = Path(".weakspot", "label_studio")


@pytest.fixture
def root(desk: Desk, fresh: Path, label_studio_venv: Path) -> Iterator[Path]:  # noqa: F811
    """A project whose questions lie on its own server, which runs; it is stopped at the end."""
    place = desk.place("served")
    copy_project(fresh, place)
    assert desk.worker.run("run", "--until", "send", "--project", place).status == 0
    yield place
    EmbeddedServer(place / STATE).stop()


def test_a_killed_command_about_the_server_ends_well_when_it_is_repeated(desk: Desk, root: Path) -> None:
    _kill_all(desk, root, FEW, seed=int(os.environ.get(SEED, "1")))


@pytest.mark.bench
@pytest.mark.timeout(7200)
def test_a_command_about_the_server_killed_at_random_moments_ends_well(desk: Desk, root: Path) -> None:
    _kill_all(desk, root, MANY, seed=int(os.environ.get(SEED) or random.SystemRandom().randrange(10**6)))


def _kill_all(desk: Desk, root: Path, counts: dict[str, int], *, seed: int) -> None:
    print(f"\n{SEED}={seed}")
    server, sound = EmbeddedServer(root / STATE), {**everything(root, chance=True), "server": server_of(root)}
    account = replace(server.access(), url="")
    kills = 0
    for name, count in counts.items():
        _before(name, server)
        watch = desk.watched(root)
        assert _command(desk, name, root, watch).status == 0
        moments = done_by(watch)
        for moment in random.Random(f"{seed}/{name}").sample(moments, min(count, len(moments))):
            _before(name, server)
            kills += _killed(desk, name, root, moment)
            assert len(serving(root / STATE)) == (0 if name == "stop" else 1), f"{name}, {moment}"
            assert leftovers(root) == [], f"{name}, {moment}"
    assert server.start().email == account.email
    assert replace(server.access(), url="") == account
    assert not differences(sound, {**everything(root, chance=True), "server": server_of(root)})
    print(f"{kills} kills")


def _before(name: str, server: EmbeddedServer) -> None:
    """A stopped server is started; a running one is stopped or restored."""
    if name == "start":
        server.stop()
    else:
        server.start()


def _killed(desk: Desk, name: str, root: Path, moment: Operation) -> int:
    """Kills the command before this operation, repeats it, and says whether the moment came."""
    watch = Watch(root, desk.place("log"), fail_at=moment.number)
    first = _command(desk, name, root, watch)
    print(f"{name}, SIGKILL at {moment.kind} {moment.number} of {moment.path}: status {first.status}")
    assert first.status in (0, -9), first.err
    again = _command(desk, name, root, None)
    assert again.status == 0, f"{name}, {moment}: {again.err}"
    return int(first.status == -9)


def _command(desk: Desk, name: str, root: Path, watch: Watch | None) -> Done:
    return desk.worker.run("label-studio", name, "--project", root, watch=watch)
