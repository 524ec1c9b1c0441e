"""Rounds of a small real project, run again from their record."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import paper_labeler
import pytest
from command_line import complaint, here
from made_project import LABELS, Files, change, make_files, make_project

from loop import registry
from loop.ledger import figures, lineage, schema
from loop.lineage.compare import IDENTICAL, LACKING, NOT_KEPT, Part
from loop.lineage.replay import Replay, replay
from loop.project import open_project

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def _paper() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry.MENU["labeler"], paper_labeler.NAME, "paper_labeler:build")
        yield


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return make_files(tmp_path_factory.mktemp("files"), pool=90, gold=40)


@pytest.fixture(scope="module")
def made(_paper: None, files: Files, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two finished rounds, the champion moved by hand between them, and one more up to the gate."""
    root = tmp_path_factory.mktemp("projects") / "desk"
    make_project(root, files, batch=6, seed_labels=24, experts="people")
    change(root, {"labeler.kind": paper_labeler.NAME})
    _round(root)
    _good("run", "--project", root, "--until", "gate")
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        other = 1 - (figures.champion(connection) or 0)
    _good("promote", str(other), "--why", "calmer", "--project", root)
    _round(root)
    _good("run", "--project", root, "--until", "gate")
    return root


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "desk"))


def _good(*arguments: str | Path) -> str:
    said = here(*arguments)
    assert said.status == 0, said.err
    return said.out


def _round(root: Path, *, label: str = "slow_internet") -> str:
    """What the first of its two runs said."""
    first = here("run", "--project", root, "--no-wait")
    assert first.status == 3
    paper_labeler.answer(root, 100, label)
    _good("run", "--project", root, "--no-wait")
    return first.err + first.out


def again(root: Path, round_: int) -> Replay:
    with open_project(root, read_only=True) as project:
        return replay(project, round_)


def parts(found: Replay) -> dict[str, Part]:
    return {part.name: part for part in found.parts}


def everything(root: Path) -> dict[str, str]:
    """All files by hash, and all rows."""
    paths = [path for path in sorted(root.rglob("*")) if path.is_file() and "ledger.db" not in path.name]
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        rows = {table.name: lineage.rows(connection, table) for table in schema.metadata.sorted_tables}
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths} | {"rows": json.dumps(rows)}


@pytest.mark.parametrize("round_", [0, 1, 2])
def test_every_round_comes_out_identical_and_the_project_is_not_touched(desk: Path, round_: int) -> None:
    before = everything(desk)
    found = again(desk, round_)
    assert found.identical, [part for part in found.parts if part.state != IDENTICAL]
    assert found.changed == {}
    assert {"labels and seed", "model", "predictions", "figures", "decision"} <= parts(found).keys()
    assert ("picks" in parts(found)) == (round_ < 2)
    assert ("labels afterwards" in parts(found)) == (round_ < 2)
    assert everything(desk) == before


def test_a_round_run_with_other_code_says_so_first(desk: Path) -> None:
    with open_project(desk) as project, project.ledger.begin() as connection:
        key = schema.meta.c.key == "machine/001/train"
        (row,) = lineage.rows(connection, schema.meta, key)
        noted = {**json.loads(row["value"]), "code": "other", "libraries": {"torch": "1.0"}}
        connection.execute(schema.meta.update().where(key).values(value=json.dumps(noted)))
    found = again(desk, 1)
    assert next(iter(found.changed)) == "code"
    assert found.changed["torch"][0] == "1.0"
    assert found.identical


def test_a_recorded_figure_that_does_not_come_out_is_told_with_by_how_much(desk: Path) -> None:
    with open_project(desk) as project:
        with project.ledger.begin() as connection:
            table = schema.measurements
            where = (table.c.round == 1) & (table.c.metric == "error_rate") & (table.c.on == "gold")
            connection.execute(table.update().where(where & (table.c.slice == "")).values(value=0.0))
        folder = project.artifacts.open("rounds/001/evaluate")
        rows, chances = (folder / "rows.json").read_text(), np.load(folder / "probabilities.npy")
        with project.artifacts.writing("rounds/001/evaluate") as draft:
            (draft / "rows.json").write_text(rows)
            np.save(draft / "probabilities.npy", chances[:, ::-1])
    found = again(desk, 1)
    assert not found.identical
    assert "gold error_rate: value was 0.0" in parts(found)["figures"].told
    assert parts(found)["predictions"].figures["probabilities.npy: guesses that differ"] > 0
    assert "`weakspot verify` tells" in found.why


def test_what_cannot_be_made_again_is_told_with_the_reason(desk: Path) -> None:
    shutil.rmtree(desk / ".weakspot/artifacts/rounds/000/evaluate")
    found = again(desk, 1)
    assert parts(found)["model"].state == IDENTICAL
    assert parts(found)["evaluate"].state == LACKING
    assert str(desk / ".weakspot/artifacts/rounds/000/evaluate") in parts(found)["evaluate"].told
    assert parts(found)["select"] == Part("select", LACKING, "rests on evaluate")
    assert not found.identical
    assert found.why == "what was made again is the same; the rest could not be compared"


def test_a_model_whose_files_were_deleted_is_made_again_with_nothing_to_compare(desk: Path) -> None:
    shutil.rmtree(desk / ".weakspot/artifacts/rounds/001/train")
    found = again(desk, 1)
    assert parts(found)["model"].state == NOT_KEPT
    assert parts(found)["predictions"].state == IDENTICAL


def lose(root: Path, *names: str) -> dict[str, bytes]:
    """Removes folders of round 0; returns the files they had."""
    folder, kept = root / ".weakspot/artifacts/rounds/000", {}
    for name in names:
        kept |= {f"{name}/{path.name}": path.read_bytes() for path in (folder / name).iterdir() if path.is_file()}
        shutil.rmtree(folder / name)
    return kept


