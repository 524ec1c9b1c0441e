"""Self-training in rounds: which texts it may learn from, what `run` says of it, and that it can be switched off."""

from __future__ import annotations

from pathlib import Path

import paper_labeler
import pytest
from command_line import here
from made_project import LABELS, Files, change, make_files, make_project

from loop import registry
from loop.ledger import figures, people
from loop.project import open_project
from loop.records import Split
from loop.rounds.context import StepContext
from loop.tasks.classification import train

pytestmark = pytest.mark.slow
SAID = "its surest guesses for"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return make_files(tmp_path_factory.mktemp("files"), pool=60, gold=40)


@pytest.fixture
def desk(files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(registry.MENU["labeler"], paper_labeler.NAME, "paper_labeler:build")
    root = tmp_path / "desk"
    make_project(root, files, batch=12, seed_labels=0, experts="people")
    change(root, {"labeler.kind": paper_labeler.NAME, "selection.audit": 0.25, "model.tuning": "head"})
    return root


def guessed(root: Path) -> list[int]:
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        return [row.training["guessed"] for row in figures.models(connection)]


def asked_once(root: Path) -> None:
    """A first round, all questions answered."""
    assert here("run", "--project", root, "--no-wait").status == 3
    paper_labeler.answer(root, 12, LABELS[0])
    assert here("run", "--project", root).status == 0


def test_texts_that_were_asked_or_measure_are_never_learned_from(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[list[str]] = []

    def noted(work: StepContext) -> list[str]:
        read.append(taken(work))
        return read[-1]

    taken = train.unlabelled
    monkeypatch.setattr(train, "unlabelled", noted)
    asked_once(desk)
    said = here("run", "--project", desk, "--until", "train")
    assert said.status == 0, said.err
    first, second = (set(ids) for ids in read)
    with open_project(desk, read_only=True) as project:
        pool = set(project.pool.ids(Split.POOL))
        with project.ledger.read() as connection:
            asked = {row.pick.example_id for row in people.picks(connection)}
            labelled = {label.example_id for label in people.labels(connection)}
    assert len(asked) == 12
    assert first == pool
    assert second == pool - asked - labelled
    assert guessed(desk)[0] > 0


def test_run_says_so_and_the_round_can_be_replayed(desk: Path) -> None:
    said = here("run", "--project", desk, "--no-wait")
    assert said.status == 3
    assert f"While labels are few, {SAID} {guessed(desk)[0]} unlabelled texts count a little too" in said.err
    paper_labeler.answer(desk, 12, LABELS[0])
    assert here("run", "--project", desk).status == 0
    assert here("replay", "0", "--project", desk).status == 0


def test_it_can_be_switched_off(desk: Path) -> None:
    change(desk, {"model.options": {"self_training": False}})
    said = here("run", "--project", desk, "--until", "train")
    assert said.status == 0, said.err
    assert SAID not in said.err
    assert guessed(desk) == [0]
