"""The audit through whole rounds: unequal chances, every model measured anew, and an estimate that is honest."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from command_line import here
from knowing_labeler import NAME, knowing
from made_project import make_files

from loop.ledger import estimates, people
from loop.project import Project, open_project
from loop.records import PickKind
from loop.report import report, view

pytestmark = pytest.mark.slow
ROUNDS = 4


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Three rounds of questions without any gold test, and one model more."""
    folder = tmp_path_factory.mktemp("audited")
    files = make_files(folder, pool=400, gold=10)
    with files.pool.open(newline="") as file:
        truth = {row["text"]: row["intent"] for row in csv.DictReader(file)}
    root = folder / "desk"
    made = here(
        "init", root, "--data", files.pool, "--base", files.base, "--seed-labels", "0", "--batch", "30",
        "--set", "selection.audit=0.3", "--set", "model.tuning=head",
    )  # fmt: skip
    assert made.status == 0, made.err
    config = yaml.safe_load((root / "weakspot.yaml").read_text())
    config["labeler"] |= {"kind": NAME, "poll_seconds": 0.1}
    (root / "weakspot.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    with knowing(truth):
        done = here("run", "--project", root, "--rounds", str(ROUNDS), "--until", "gate")
        assert done.status == 0, done.err
        yield root


@pytest.fixture
def opened(root: Path) -> Project:
    with open_project(root, read_only=True) as project:
        yield project


def test_every_model_is_measured_on_all_audit_answers_there_are_now(opened: Project) -> None:
    with opened.ledger.read() as connection:
        rows = [row for row in estimates.estimates(connection) if row.headline]
        audit = [row for row in people.picks(connection) if row.pick.kind is PickKind.AUDIT]
    assert [row.round for row in rows] == [0, 1, 2, 3], "without labels the model is made from their names"
    assert {row.estimate.n for row in rows} == {len(audit)} == {9 * 3}
    assert {row.gold_version for row in rows} == {rows[0].gold_version}
    assert {(row.estimate.on, row.estimate.estimator) for row in rows} == {("audit", "stratified")}


def test_of_the_newest_model_every_estimator_of_the_menu_is_kept(opened: Project) -> None:
    with opened.ledger.read() as connection:
        rows = [row for row in estimates.estimates(connection) if row.round == ROUNDS - 1]
    assert {row.estimate.estimator for row in rows} == {"plain", "stratified", "ppi"}


def test_the_report_shows_the_newest_estimate_of_every_round(root: Path) -> None:
    with view(root) as seen:
        lines = report(seen).rounds
    assert [line.on for line in lines] == ["audit", "audit", "audit", "audit"]
    assert lines[1].n == lines[3].n == 27
    assert lines[3].effective_n is not None
    assert lines[3].gold_version == lines[1].gold_version
    assert lines[3].gold_version


def test_doubtful_examples_are_drawn_with_a_larger_chance_by_a_model_of_names_too(opened: Project) -> None:
    with opened.ledger.read() as connection:
        picks = [row for row in people.picks(connection) if row.pick.kind is PickKind.AUDIT]
    first, later = [row for row in picks if row.round == 0], [row for row in picks if row.round > 0]
    assert len({row.pick.inclusion_probability for row in first}) > 2
    assert len({row.pick.inclusion_probability for row in later}) > 2
    assert all(0 < row.pick.inclusion_probability <= 1 for row in picks if row.pick.inclusion_probability is not None)


def test_audit_answers_are_never_trained_on(opened: Project) -> None:
    with opened.ledger.read() as connection:
        audit = {row.pick.example_id for row in people.picks(connection) if row.pick.kind is PickKind.AUDIT}
        roles = {row.example_id: row.role.value for row in people.labels(connection)}
    assert {roles[id_] for id_ in audit} == {"audit"}
