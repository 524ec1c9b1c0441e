"""model.tuning auto in rounds: the head first, later a comparison that is said, kept, exported and replayed."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import Said, here
from knowing_labeler import NAME, knowing
from made_project import QUICK, change, make_files, make_project

from loop.ledger import figures
from loop.models.auto import FEWEST
from loop.models.checkpoint import read_checkpoint
from loop.project import open_project

pytestmark = pytest.mark.slow
BATCH = FEWEST - 2
"""Too few labels for tuning in the first round, enough in the second."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Said]]:
    """Two rounds without a gold test, after the model of label names."""
    folder = tmp_path_factory.mktemp("auto")
    files = make_files(folder, pool=120, gold=10)
    with files.pool.open(newline="") as file:
        truth = {row["text"]: row["intent"] for row in csv.DictReader(file)}
    root = folder / "desk"
    make_project(root, files, batch=BATCH, seed_labels=0, experts="people")
    change(root, {"labeler.kind": NAME, "labeler.poll_seconds": 0.1, "model.tuning": "auto", "model.options": QUICK})
    with knowing(truth):
        said = here("run", "--project", root, "--rounds", "3")
        assert said.status == 0, said.err
        yield root, said


def chosen(root: Path) -> dict[int, tuple[str, Any]]:
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        return {row.round: (row.tuning, row.training["chosen"]) for row in figures.models(connection)}


def test_the_method_that_made_a_model_is_noted_with_its_evidence(run: tuple[Path, Said]) -> None:
    root, _ = run
    found = chosen(root)
    assert found[0] == ("head", None), "made from label names"
    assert found[1] == ("head", {"method": "head", "wrong": {}, "held_out": 0})
    method, evidence = found[2]
    assert method == evidence["method"]
    assert set(evidence["wrong"]) == {"head", "lora"}
    assert evidence["held_out"] > 0
    with open_project(root, read_only=True) as project:
        assert read_checkpoint(project.artifacts.open("rounds/002/train") / "model").method == method


def test_run_says_which_method_it_took_and_why(run: tuple[Path, Said]) -> None:
    root, said = run
    method, evidence = chosen(root)[2]
    told = " ".join((said.out + said.err).split())
    assert "model.tuning auto takes head: there are few labels so far" in told
    counts = f"head {evidence['wrong']['head']}, lora {evidence['wrong']['lora']}"
    assert f"auto takes {method}; mistakes on {evidence['held_out']} held-out labels: {counts}" in told


@pytest.mark.parametrize("round_", ["1", "2"])
def test_the_choice_is_replayed(run: tuple[Path, Said], round_: str) -> None:
    replayed = here("replay", round_, "--project", run[0], "--json")
    assert json.loads(replayed.out)["identical"], replayed.err


def test_its_champion_can_be_exported(run: tuple[Path, Said], tmp_path: Path) -> None:
    exported = here("export", tmp_path / "model", "--project", run[0])
    assert exported.status == 0, exported.err
    assert (tmp_path / "model" / "config.json").is_file()
