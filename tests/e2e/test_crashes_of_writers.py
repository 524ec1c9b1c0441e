"""Killed in every step, rounds of models that write end as if nothing had happened, to the last bit of the weights.

one project, copied ─► calm: runs through      ─┐
                  └──► hunted: SIGKILL at each ─┴─► the same picks, answers, preferences, models, figures, files
                       planned event
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import paper_labeler
import pytest
from command_line import here
from made_project import change
from made_writer import made_writer, prompt_table
from world import ledger_of, leftovers

from loop.ledger import people
from loop.project import open_project
from loop.records.vocabulary import STEPS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(580)]
DRIVER = Path(__file__).parent / "crashing_writers.py"
SMALL = {"steps": 4, "looks": 2, "guard_prompts": 2, "guard_tokens": 8, "learning_rate": 1e-4, "least_health": 0.0}
TIMED = ("latency_p50", "latency_p95", "tokens_per_second")
"""Figures that are never the same twice."""
DATED = "/bundle"
"""Files that tell when their round was and how long it took."""

PREFERRED = (
    "0/train/move into place/after#1",
    "0/select/commit run_step/before#2",
    "0/await/answer/after#1",
    "1/train/save part of checkpoint/after#1",
    "1/train/save checkpoint/after#1",
    "1/train/save model/after#1",
    "1/train/move into place/after#1",
    "1/evaluate/commit run_step/before#2",
    "1/gate/commit run_step/before#2",
    "1/score/move into place/after#1",
    "1/map/commit run_step/before#2",
    "1/select/commit run_step/before#2",
    "1/send/paper send/after#1",
    "1/await/answer/after#1",
    "1/collect/commit take_over/after#1",
    "1/settle/commit run_step/before#2",
    "1/between/commit run_round/before#1",
)
MENDED = (
    "0/score/move into place/before#1",
    "0/settle/commit run_step/before#2",
    "1/train/save checkpoint/after#1",
    "1/train/commit run_step/before#2",
    "1/evaluate/seal folder/before#1",
    "1/await/commit take_over/before#2",
    "1/settle/commit run_step/after#2",
)


@pytest.fixture(autouse=True)
def _on_menu(monkeypatch: pytest.MonkeyPatch) -> None:
    paper_labeler.patched(monkeypatch)


def test_a_killed_run_of_a_model_that_writes_ends_like_one_that_is_not(tmp_path: Path) -> None:
    """People compare and DPO tunes; people mend and SFT tunes. One process imports for all four runs."""
    made_writer(tmp_path / "base", steps=60)
    plans = {("pair", "dpo"): PREFERRED, ("correction", "sft"): MENDED}
    roots = [root for (form, tuning), plan in plans.items() for root in _copies(tmp_path, form, tuning, plan=plan)]
    words = [sys.executable, str(DRIVER), "run,--rounds,2", *map(str, roots)]
    done = subprocess.run(words, env={**os.environ, "OMP_NUM_THREADS": "1"}, timeout=540, check=False)
    logs = [_out(root) / "log.txt" for root in roots]
    assert done.returncode == 0, "\n".join(log.read_text()[-2000:] for log in logs if log.exists())
    for calm, hunted, plan in zip(roots[::2], roots[1::2], plans.values(), strict=True):
        events = set((_out(calm) / "events.txt").read_text().splitlines())
        assert not set(plan) - events, "no such event"
        assert set((_out(hunted) / "hits.txt").read_text().splitlines()) == set(plan)
        expected, found = _left(calm), _left(hunted)
        for what, rows in expected.items():
            assert found[what] == rows, f"{what} differ"
        assert expected["learnt from"], "nothing was asked and learned"
        assert [row[-1]["steps"] for row in expected["models"]] == [0, SMALL["steps"]]
        assert leftovers(hunted) == []
    assert {point.split("/")[1] for point in PREFERRED} >= set(STEPS)


def _copies(folder: Path, form: str, tuning: str, *, plan: Sequence[str]) -> tuple[Path, Path]:
    """The same project twice, made by `weakspot init`; the second one is to be killed."""
    calm, hunted = folder / f"{form}-calm", folder / f"{form}-hunted"
    made = here(
        *("init", calm, "--task", "generation", "--base", folder / "base", "--form", form, "--batch", "10"),
        *(
            "--data",
            prompt_table(folder / "pool.csv", 30),
            "--gold",
            prompt_table(folder / "gold.csv", 10),
            "--seed",
            "3",
        ),
    )
    assert made.status == 0, made.err
    wanted = {"max_new_tokens": 12, "prompts": 18, "samples": 2, "temperature": 0.9}
    paper = {"labeler.kind": paper_labeler.NAME, "experts.kind": paper_labeler.NAME, "labeler.poll_seconds": 0.1}
    tuned = {"model.tuning": tuning, "model.options": SMALL}
    change(calm, {**paper, **tuned, **{f"generation.{key}": value for key, value in wanted.items()}})
    shutil.copytree(calm, hunted)
    for root, die in ((calm, ()), (hunted, plan)):
        _out(root).mkdir()
        (_out(root) / "plan.json").write_text(json.dumps({"die": die}))
    return calm, hunted


def _left(root: Path) -> dict[str, Any]:
    """What both runs must agree in: rows without times, files by their digests."""
    found = ledger_of(root)
    timeless = {
        round_: [row for row in rows if row.metric not in TIMED] for round_, rows in found["measurements"].items()
    }
    with open_project(root, read_only=True) as project:
        files = [name for name in project.artifacts.names() if not name.endswith(DATED)]
        digests = {name: project.artifacts.digest(name) for name in files}
        with project.ledger.read() as connection:
            learnt = [asdict(one) for one in (*people.preferences(connection), *people.labels(connection))]
    return {**found, "measurements": timeless, "files": digests, "learnt from": learnt}


def _out(root: Path) -> Path:
    return root.with_name(f"{root.name}-out")
