from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import here
from made_record import SECRET, answer, finish, made_record, play, time

from loop.ledger import figures, people, progress
from loop.ledger.figures import Decision
from loop.lineage.verify import Finding, seal, verify
from loop.project import open_project
from loop.records import UNKNOWN
from loop.rounds import snapshot

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return made_record(tmp_path / "desk")


def found(root: Path) -> tuple[Finding, ...]:
    with open_project(root, read_only=True) as project:
        return verify(project)


def problems(root: Path) -> list[Finding]:
    return [one for one in found(root) if one.level == "problem"]


def files(root: Path) -> list[Path]:
    return sorted(path for path in (root / ".weakspot" / "artifacts").rglob("*") if path.is_file())


def change(root: Path, statement: str) -> None:
    """By other hands than weakspot's."""
    with sqlite3.connect(root / ".weakspot" / "ledger.db") as connection:
        assert connection.execute(statement).rowcount > 0


def test_nothing_is_found_where_nothing_was_changed(desk: Path) -> None:
    assert found(desk) == ()


def flipped(root: Path, path: Path, places: Iterable[int]) -> None:
    """Each of these bytes of a file, one after the other, is found and told with the file's name."""
    whole = path.read_bytes()
    named = path.relative_to(root / ".weakspot" / "artifacts").as_posix()
    with open_project(root, read_only=True) as project:
        for place in places:
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            told = [one for one in verify(project) if one.level == "problem"]
            assert named in [one.place for one in told], f"byte {place} of {named}: {told}"
            assert all(one.found and one.means and one.do for one in told)
    path.write_bytes(whole)


