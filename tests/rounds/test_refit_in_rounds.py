"""Dev answers in whole rounds: each model learns from them, and what is said of them is by a fit that had not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from command_line import here
from made_project import change
from settings_project import _finished, finished, known  # noqa: F401 (fixtures)

from loop.ledger import figures, people
from loop.ledger.figures import ModelRow
from loop.models import load_classifier
from loop.project import Project, open_project
from loop.records import Role
from loop.report import View, explain
from loop.step_folders import load_predictions

pytestmark = pytest.mark.slow


def run(root: Path, *more: str) -> None:
    done = here("run", "--project", root, *more)
    assert done.status == 0, done.err


def newest(project: Project) -> ModelRow:
    with project.ledger.read() as connection:
        return figures.models(connection)[-1]


def dev_of(project: Project) -> set[str]:
    with project.ledger.read() as connection:
        return {one.example_id for one in people.labels(connection, roles=[Role.DEV])}


def test_a_model_learns_from_dev_and_is_measured_on_dev_without(finished: Path) -> None:  # noqa: F811
    run(finished, "--until", "gate")
    with open_project(finished, read_only=True) as project:
        row, dev = newest(project), dev_of(project)
        folder = project.artifacts.open(row.artifact)
        rows = json.loads((folder / "labels.json").read_text())
        assert {id_ for id_, _, role in rows if role == "dev"} == dev != set()
        assert (row.train_n, row.dev_n) == (len(rows), len(dev))
        first_fit = np.load(folder / "model.held_out.npy")
        measured = load_predictions(project.artifacts.open(f"rounds/{row.round:03d}/evaluate"))
        place = {id_: number for number, id_ in enumerate(measured.ids)}
        ids = [id_ for id_, _, role in rows if role == "dev"]
        assert np.array_equal(measured.probabilities[[place[id_] for id_ in ids]], first_fit)
        final = load_classifier(folder / "model").predict(project.pool.texts(ids)).probabilities
        assert np.abs(final - first_fit).max() > 1e-3
        assert row.round in explain(View(project), ids[0]).trained


def test_without_refit_dev_teaches_nothing(finished: Path) -> None:  # noqa: F811
    change(finished, {"dev.refit": False})
    run(finished, "--until", "gate")
    with open_project(finished, read_only=True) as project:
        row, dev = newest(project), dev_of(project)
        folder = project.artifacts.open(row.artifact)
        assert not (folder / "model.held_out.npy").exists()
        rows = json.loads((folder / "labels.json").read_text())
        assert row.train_n == sum(role == "train" for _, _, role in rows) == len(rows) - len(dev)
        assert row.round not in explain(View(project), min(dev)).trained
