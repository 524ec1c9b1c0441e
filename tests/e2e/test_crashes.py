"""Killed again and again, a run ends as if nothing had happened: in the ledger, in the files, in Label Studio.

one project, copied ─► calm: runs through      ─┐
                  └──► hunted: SIGKILL at each ─┴─► the same picks, tasks, answers, labels, models, figures
                       planned event, and its Label Studio killed while it sends and waits
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from everything import differences, everything
from made_project import make_files, make_project
from world import ledger_of, leftovers, server_of

from labeling.label_studio.server import EmbeddedServer
from loop.records.vocabulary import STEPS

pytestmark = [pytest.mark.slow, pytest.mark.server, pytest.mark.xdist_group("crashes")]
DRIVER = Path(__file__).parent / "crashing.py"
Plan = Mapping[str, Sequence[str]]
Run = Callable[..., "subprocess.Popen[bytes]"]

FEW: Plan = {
    "die": (
        "0/evaluate/commit run_step/before#2",
        "0/send/create_project/after#1",
        "0/send/import_tasks/after#1",
        "0/await/annotate/after#2",
        "0/collect/commit take_over/before#1",
        "0/settle/commit run_step/before#2",
        "1/train/move into place/after#1",
        "1/train/move old away/after#1",
    ),
    "kill_server": ("0/await/annotate/before#4",),
    "kill_server_soon": (),
}

MANY: Plan = {
    "die": (
        "0/between/commit open_round/after#1",
        "0/train/step/before#1",
        "0/train/seal folder/before#1",
        "0/train/move into place/before#1",
        "0/train/progress/after#3",
        "0/train/commit run_step/before#2",
        "0/evaluate/move into place/before#1",
        "0/evaluate/move into place/after#1",
        "0/evaluate/commit run_step/after#2",
        "0/gate/commit run_step/before#2",
        "0/score/seal folder/after#1",
        "0/score/move into place/after#1",
        "0/score/move old away/before#1",
        "0/map/commit run_step/before#2",
        "0/map/step/after#1",
        "0/select/commit run_step/before#2",
        "0/select/commit run_step/after#2",
        "0/send/note access.json/before#1",
        "0/send/note server.json/before#2",
        "0/send/wait for server/before#1",
        "0/send/create_project/before#1",
        "0/send/create_project/after#1",
        "0/send/import_tasks/before#1",
        "0/send/import_tasks/after#1",
        "0/send/commit event/before#1",
        "0/send/commit run_step/before#2",
        "0/send/commit run_step/after#2",
        "0/await/commit take_over/before#1",
        "0/await/note simulated.json/after#1",
        "0/await/make account/before#1",
        "0/await/make account/after#2",
        "0/await/annotate/before#1",
        "0/await/annotate/after#1",
        "0/await/annotate/after#4",
        "0/await/commit take_over/after#2",
        "0/await/commit run_step/before#2",
        "0/collect/newest_change/after#1",
        "0/collect/task_rows/after#1",
        "0/collect/full_tasks/before#1",
        "0/collect/commit take_over/before#1",
        "0/collect/commit take_over/after#1",
        "0/collect/commit run_step/before#2",
        "0/settle/commit run_step/before#2",
        "0/settle/commit run_step/after#2",
        "0/between/commit run_round/before#1",
        "1/between/commit open_round/before#1",
        "1/train/progress/before#3",
        "1/train/move into place/after#1",
        "1/train/move old away/before#1",
        "1/train/move old away/after#1",
        "1/evaluate/commit run_step/before#2",
        "1/gate/commit run_step/after#2",
        "1/score/commit run_step/before#2",
        "1/select/commit run_step/before#2",
        "1/send/commit event/before#1",
        "1/await/annotate/after#2",
        "1/collect/commit take_over/after#1",
        "1/settle/commit run_step/before#2",
        "2/train/move into place/before#1",
        "2/gate/commit run_step/before#2",
    ),
    "kill_server": (
        "0/send/projects/before#1",
        "1/send/project/before#1",
        "1/await/project/before#1",
        "1/await/annotate/before#3",
        "1/await/full_tasks/before#1",
        "1/collect/full_tasks/before#1",
    ),
    "kill_server_soon": ("1/send/import_tasks/before#1", "1/await/annotate/before#6"),
}
ONLY_AFTER_A_CRASH = "move old away"
"""Nothing is written a second time in a run that is left alone."""


@pytest.fixture
def copies(label_studio_venv: Path, tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """The same project twice, each with a Label Studio of its own, which is stopped at the end."""
    calm, hunted = tmp_path / "calm", tmp_path / "hunted"
    make_project(calm, make_files(tmp_path / "files", pool=150, gold=60), batch=12, seed_labels=24)
    shutil.copytree(calm, hunted)
    yield calm, hunted
    for root in (calm, hunted):
        EmbeddedServer(root / ".weakspot" / "label_studio").stop()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Starts the driver; whatever still runs at the end of the test is ended."""
    started = []

    def begin(root: Path, *arguments: str, plan: Plan) -> subprocess.Popen[bytes]:
        out = _out(root)
        out.mkdir()
        (out / "plan.json").write_text(json.dumps(plan))
        words = [sys.executable, str(DRIVER), str(out), "run", "--project", str(root), *arguments]
        started.append(subprocess.Popen(words, env={**os.environ, "OMP_NUM_THREADS": "1"}))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.timeout(1500)
