"""Champions that are moved by hand predict exactly as they did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import complaint, here
from knowing_labeler import NAME, knowing
from made_project import change, make_files

from loop.ledger import figures
from loop.pool import guess, recognise
from loop.pool.tables import gather
from loop.project import open_project

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Three models, each made the champion after the one before; the gold messages beside them."""
    folder = tmp_path_factory.mktemp("champions")
    files = make_files(folder, pool=120, gold=40)
    table = gather(recognise(str(files.pool)), guess(recognise(str(files.pool))).columns).table
    truth = dict(zip(table.column("text").to_pylist(), table.column("label").to_pylist(), strict=True))
    root = folder / "desk"
    made = here(
        "init", root, "--data", files.pool, "--gold", files.gold, "--base", files.base,
        "--seed-labels", "20", "--batch", "30", "--set", "model.tuning=head",
    )  # fmt: skip
    assert made.status == 0, made.err
    change(root, {"labeler.kind": NAME, "labeler.poll_seconds": 0.1, "gate.alpha": 1e-9, "gate.margin": 1.0})
    with knowing(truth):
        done = here("run", "--project", root, "--rounds", "3", "--until", "gate")
        assert done.status == 0, done.err
        for round_ in (1, 2):
            if round_ not in _line(root):
                assert here("promote", str(round_), "--project", root).status == 0
        assert _line(root) == (0, 1, 2)
        yield root


def _champion(root: Path) -> int | None:
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        return figures.champion(connection)


def _line(root: Path) -> tuple[int, ...]:
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        return figures.succession(connection)


def _predicted(root: Path) -> str:
    said = here("predict", root.parent / "gold.csv", "--project", root, "--json")
    assert said.status == 0, said.err
    return said.out


def test_going_back_twice_restores_each_champion_exactly_and_then_there_is_none(desk: Path) -> None:
    newest = _predicted(desk)
    said = {}
    for expected in (1, 0):
        back = here("rollback", "--project", desk, "--why", "customers complain")
        assert f"Back to the model of round {expected}." in back.out
        assert _champion(desk) == expected
        said[expected] = _predicted(desk)
    assert len({newest, *said.values()}) == 3, "three models that differ"
    assert "there is no earlier champion" in complaint(here("rollback", "--project", desk))
    for round_, predictions in ((1, said[1]), (2, newest)):
        done = here("promote", str(round_), "--project", desk, "--why", "mended")
        assert f"Round {round_} is the champion now." in done.out
        assert _predicted(desk) == predictions
    assert "the model of round 2 is the champion already" in complaint(here("promote", "2", "--project", desk))
    with open_project(desk, read_only=True) as project, project.ledger.read() as connection:
        moves = figures.decisions(connection)[-4:]
    assert [(row.action, row.model_round, row.reason) for row in moves] == [
        ("rollback", 1, "customers complain"),
        ("rollback", 0, "customers complain"),
        ("promote_by_hand", 1, "mended"),
        ("promote_by_hand", 2, "mended"),
    ]
