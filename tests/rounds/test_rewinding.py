from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from made_record import answer, made_record, play, time

from loop.errors import DataError
from loop.ledger import figures, lives, people, progress, schema
from loop.ledger.figures import Decision
from loop.ledger.lives import SpotEdit
from loop.lineage.restore import moves, put, rewound
from loop.lineage.steps import move_between
from loop.project import Project, open_project

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return made_record(tmp_path / "desk")


def everything(root: Path) -> dict[str, str]:
    paths = sorted(path for path in root.rglob("*") if path.is_file() and "ledger.db" not in path.name)
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def labels(project: Project) -> dict[str, str]:
    with project.ledger.read() as connection:
        return {row.example_id: row.label for row in people.labels(connection)}


def test_a_round_begins_with_the_labels_and_answers_of_the_round_before(desk: Path) -> None:
    with open_project(desk) as project:
        with project.ledger.begin() as connection:
            people.replace_annotations(connection, {"0-0": [replace(answer("0-0", 0), updated_at=time(9, 0))]})
            known = people.labels(connection)
            people.put_labels(connection, [replace(row, label="refund") for row in known])
        with rewound(project, 1) as past:
            assert sorted(labels(past.project).values()) == ["invoice", "invoice", "invoice", "refund"]
            with past.project.ledger.read() as connection:
                assert {row.round for row in people.picks(connection)} == {0}
                assert {row.updated_at for row in people.answers(connection)} == {time(0, 13)}
                assert [row.round for row in figures.models(connection)] == [0]
                assert [row.finished_at for row in progress.rounds(connection)] == [time(0, 59), None]
            assert past.guessed == ""
        with rewound(project, 0) as past:
            assert len(labels(past.project)) == 2
            with past.project.ledger.read() as connection:
                assert not people.picks(connection)


def test_the_files_of_the_round_and_later_are_not_there_and_earlier_ones_are(desk: Path) -> None:
    with open_project(desk) as project, rewound(project, 1) as past:
        names = past.project.artifacts.names()
    assert {"pool", "partition", "rounds/000/train", "rounds/000/evaluate"} <= set(names)
    assert not any(name.startswith("rounds/001") for name in names)


def test_what_is_written_in_the_past_does_not_reach_the_project(desk: Path) -> None:
    before = everything(desk)
    with open_project(desk) as project, rewound(project, 1) as past:
        for name in ("partition", "rounds/000/score", "rounds/001/score"):
            with past.project.artifacts.writing(name) as folder:
                (folder / "rows.json").write_text("other")
        (past.project.state / "scratch").mkdir()
        with past.project.ledger.begin() as connection:
            progress.put(connection, "project_key", "other")
        assert past.project.root == desk
    assert everything(desk) == before
    with open_project(desk) as project:
        assert project.key == "made"


def names(project: Project) -> list[tuple[str, str]]:
    with project.ledger.read() as connection:
        return [(spot.name, spot.named_by) for spot in lives.named_spots(connection)]


def test_spots_have_the_names_they_had_when_the_round_began(desk: Path) -> None:
    with open_project(desk) as project:
        with project.ledger.begin() as connection:
            spot = figures.spots(connection, round_=0)[0].spot
            figures.put_spots(connection, 1, [replace(spot, name="name of round 1")])
        with rewound(project, 1) as past:
            assert names(past.project) == [("letters", "weakspot")]
        with rewound(project, 0) as past:
            assert names(past.project) == []
        with project.ledger.begin() as connection:
            lives.add_edit(connection, SpotEdit(0, "rename", "Old letters", "ann", "ours", time(0, 59)))
            lives.add_edit(connection, SpotEdit(0, "rename", "Letters", "bob", "ours", time(1, 5)))
        with rewound(project, 1) as past:
            assert names(past.project) == [("Old letters", "ann")]
            move_between(project, past.project, after=time(1, 4), until=time(1, 6))
            assert names(past.project) == [("Letters", "bob")]


def test_what_people_decided_between_two_steps_comes_at_its_time(desk: Path) -> None:
    with open_project(desk) as project:
        with project.ledger.begin() as connection:
            figures.decide(connection, Decision(1, 0, 1, "rollback", "lead", "calmer", None, time(1, 5)))
        with rewound(project, 1) as past, past.project.ledger.begin() as connection:
            assert figures.champion(connection) == 0
            found = moves(project, after=time(1, 4), until=time(1, 6))
            assert [row["action"] for row in found["decisions"]] == ["rollback"]
            put(connection, schema.decisions, [{**row, "id": None} for row in found["decisions"]])
            assert figures.decisions(connection)[-1].reason == "calmer"


def test_without_a_bundle_it_is_said_that_the_past_is_put_together(tmp_path: Path) -> None:
    root = made_record(tmp_path / "old", bundled=False)
    with open_project(root) as project:
        with rewound(project, 1) as past:
            assert past.guessed.startswith("round 0 has no bundle")
            assert len(labels(past.project)) == 4
        play(project, 2, [])


def test_a_round_that_is_not_there_is_refused(desk: Path) -> None:
    with (
        open_project(desk) as project,
        pytest.raises(DataError, match=r"there is no round 7; wanted: one of 0 to 1"),
        rewound(project, 7),
    ):
        pass