def has(root: Path, kept: dict[str, bytes]) -> bool:
    folder = root / ".weakspot/artifacts/rounds/000"
    return all((folder / name).is_file() and (folder / name).read_bytes() == content for name, content in kept.items())


def measured_at(root: Path, at: int) -> set[int]:
    """Rounds whose model was measured again in round `at`."""
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        found = lineage.rows(connection, schema.estimates, schema.estimates.c.at_round == at)
    return {row["round"] for row in found}


@pytest.mark.usefixtures("_paper")
def test_lost_predictions_of_a_finished_round_are_put_back_by_the_next_run(desk: Path) -> None:
    kept = lose(desk, "evaluate", "select")
    assert "rounds/000/evaluate was lost (manifest.json is missing) and is as it was again" in _next_gate(desk)
    assert has(desk, kept)
    assert here("verify", "--project", desk).status == 0


@pytest.mark.usefixtures("_paper")
def test_what_cannot_be_put_back_cheaply_is_left_out_aloud_and_the_advice_brings_it_back(desk: Path) -> None:
    with open_project(desk, read_only=True) as project, project.ledger.read() as connection:
        champion = figures.champion(connection)
    if champion == 0:  # a champion's model is needed and cannot be left out
        _good("promote", "1", "--why", "round 0 is about to be lost", "--project", desk)
    kept = lose(desk, "train", "evaluate")
    said = _next_gate(desk)
    assert said.count("rounds/000/evaluate is lost (manifest.json is missing) and stays out of later figures") == 1
    assert "`weakspot replay 0 --restore` makes both again" in said
    assert "Not measured: what rests on rounds/000/evaluate" in said
    assert measured_at(desk, 3) == {1, 2, 3}
    again_said = here("replay", "0", "--restore", "--project", desk)
    assert "rounds/000/evaluate (manifest.json is missing) is as it was again" in again_said.out
    evaluated = {name: content for name, content in kept.items() if name.startswith("evaluate/")}
    assert has(desk, evaluated)


def test_restoring_a_round_that_is_whole_changes_nothing(desk: Path) -> None:
    before = everything(desk)
    assert "no folder that its record names is lost or damaged" in _good("replay", "0", "--restore", "--project", desk)
    after = everything(desk)
    assert {name for name in before if before[name] != after.get(name)} <= {"rows"}


def test_a_round_whose_record_is_lost_is_not_called_whole(desk: Path) -> None:
    with open_project(desk) as project:
        project.artifacts.remove("rounds/000/bundle")
        project.artifacts.remove("rounds/000/train")
    said = complaint(here("replay", "0", "--restore", "--project", desk))
    assert "rounds/000/bundle: manifest.json is missing" in said
    assert "put the folder back from a copy" in said
    assert "--restore" not in said


def test_a_round_that_is_not_there_is_not_called_whole(desk: Path) -> None:
    assert "there is no round 9" in complaint(here("replay", "9", "--restore", "--project", desk))


def _next_gate(root: Path) -> str:
    """The open round comes to its end and the next one to its gate; what the runs said."""
    first = here("run", "--project", root, "--no-wait")
    assert first.status == 3, first.err
    paper_labeler.answer(root, 100, "slow_internet")
    rest = [here("run", "--project", root, *more) for more in (("--no-wait",), ("--until", "gate"))]
    assert [one.status for one in rest] == [0, 0], rest[-1].err
    return first.err + "".join(one.err for one in rest)


@pytest.mark.usefixtures("_paper")
@pytest.mark.parametrize("codes", [False, True], ids=["names", "codes"])
def test_a_round_without_labels_comes_out_identical(files: Files, tmp_path: Path, codes: bool) -> None:
    """Names make a model; codes tell nothing, and the round has none."""
    root = tmp_path / "cold"
    make_project(root, coded(files, tmp_path) if codes else files, batch=6, seed_labels=0, experts="people")
    change(root, {"labeler.kind": paper_labeler.NAME})
    told = _round(root, label="L0" if codes else "slow_internet")
    assert ("No model in this round" in told) == codes
    assert ("A model from label names" in told) != codes
    report = here("report", "--project", root).out
    assert ("Round 0: a model from the names of the labels, without a label." in report) != codes
    found = again(root, 0)
    assert found.identical, [part for part in found.parts if part.state != IDENTICAL]
    assert "picks" in parts(found)
    assert ("model" in parts(found)) != codes


def coded(files: Files, folder: Path) -> Files:
    """The same files with labels that say nothing."""
    tables = {}
    for name, path in (("pool", files.pool), ("gold", files.gold)):
        text = path.read_text(encoding="utf-8")
        for number, label in enumerate(LABELS):
            text = text.replace(label, f"L{number}")
        tables[name] = folder / f"{name}.csv"
        tables[name].write_text(text, encoding="utf-8")
    return Files(tables["pool"], tables["gold"], files.base)


def test_the_commands_tell_it_and_end_with_the_status(desk: Path) -> None:
    assert "identical, in " in _good("replay", "1", "--project", desk)
    assert "Every file is as it was written" in _good("verify", "--project", desk)
    path = desk / ".weakspot/artifacts/rounds/000/bundle/picks.jsonl"
    path.write_bytes(path.read_bytes().replace(b"weak", b"meek", 1))
    said = here("verify", "--project", desk)
    assert said.status == 1
    assert "problem: round 0, rounds/000/bundle/picks.jsonl has changed since it was written" in said.out
    assert "what it means: " in said.out
    assert "to do: put the folder back from a copy" in said.out
    told = json.loads(here("verify", "--project", desk, "--json").out)
    assert not told["whole"]
    assert told["newest"]["round"] == 1