@pytest.mark.parametrize("name", ["round.json", "labels.jsonl", "previous.json", "manifest.json"])
def test_one_flipped_byte_in_a_bundle_is_found(desk: Path, name: str) -> None:
    path = desk / ".weakspot/artifacts/rounds/001/bundle" / name
    flipped(desk, path, [path.stat().st_size // 2])


@pytest.mark.slow
def test_one_flipped_byte_in_any_file_is_found_and_told_with_its_file(desk: Path) -> None:
    """Every file of the project, one after the other: its first byte, one in the middle, its last."""
    everything = files(desk)
    assert len(everything) > 40
    for path in everything:
        size = path.stat().st_size
        flipped(desk, path, sorted({0, size // 2, size - 1}) if size else ())
    assert found(desk) == ()


@pytest.mark.slow
def test_every_byte_of_a_manifest_counts(desk: Path) -> None:
    path = desk / ".weakspot/artifacts/rounds/001/evaluate/manifest.json"
    flipped(desk, path, range(path.stat().st_size))


@pytest.mark.slow
def test_any_file_that_is_gone_is_found(desk: Path) -> None:
    with open_project(desk, read_only=True) as project:
        for path in files(desk):
            whole = path.read_bytes()
            path.unlink()
            assert verify(project), f"{path} is gone"
            path.write_bytes(whole)
    assert found(desk) == ()


def test_a_file_that_was_added_is_found(desk: Path) -> None:
    added = desk / ".weakspot/artifacts/rounds/000/train/more.bin"
    added.write_bytes(b"more")
    assert [one.place for one in problems(desk)] == ["rounds/000/train/more.bin"]


def test_a_folder_written_anew_is_found_though_its_manifest_fits(desk: Path) -> None:
    with (
        open_project(desk) as project,
        project.artifacts.writing("rounds/000/score") as folder,
    ):
        (folder / "rows.json").write_text("{}")
    told = problems(desk)
    assert [one.place for one in told] == ["rounds/000/score/manifest.json"]
    assert "anew since round 0" in told[0].found
    assert told[0].round == 0


def test_a_bundle_written_anew_does_not_fit_the_ledger_nor_the_next_one(desk: Path) -> None:
    with (
        open_project(desk) as project,
        project.artifacts.writing("rounds/000/bundle") as folder,
    ):
        (folder / "round.json").write_text("{}")
    assert "another hash than the ledger noted" in problems(desk)[0].found
    with open_project(desk) as project:
        forged = project.artifacts.digest("rounds/000/bundle")
    change(desk, f"UPDATE bundles SET digest = '{forged}' WHERE round = 0")
    assert any(one.place == "rounds/001/bundle/previous.json" for one in problems(desk))


@pytest.mark.parametrize(
    ("table", "statement"),
    [
        ("picks", "UPDATE picks SET confidence = 0.61 WHERE ext_id = '0-0'"),
        ("picks", "UPDATE picks SET inclusion_probability = 0.2 WHERE ext_id = '1-1'"),
        ("measurements", "UPDATE measurements SET value = 0.05 WHERE round = 0"),
        ("measurements", "DELETE FROM measurements WHERE round = 1"),
        ("measurements", "INSERT INTO measurements SELECT round, 'audit', metric, slice, value, low, high, n, estimator"
         " FROM measurements WHERE round = 0"),
        ("decisions", "UPDATE decisions SET reason = 'worse' WHERE id = 1"),
        ("decisions", "DELETE FROM decisions WHERE id = 1"),
        ("models", "UPDATE models SET seed = 8 WHERE round = 1"),
        ("rounds", "UPDATE rounds SET config_digest = 'x' WHERE round = 0"),
        ("rounds", "UPDATE rounds SET finished_at = '2027' WHERE round = 0"),
        ("steps", "UPDATE steps SET seconds = 2 WHERE round = 0 AND step = 'train'"),
        ("spot_rounds", "UPDATE spot_rounds SET estimate = 0.1 WHERE round = 0"),
        ("labels", "UPDATE labels SET label = 'refund' WHERE source = 'people'"),
        ("labels", "DELETE FROM labels WHERE source = 'seed'"),
        ("annotations", "UPDATE annotations SET label = 'refund' WHERE ext_id = '0-0'"),
        ("annotations", "DELETE FROM annotations WHERE ext_id = '0-0'"),
        ("bundles", "DELETE FROM bundles WHERE round = 1"),
    ],
)  # fmt: skip
def test_a_row_changed_in_the_database_is_found(desk: Path, table: str, statement: str) -> None:
    change(desk, statement)
    told = problems(desk)
    assert f"ledger: {table}" in [one.place for one in told], told
    assert all(one.round is not None for one in told)


OLDER = [
    "UPDATE annotations SET ext_id = '1-0', updated_at = '2027-01-01T00:00:00+00:00' WHERE id = 'a-0-0'",
    "UPDATE annotations SET annotator = 'eve', updated_at = '2027-01-01T00:00:00+00:00' WHERE id = 'a-0-0'",
    "UPDATE annotations SET label = 'refund', updated_at = '2020-01-01T00:00:00+00:00' WHERE id = 'a-0-0'",
    "UPDATE annotations SET label = 'refund', updated_at = 'soon' WHERE id = 'a-0-0'",
    "DELETE FROM annotations WHERE id = 'a-0-0'",
]
"""An answer of round 0: moved to another question, given to another person, changed without a later time, gone."""


@pytest.mark.parametrize("statement", OLDER)
def test_an_answer_that_only_an_older_bundle_holds_is_found(desk: Path, statement: str) -> None:
    """What was changed before the newest bundle was written stands in that one as it was changed."""
    change(desk, statement)
    with open_project(desk) as project:
        play(project, 2, [])
        finish(project, 2)
    assert next((one.round, one.place) for one in problems(desk)) == (0, "ledger: annotations")


def test_what_was_not_looked_at_is_said(desk: Path) -> None:
    said = here("verify", "--project", desk)
    assert said.status == 0
    assert "Not looked at:" in said.out
    assert "the labeling tool" in said.out
    with open_project(desk) as project:
        play(project, 2, [])
    assert "the rows of round 2" in here("verify", "--project", desk).out


@pytest.mark.parametrize("name", ["/etc", "../../../..", "/dev"])
def test_a_bundle_that_names_a_folder_outside_is_told(desk: Path, name: str) -> None:
    with open_project(desk) as project, project.artifacts.writing("rounds/001/bundle") as folder:
        for path in project.artifacts.place("rounds/001/bundle").iterdir():
            if path.name != "manifest.json":
                (folder / path.name).write_bytes(path.read_bytes())
        (folder / "artifacts.json").write_text(json.dumps({name: "0" * 32}))
    assert "is missing" in [one.found for one in problems(desk)]


def test_a_bundle_lost_in_the_middle_is_found(desk: Path) -> None:
    with open_project(desk) as project:
        play(project, 2, [])
        finish(project, 2)
    change(desk, "DELETE FROM bundles WHERE round = 1")
    assert {"ledger: bundles", "rounds/002/bundle/previous.json"} <= {one.place for one in problems(desk)}


def test_a_ledger_that_was_set_back_is_found_by_the_bundles_it_does_not_know(desk: Path) -> None:
    ledger = desk / ".weakspot" / "ledger.db"
    before = ledger.read_bytes()
    with open_project(desk) as project:
        play(project, 2, [])
        finish(project, 2)
    ledger.write_bytes(before)
    assert [(one.round, one.place) for one in problems(desk)] == [(2, "ledger: rounds")]


def test_a_ledger_that_was_emptied_is_found_by_the_bundles_it_does_not_know(desk: Path) -> None:
    (desk / ".weakspot" / "ledger.db").write_bytes(b"")
    assert here("doctor", "--mend", "--project", desk).status in (0, 1)
    assert [(one.round, one.place) for one in problems(desk)] == [(0, "ledger: rounds"), (1, "ledger: rounds")]


def test_a_bundle_of_a_round_that_is_about_to_end_is_no_finding(desk: Path) -> None:
    """Killed between the bundle and the ledger's note of it."""
    with open_project(desk) as project:
        play(project, 2, [])
        snapshot.write(project, 2)
    assert problems(desk) == []


def edited_answer(root: Path) -> None:
    with open_project(root) as project, project.ledger.begin() as connection:
        later = replace(answer("0-0", 0), label="refund", updated_at=time(5, 0))
        people.replace_annotations(connection, {"0-0": [later]})


def deleted_answer(root: Path) -> None:
    with open_project(root) as project, project.ledger.begin() as connection:
        people.replace_annotations(connection, {"0-0": []})


def deleted_account(root: Path) -> None:
    with open_project(root) as project, project.ledger.begin() as connection:
        people.replace_annotations(connection, {"0-0": [replace(answer("0-0", 0), annotator=UNKNOWN)]})


def rolled_back(root: Path) -> None:
    with open_project(root) as project, project.ledger.begin() as connection:
        moved = Decision(1, 0, 1, "rollback", "lead", "calmer", None, time(4, 0))
        figures.decide(connection, moved)


def settled_anew(root: Path) -> None:
    with open_project(root) as project:
        play(project, 2, [])
        with project.ledger.begin() as connection:
            known = people.labels(connection)
            people.put_labels(connection, [replace(known[0], label="refund")])


@pytest.mark.parametrize("lawful", [edited_answer, deleted_answer, deleted_account, rolled_back, settled_anew])
def test_what_people_do_after_a_round_is_no_tampering(desk: Path, lawful: Callable[[Path], None]) -> None:
    lawful(desk)
    assert found(desk) == ()


def test_rounds_of_an_older_weakspot_are_told_and_are_no_fault(tmp_path: Path) -> None:
    root = made_record(tmp_path / "old", bundled=False)
    (told,) = found(root)
    assert (told.level, told.found) == ("note", "rounds 0 to 1: no bundle")
    with open_project(root) as project:
        play(project, 2, [])
        finish(project, 2)
    assert [one.level for one in found(root)] == ["note"]


def test_a_bundle_written_twice_is_the_same_to_the_byte(desk: Path) -> None:
    """Killed between writing the bundle and noting it, the next run writes it again."""
    folder = desk / ".weakspot/artifacts/rounds/001/bundle"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    change(desk, "DELETE FROM bundles WHERE round = 1")
    change(desk, "UPDATE rounds SET finished_at = NULL WHERE round = 1")
    with open_project(desk) as project:
        assert snapshot.write(project, 1) == snapshot.write(project, 1)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
        finish(project, 1)
    assert found(desk) == ()


def test_a_bundle_holds_no_word_of_what_the_labeling_tool_sent(desk: Path) -> None:
    told = b"".join(path.read_bytes() for path in files(desk) if "bundle" in path.parts)
    assert SECRET.encode() not in told
    assert b"raw_sha256" in told


def test_the_newest_hash_vouches_for_all(desk: Path) -> None:
    with open_project(desk, read_only=True) as project:
        newest = seal(project)
        assert newest is not None
        assert newest.digest == project.artifacts.digest("rounds/001/bundle")
        with project.ledger.read() as connection:
            assert progress.rounds(connection)[1].finished_at == time(1, 59)
