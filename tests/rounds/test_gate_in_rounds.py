"""The gate in whole rounds, against the champion that was made from the names of the labels."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from command_line import here
from knowing_labeler import NAME, knowing
from made_project import change, make_files

from loop.ledger import figures
from loop.project import open_project

pytestmark = pytest.mark.slow


def test_against_a_model_of_label_names_only_the_whole_counts(tmp_path: Path) -> None:
    files = make_files(tmp_path, pool=200, gold=60)
    with files.pool.open(newline="") as file:
        truth = {row["text"]: row["intent"] for row in csv.DictReader(file)}
    root = tmp_path / "desk"
    done = here(
        "init", root, "--data", files.pool, "--gold", files.gold, "--base", files.base, "--seed-labels", "0",
        "--batch", "20", "--set", "model.tuning=head", "--set", "gate.slice_n=1", "--set", "gate.margin=0.9",
        "--set", "gate.alpha=0.01",
    )  # fmt: skip
    assert done.status == 0, done.err
    with knowing(truth):
        change(root, {"labeler.kind": NAME, "labeler.poll_seconds": 0.1})
        for until in ([], [], ["--until", "gate"]):
            done = here("run", "--project", root, *until)
            assert done.status == 0, done.err
        with open_project(root, read_only=True) as project, project.ledger.read() as connection:
            trained = {row.round: row.train_n for row in figures.models(connection)}
            decided = {row.round: row for row in figures.decisions(connection)}
    assert trained[0] == 0
    assert decided[1].champion_round == 0
    assert decided[1].comparison is not None
    assert decided[1].slices == ()
    assert decided[2].champion_round == 1, decided[1].reason
    assert {one.kind for one in decided[2].slices} >= {"class", "slice"}