def test_a_run_that_is_killed_at_a_few_points_ends_like_one_that_is_not(copies: tuple[Path, Path], run: Run) -> None:
    hits = _hunt(copies, run, FEW, "--rounds", "2", "--until", "gate", timeout_s=700)
    assert set(hits) == {point for points in FEW.values() for point in points}


@pytest.mark.bench
@pytest.mark.timeout(2400)
def test_a_run_that_is_killed_everywhere_ends_like_one_that_is_not(copies: tuple[Path, Path], run: Run) -> None:
    started = time.monotonic()
    hits = _hunt(copies, run, MANY, "--rounds", "3", "--until", "gate", timeout_s=2000)
    killed = [hit for hit in hits if hit in MANY["die"]]
    assert len(killed) >= 50, "a point that a crash before it made superfluous is passed by; not many may be"
    assert {hit.split("/")[1] for hit in killed} >= set(STEPS)
    assert len(hits) - len(killed) >= 6
    _print_table(hits, time.monotonic() - started)


def _hunt(copies: tuple[Path, Path], run: Run, plan: Plan, *arguments: str, timeout_s: float) -> list[str]:
    """Runs both, compares them, and returns the points that were hit, in order."""
    calm, hunted = copies
    for root, wanted in ((calm, {}), (hunted, plan)):
        status = run(root, *arguments, plan=wanted).wait(timeout=timeout_s)
        assert status == 0, (_out(root) / "log.txt").read_text()[-3000:]
    planned = {point for points in plan.values() for point in points}
    events = set((_out(calm) / "events.txt").read_text().splitlines())
    assert not {point for point in planned if ONLY_AFTER_A_CRASH not in point} - events, "no such event"
    hits = (_out(hunted) / "hits.txt").read_text().splitlines()
    _assert_equal(calm, hunted)
    return hits


def _assert_equal(calm: Path, hunted: Path) -> None:
    for look in (ledger_of, server_of):
        expected, found = look(calm), look(hunted)
        for what, rows in expected.items():
            assert found[what] == rows, f"{what} differ"
    different = differences(everything(calm), everything(hunted))
    assert not different, "\n".join(different)
    on_server, in_ledger = server_of(hunted), ledger_of(hunted)
    assert on_server["tasks"] == {ext_id: 1 for ext_id, _ in in_ledger["tasks"]}
    assert set(on_server["answers"].values()) == {1}
    assert len(on_server["answers"]) == len(in_ledger["answers"]) == len(in_ledger["tasks"])
    assert leftovers(hunted) == []


def _out(root: Path) -> Path:
    return root.with_name(f"{root.name}-out")


def _print_table(hits: Sequence[str], seconds: float) -> None:
    deeds = {point: deed for deed, points in MANY.items() for point in points}
    words = {"die": "run", "kill_server": "server", "kill_server_soon": "server, a moment later"}
    print(f"\n{'':>3}  {'round':<6}{'step':<10}{'killed at':<36}what was killed")
    for number, point in enumerate(hits, 1):
        round_, step, event = point.split("/", 2)
        print(f"{number:>3}  {round_:<6}{step:<10}{event:<36}{words[deeds[point]]}")
    print(f"{len(hits)} kills in {seconds:.0f} s; ledger, files and Label Studio as after an undisturbed run")
