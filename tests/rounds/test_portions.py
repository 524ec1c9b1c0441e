"""The rest of a batch is chosen while people answer: by what was answered, exactly once, and reproducibly."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import knowing_labeler
import paper_labeler
import pytest
from command_line import here
from knowing_labeler import knowing
from made_project import LABELS, Files, change, make_files, make_project
from paper_labeler import Paper

from loop import registry
from loop.ledger import people
from loop.ledger.people import PickRow
from loop.project import open_project
from loop.records import PickKind
from loop.rounds.context import portions
from loop.step_folders import load_training_set

pytestmark = pytest.mark.slow
BATCH, PORTION, DRAWN = 40, 10, 14
"""Audit a fifth, dev 15 %."""
SETTINGS = {
    **{"model.tuning": "head", "model.options": {}, "selection.portion": PORTION, "selection.audit": 0.2},
    **{"labeler.kind": paper_labeler.NAME, "labeler.poll_seconds": 0.1},
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return make_files(tmp_path_factory.mktemp("files"), pool=240, gold=40)


@pytest.fixture(scope="module")
def run(files: Files, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two rounds of people who know every answer; the first one starts with a model of label names."""
    root = tmp_path_factory.mktemp("portions") / "desk"
    make_project(root, files, batch=BATCH, seed_labels=0, experts="people")
    change(root, SETTINGS | {"labeler.kind": knowing_labeler.NAME})
    with files.pool.open(newline="") as file:
        truth = {row["text"]: row["intent"] for row in csv.DictReader(file)}
    with knowing(truth):
        said = here("run", "--project", root, "--rounds", "2")
        assert said.status == 0, said.err
        yield root


