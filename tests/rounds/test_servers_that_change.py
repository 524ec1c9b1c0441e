"""Rounds on a server that is emptied, replaced, set back, or whose tasks people remove: what people said stays.

a project in its first round ─► weakspot run, on a Label Studio in memory ─► people answer ─► the server changes
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from command_line import Said, complaint, here
from fake_label_studio import TOKEN, URL, FakeLabelStudio
from made_project import change, copy_project
from small_projects import _fresh, small_files  # noqa: F401

import labeling.label_studio.labeler
from labeling.label_studio.client import Client
from labeling.label_studio.pages import classification
from loop.errors import ServerDown
from loop.ledger import people, progress
from loop.project import open_project
from loop.records import Annotation, AnswerState

pytestmark = pytest.mark.slow
LABEL = "slow_internet"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeLabelStudio:
    """A Label Studio in memory, in the place of the embedded one."""
    made = FakeLabelStudio()
    client = Client(URL, TOKEN, transport=made.transport(), pause=lambda _: None)
    monkeypatch.setattr(labeling.label_studio.labeler, "connection", lambda *_, **__: lambda: client)
    return made


@pytest.fixture(scope="session")
def _picked(_fresh: Path) -> Path:  # noqa: F811
    """A project that is about to ask people six questions."""
    root = copy_project(_fresh, _fresh.with_name("picked"))
    change(root, {"experts.kind": "people", "labeler.poll_seconds": 0.1, "model.tuning": "head", "model.options": {}})
    assert run(root, "--until", "select").status == 0
    return root


@pytest.fixture
def picked(_picked: Path, fake: FakeLabelStudio, tmp_path: Path) -> Path:
    return copy_project(_picked, tmp_path / "picked")


@pytest.fixture
def sent(picked: Path, fake: FakeLabelStudio) -> Path:
    """A project whose six questions lie on that server."""
    look(picked)
    assert len(fake.tasks) == 6
    return picked


def run(root: Path, *arguments: str) -> Said:
    return here("run", "--project", root, *arguments)


def answers(root: Path) -> tuple[Annotation, ...]:
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        return people.answers(connection)


def sent_ids(root: Path) -> list[str]:
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        return [row.ext_id for row in people.picks(connection)]


def outcome(root: Path, step: str) -> dict[str, Any]:
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        return dict(next(row.outcome or {} for row in progress.steps(connection, 0) if row.step == step))


def states(root: Path) -> Counter[str | None]:
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        return Counter(row.task_state for row in people.picks(connection))


def frozen_overlap(root: Path, overlap: int) -> None:
    """As if the round had begun with so many people per question."""
    with open_project(root) as project, project.ledger.begin() as connection:
        (row,) = progress.rounds(connection)
        labeler = {**row.config["labeler"], "overlap": overlap}
        progress.open_round(connection, replace(row, config={**row.config, "labeler": labeler}))


def answer(fake: FakeLabelStudio, ext_ids: list[str], label: str = LABEL, *, user: int = 1) -> None:
    for ext_id in ext_ids:
        fake.annotate(ext_id, classification.result(label), user=user)


def look(root: Path) -> None:
    """A run that takes over what is there and leaves."""
    assert run(root, "--no-wait").status == 3


def test_a_server_killed_between_an_answer_and_its_count_was_not_set_back(sent: Path, fake: FakeLabelStudio) -> None:
    first = sent_ids(sent)[0]
    fake.annotate_and_die(first, classification.result(LABEL))
    look(sent)
    assert [row.state for row in answers(sent)] == [AnswerState.ANSWERED]
    said = run(sent, "--no-wait")
    assert "set back" not in said.err + said.out
    assert [(row.ext_id, row.state) for row in answers(sent)] == [(first, AnswerState.ANSWERED)]


def test_a_server_emptied_between_rounds_costs_no_answer(sent: Path, fake: FakeLabelStudio) -> None:
    answer(fake, sent_ids(sent))
    assert run(sent).status == 0
    before = answers(sent)
    fake.empty()
    assert "has no project 1 any more" in complaint(run(sent, "--no-wait"))
    assert here("label-studio", "restore", "--project", sent).status == 0
    assert run(sent, "--no-wait").status == 3
    second = [ext_id for ext_id in sent_ids(sent) if ext_id not in {row.ext_id for row in before}]
    answer(fake, second)
    assert run(sent).status == 0
    assert len(answers(sent)) == 12
    assert tuple(row for row in answers(sent) if row.ext_id not in second) == before, "no row has moved or changed"
    assert states(sent) == {"sent": 12}, "nobody removed the tasks of the first round"
    assert here("verify", "--project", sent).status == 0


@pytest.mark.parametrize("sent_since", [False, True])
def test_a_server_set_back_to_an_earlier_round_costs_no_answer(
    sent: Path, fake: FakeLabelStudio, sent_since: bool
) -> None:
    answer(fake, sent_ids(sent)[:3])
    backup = fake.saved()
    answer(fake, sent_ids(sent)[3:])
    assert run(sent).status == 0
    before = answers(sent)
    if sent_since:
        assert run(sent, "--no-wait").status == 3
    fake.set_back(backup)
    said = run(sent, "--no-wait")
    assert said.status == 3
    assert said.err.count("was set back to an earlier state") == 1
    second = sent_ids(sent)[6:]
    answer(fake, second)
    assert run(sent).status == 0
    assert len(answers(sent)) == 12
    assert all(row in answers(sent) for row in before)
    assert Counter(fake.ext_ids()) == dict.fromkeys(sent_ids(sent), 1)


def test_a_ledger_set_back_says_whose_answers_it_leaves_out(sent: Path, fake: FakeLabelStudio) -> None:
    answer(fake, sent_ids(sent))
    assert run(sent).status == 0
    ledger = sent / ".weakspot" / "ledger.db"
    before = ledger.read_bytes()
    assert run(sent, "--no-wait").status == 3
    asked = set(sent_ids(sent))
    answer(fake, sent_ids(sent)[6:])
    assert run(sent).status == 0
    ledger.write_bytes(before)
    assert here("verify", "--project", sent).status == 1
    change(sent, {"selection.batch": 3})
    said = run(sent, "--finish-early")
    lost = len(asked - set(sent_ids(sent)))
    assert lost >= 3
    assert f"{lost} questions in the labeling tool have answers, and this ledger has never asked them" in " ".join(
        (said.out + said.err).split()
    )


def test_a_server_set_back_within_a_round_costs_no_answer(sent: Path, fake: FakeLabelStudio) -> None:
    ext_ids = sent_ids(sent)
    answer(fake, ext_ids[:2])
    backup = fake.saved()
    answer(fake, ext_ids[2:4])
    look(sent)
    before = answers(sent)
    assert len(before) == 4
    fake.set_back(backup)
    answer(fake, ext_ids[4:])
    assert run(sent).status == 0
    assert len(answers(sent)) == 6
    assert all(row in answers(sent) for row in before)
    assert {row.state for row in answers(sent)} == {AnswerState.ANSWERED}


def test_a_server_emptied_within_a_round_gets_the_open_questions_and_the_answers_stay(
    sent: Path, fake: FakeLabelStudio
) -> None:
    ext_ids = sent_ids(sent)
    answer(fake, ext_ids[:2])
    look(sent)
    before = answers(sent)
    fake.empty()
    complaint(run(sent, "--no-wait"))
    assert here("label-studio", "restore", "--project", sent).status == 0
    assert run(sent, "--no-wait").status == 3
    assert sorted(fake.ext_ids()) == sorted(ext_ids[2:]), "what is answered is not asked again"
    answer(fake, ext_ids[2:], "wifi_coverage")
    assert run(sent).status == 0
    assert all(row in answers(sent) for row in before)
    assert len(answers(sent)) == 6


def test_questions_lost_while_people_are_at_work_are_sent_again(picked: Path, fake: FakeLabelStudio) -> None:
    with open_project(picked) as project, project.ledger.begin() as connection:
        progress.put(connection, "labeler_sends", "0")
    before = fake.saved()
    look(picked)
    marker = fake.projects[1]["description"].replace('"sends": 1', '"sends": 0')
    early = {**fake.saved(), "tasks": {}, "projects": {1: {**fake.projects[1], "description": marker}}}
    assert before["projects"] == {}
    fake.set_back(early)
    said = run(picked, "--no-wait")
    assert said.status == 3
    assert "questions that are still open are sent again" in said.err + said.out
    assert sorted(fake.ext_ids()) == sorted(sent_ids(picked))


def test_answers_that_people_delete_are_deleted_all_the_same(sent: Path, fake: FakeLabelStudio) -> None:
    ext_ids = sent_ids(sent)
    answer(fake, ext_ids)
    assert run(sent, "--until", "await").status == 0
    task = next(task for task in fake.tasks.values() if task["data"]["ext_id"] == ext_ids[0])
    task["annotations"].clear()
    fake.touch(task)
    assert run(sent).status == 0
    assert Counter(row.state for row in answers(sent)) == {AnswerState.ANSWERED: 5, AnswerState.DELETED: 1}


def removed(fake: FakeLabelStudio, ext_ids: list[str]) -> None:
    for number, task in list(fake.tasks.items()):
        if task["data"]["ext_id"] in ext_ids:
            del fake.tasks[number]


@pytest.mark.parametrize("left", [0, 2])
def test_tasks_removed_while_their_round_is_open_are_not_waited_for(
    sent: Path, fake: FakeLabelStudio, left: int
) -> None:
    ext_ids = sent_ids(sent)
    answer(fake, ext_ids[:left])
    removed(fake, ext_ids[left:])
    said = run(sent)
    assert said.status == 0, "the wait has an end"
    assert f"{6 - left} tasks were removed in the labeling tool; they count as not asked" in said.err + said.out
    assert states(sent) == ({"sent": left, "deleted": 6 - left} if left else {"deleted": 6})
    assert outcome(sent, "collect").get("answered", 0) == left


def test_a_person_who_answers_twice_has_one_vote_the_last(sent: Path, fake: FakeLabelStudio) -> None:
    ext_ids = sent_ids(sent)
    answer(fake, ext_ids, "cancel_contract")
    answer(fake, ext_ids, LABEL)
    assert run(sent).status == 0
    assert outcome(sent, "settle")["settled"] == 6
    with open_project(sent, read_only=True) as project, project.ledger.read() as connection:
        labels = [label for label in people.labels(connection) if label.source == "people"]
    assert {(label.label, label.annotations, label.agreement) for label in labels} == {(LABEL, 1, 1.0)}


def test_a_person_who_answers_twice_does_not_end_a_question_for_two(picked: Path, fake: FakeLabelStudio) -> None:
    frozen_overlap(picked, 2)
    look(picked)
    ext_ids = sent_ids(picked)
    fake.users["other"] = {"id": 2, "email": "other@example.com"}
    for _ in range(2):
        answer(fake, ext_ids)
        look(picked)
    answer(fake, ext_ids, user=2)
    assert run(picked).status == 0


def test_a_server_that_is_read_and_takes_no_answers_is_waited_for_once_and_not_for_ever(
    picked: Path, fake: FakeLabelStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = count(1)

    class Unheard:
        def work(self, ext_ids: Sequence[str]) -> int:
            assert next(tries) <= 3, "nobody waits for ever"
            raise ServerDown(f"{len(ext_ids)} answers are not taken")

    monkeypatch.setattr("loop.rounds.labeling.PATIENCE_S", -1.0)
    monkeypatch.setattr("loop.rounds.labeling.experts", lambda _: Unheard())
    assert "6 answers are not taken" in complaint(run(picked))
    with open_project(picked, read_only=True) as project, project.ledger.read() as connection:
        waits = [event for event in progress.events(connection) if event.message.startswith("Waiting for")]
    assert len(waits) == 1


FAULTS = ("null", "half", "500", "429", "expired", "page", "after", "before")


@pytest.mark.parametrize("kind", FAULTS)
def test_a_bad_server_in_any_step_ends_in_one_line_and_then_in_the_same_state(
    picked: Path, fake: FakeLabelStudio, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loop.rounds.labeling.PATIENCE_S", -1.0)

    def through(*arguments: str, wanted: int) -> None:
        fake.faults.append(lambda _: kind)
        complaint(run(picked, *arguments))
        fake.faults.clear()
        assert run(picked, *arguments).status == wanted

    through("--no-wait", wanted=3)
    answer(fake, sent_ids(picked))
    through("--until", "await", wanted=0)
    through("--until", "settle", wanted=0)
    assert Counter(fake.ext_ids()) == dict.fromkeys(sent_ids(picked), 1)
    assert len(answers(picked)) == 6
    assert {row.state for row in answers(picked)} == {AnswerState.ANSWERED}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_bad_server_while_a_page_is_restored(sent: Path, fake: FakeLabelStudio, kind: str) -> None:
    fake.empty()
    for _ in range(2):
        fake.faults.append(lambda _: kind)
        complaint(here("label-studio", "restore", "--project", sent))
        fake.faults.clear()
    assert here("label-studio", "restore", "--project", sent).status == 0
    assert len(fake.projects) == 1
    assert run(sent, "--no-wait").status == 3
    assert sorted(fake.ext_ids()) == sorted(sent_ids(sent))


@pytest.fixture
def on_own_server(picked: Path, fake: FakeLabelStudio) -> Path:
    """A project whose questions lie on a server of the user's own."""
    change(picked, {"labeler.url": URL})
    look(picked)
    return picked


def test_a_copied_folder_asks_in_a_project_of_its_own(on_own_server: Path, fake: FakeLabelStudio) -> None:
    copy = copy_project(on_own_server, on_own_server.with_name("copy"))
    said = complaint(run(copy, "--no-wait"))
    assert "another folder asks in the project" in said
    assert here("label-studio", "restore", "--project", copy).status == 0
    look(copy)
    assert len(fake.projects) == 2
    assert Counter(fake.ext_ids()) == dict.fromkeys(sent_ids(copy), 2)
    answer(fake, sent_ids(on_own_server))
    assert run(on_own_server).status == 0
    assert (len(answers(on_own_server)), len(answers(copy))) == (6, 0)
    look(copy)
    assert answers(copy) == ()


def test_a_moved_folder_goes_on_with_its_project(on_own_server: Path, fake: FakeLabelStudio) -> None:
    for name in ("moved", "moved again"):
        on_own_server = Path(shutil.move(on_own_server, on_own_server.with_name(name)))
        answer(fake, sent_ids(on_own_server)[:2])
        look(on_own_server)
    assert len(fake.projects) == 1
    assert len(answers(on_own_server)) == 4