@pytest.fixture
def desk(files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Before its first round; people answer on paper."""
    monkeypatch.setitem(registry.MENU["labeler"], paper_labeler.NAME, "paper_labeler:build")
    root = tmp_path / "desk"
    make_project(root, files, batch=BATCH, seed_labels=0, experts="people")
    change(root, SETTINGS)
    return root


def picks(root: Path, round_: int) -> tuple[PickRow, ...]:
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        return people.picks(connection, round_=round_)


def known_then(root: Path, round_: int) -> dict[str, set[str]]:
    """Portion → examples whose labels it rested on."""
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        names = portions(connection, project.artifacts.names(), round_)
        return {name: {id_ for id_, _, _ in load_training_set(project.artifacts.open(name))} for name in names}


def asked_so_far(root: Path) -> int:
    return len(picks(root, 0))


@pytest.mark.parametrize("round_", [0, 1])
def test_a_batch_is_whole_each_question_asked_once_and_random_ones_first_drawn(run: Path, round_: int) -> None:
    rows = picks(run, round_)
    assert [row.position for row in rows] == list(range(BATCH))
    assert len({row.pick.example_id for row in rows}) == BATCH
    assert all(row.task is not None for row in rows)
    kinds = [row.pick.kind for row in rows]
    assert Counter(kinds[: DRAWN + PORTION])[PickKind.WEAK] == PORTION
    assert set(kinds[DRAWN + PORTION :]) == {PickKind.WEAK}
    assert not {row.pick.example_id for row in picks(run, 0)} & {row.pick.example_id for row in picks(run, 1)}


@pytest.mark.parametrize("round_", [0, 1])
def test_each_portion_rests_on_what_was_answered_before_it(run: Path, round_: int) -> None:
    rows, known = picks(run, round_), known_then(run, round_)
    places = [DRAWN + PORTION, DRAWN + 2 * PORTION]
    assert list(known) == [f"rounds/{round_:03d}/portion-{place:06d}" for place in places]
    for place, ids in zip(places, known.values(), strict=True):
        assert {row.pick.example_id for row in rows[:place]} <= ids
        assert not {row.pick.example_id for row in rows[place:]} & ids


def test_a_round_with_portions_is_replayed_to_the_bit(run: Path) -> None:
    replayed = json.loads(here("replay", "1", "--project", run, "--json").out)
    assert replayed["identical"], replayed
    assert {"picks", "portion-000024", "portion-000034"} <= {part["name"] for part in replayed["parts"]}


def test_a_lost_portion_is_named_by_replay(run: Path, tmp_path: Path) -> None:
    root = tmp_path / "desk"
    shutil.copytree(run, root)
    with open_project(root, read_only=True) as project:
        shutil.rmtree(project.artifacts.place("rounds/001/portion-000024"))
    asked = here("replay", "1", "--project", root, "--json")
    replayed = json.loads(asked.out)
    assert asked.status == 1
    parts = {part["name"]: part for part in replayed["parts"]}
    assert not replayed["identical"]
    assert "portion-000024" in parts["select"]["told"], parts["select"]
    assert parts["model"]["state"] == "identical"


@pytest.mark.parametrize("round_", [0, 1])
def test_the_portions_of_a_batch_add_up_to_the_blind_share(run: Path, round_: int) -> None:
    chosen = [row.pick for row in picks(run, round_) if row.pick.kind is PickKind.WEAK]
    assert sum(not pick.show_suggestion for pick in chosen) == 4, "a tenth of the batch"


def test_people_see_what_the_newest_head_says(run: Path) -> None:
    with open_project(run, read_only=True) as project, project.ledger.read() as connection:
        later = [row.pick for row in people.picks(connection, round_=1)][DRAWN + PORTION :]
    assert all(pick.guess in LABELS and pick.confidence is not None for pick in later)
    assert all(pick.reason for pick in later)


def test_the_next_portion_comes_when_few_questions_are_left(desk: Path) -> None:
    assert here("run", "--project", desk, "--no-wait").status == 3
    assert asked_so_far(desk) == DRAWN + PORTION
    paper_labeler.answer(desk, DRAWN + PORTION - 3, LABELS[0])
    assert here("run", "--project", desk, "--no-wait").status == 3
    assert asked_so_far(desk) == DRAWN + PORTION, "three are open, two would be few"
    paper_labeler.answer(desk, 1, LABELS[1])
    assert here("run", "--project", desk, "--no-wait").status == 3
    assert asked_so_far(desk) == DRAWN + 2 * PORTION
    assert here("run", "--project", desk, "--no-wait").status == 3
    assert asked_so_far(desk) == DRAWN + 2 * PORTION, "nobody has answered since"


def test_a_run_that_dies_before_its_picks_are_sent_sends_those(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert here("run", "--project", desk, "--no-wait").status == 3
    paper_labeler.answer(desk, DRAWN + PORTION, LABELS[0])
    send = Paper.send

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Paper, "send", dies)
    assert here("run", "--project", desk, "--no-wait").status == 130
    chosen = [row.ext_id for row in picks(desk, 0)]
    assert len(chosen) == DRAWN + 2 * PORTION
    assert [row.task is None for row in picks(desk, 0)].count(True) == PORTION
    monkeypatch.setattr(Paper, "send", send)
    assert here("run", "--project", desk, "--no-wait").status == 3
    assert [row.ext_id for row in picks(desk, 0)] == chosen
    assert all(row.task is not None for row in picks(desk, 0))


def test_early_ends_the_round_without_another_portion(desk: Path) -> None:
    assert here("run", "--project", desk, "--no-wait").status == 3
    paper_labeler.answer(desk, DRAWN + PORTION, LABELS[0])
    assert here("run", "--project", desk, "--finish-early").status == 0
    assert asked_so_far(desk) == DRAWN + PORTION


@pytest.mark.parametrize("values", [{"selection.portion": None}, {"selection.strategy": "random"}])
def test_all_is_chosen_at_once_where_that_is_wanted_or_chance_picks(desk: Path, values: dict[str, object]) -> None:
    change(desk, values)
    assert here("run", "--project", desk, "--no-wait").status == 3
    assert asked_so_far(desk) == BATCH
