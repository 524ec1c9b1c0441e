"""Sending and collecting against a Label Studio in memory, with broken connections on demand."""

from __future__ import annotations

import httpx
import pytest
from fake_label_studio import URL, FakeLabelStudio
from made import choice, door, labeler, question

from labeling.label_studio import client as client_module
from labeling.label_studio.client import Client
from labeling.label_studio.connection import PAUSES_S
from loop.errors import ProjectChanged, ProjectGone, ServerDown, ServerRefused
from loop.records import AnswerState, Form, LabelSet

QUESTIONS = [question(number) for number in range(450)]


def test_sending_twice_creates_every_task_once() -> None:
    fake = FakeLabelStudio()
    first, second = labeler(fake).send(QUESTIONS), labeler(fake).send(QUESTIONS)
    assert (first.created, second.created) == (450, 0)
    assert sorted(fake.ext_ids()) == [q.ext_id for q in QUESTIONS]
    assert first.tasks == second.tasks
    assert len(fake.projects) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", [("POST", "/import"), ("POST", "/projects"), ("GET", "/tasks"), ("POST", "/actions")])
def test_a_connection_that_breaks_before_or_after_any_call_leaves_each_task_once(
    when: str, call: tuple[str, str]
) -> None:
    fake = FakeLabelStudio()
    fake.break_once(*call, when)
    try:
        labeler(fake).send(QUESTIONS)
    except ServerDown:
        labeler(fake).send(QUESTIONS)
    assert sorted(fake.ext_ids()) == [q.ext_id for q in QUESTIONS]
    assert len(fake.projects) == 1


def test_an_import_that_is_still_being_written_is_waited_for_not_repeated() -> None:
    fake = FakeLabelStudio()
    late: list[httpx.Request] = []

    def lose(request: httpx.Request) -> str:
        if request.url.path.rstrip("/").endswith("/import") and not late:
            late.append(request)
            return "before"
        return ""

    def later(_seconds: float) -> None:
        if late and not fake.tasks:
            fake.faults.clear()
            fake._answer(late[0], late[0].url.path.rstrip("/"))

    fake.faults.append(lose)
    labeler(fake, pause=later).send(QUESTIONS[:150])
    assert len(fake.ext_ids()) == 150


def test_a_second_copy_is_removed_unless_someone_labelled_it() -> None:
    fake = FakeLabelStudio()
    labeler(fake).send(QUESTIONS[:2])
    fake._import(1, [{"data": dict(task["data"])} for task in list(fake.tasks.values())])
    fake._annotate(fake.tasks[4], {"result": [choice("label", "fee")]}, 1)
    receipt = labeler(fake).send(QUESTIONS[:2])
    assert sorted(fake.tasks) == [1, 4]
    assert [task.task_id for task in receipt.tasks] == ["1", "4"]


def test_suggestions_become_visible() -> None:
    fake = FakeLabelStudio()
    labeler(fake).send([question(0, blind=True)])
    assert fake.projects[1]["model_version"] == ""
    labeler(fake).send([question(1)])
    assert fake.projects[1]["model_version"] == fake.tasks[2]["predictions"][0]["model_version"]


def test_answers_come_back_whole_and_then_only_what_changed() -> None:
    fake = FakeLabelStudio()
    tool = labeler(fake)
    tool.send(QUESTIONS[:5])
    fake.annotate("q0000", [choice("label", "fee")])
    fake.annotate("q0001", [choice("label", "gone")])
    fake.annotate("q0002", [choice("label", "fee")], skipped=True)
    found = tool.collect(whole=True)
    states = {ext_id: [a.state for a in answers] for ext_id, answers in found.annotations.items()}
    assert states == {
        "q0000": [AnswerState.ANSWERED],
        "q0001": [AnswerState.UNKNOWN_LABEL],
        "q0002": [AnswerState.SKIPPED],
        "q0003": [],
        "q0004": [],
    }
    assert found.present == frozenset(states)
    assert found.annotations["q0000"][0].annotator == "owner@example.com"
    assert found.annotations["q0000"][0].suggestion == "other <&>"
    fake.seconds += 3600
    fake.annotate("q0004", [])
    changed = tool.collect(since=tool.collect(since=found.watermark).watermark)
    states = {ext_id: answers[0].state for ext_id, answers in changed.annotations.items()}
    assert states == {"q0004": AnswerState.EMPTY}
    assert changed.present is None


def test_an_answer_that_was_removed_is_missing_from_its_question() -> None:
    fake = FakeLabelStudio()
    tool = labeler(fake)
    tool.send(QUESTIONS[:1])
    fake.annotate("q0000", [choice("label", "fee")])
    watermark = tool.collect().watermark
    fake.tasks[1]["annotations"].clear()
    fake.touch(fake.tasks[1])
    assert tool.collect(since=watermark).annotations == {"q0000": ()}


def test_a_task_that_was_removed_is_not_present_and_its_number_means_nothing() -> None:
    fake = FakeLabelStudio()
    tool = labeler(fake)
    tool.send(QUESTIONS[:2])
    del fake.tasks[2]
    fake._import(1, [{"data": {"ext_id": "of someone else", "text": "x"}}])
    fake._annotate(fake.tasks[2], {"result": []}, 1)
    found = tool.collect(whole=True)
    assert found.present == {"q0000", "of someone else"}
    assert found.annotations["q0000"] == ()


def test_more_rows_than_a_page_come_back_though_rows_come_and_go(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeLabelStudio()
    tool = labeler(fake)
    tool.send(QUESTIONS[:40])
    monkeypatch.setattr(client_module, "PAGE", 7)
    gone = iter([1, 8, 15])

    def remove(request: httpx.Request) -> str:
        if request.url.path.rstrip("/") == "/api/tasks" and '"updated_at"' not in str(request.url):
            fake.tasks.pop(next(gone, 0), None)
        return ""

    fake.faults.append(remove)
    found = tool.collect(whole=True)
    assert found.present is not None
    assert {q.ext_id for q in QUESTIONS[:40]} - found.present <= {"q0000", "q0007", "q0014"}


def test_changed_labels_stop_sending_and_are_told_with_the_answers_when_collecting() -> None:
    fake = FakeLabelStudio()
    labeler(fake).send(QUESTIONS[:2])
    fake.annotate("q0000", [choice("label", "fee")])
    fewer = LabelSet(("refund", "card_arrival", "other <&>", "fee", "new"))
    tool = labeler(fake, form=Form("label", labels=fewer))
    with pytest.raises(ProjectChanged, match=r"labels missing: new; wanted.*`weakspot label-studio restore`"):
        tool.send(QUESTIONS[:2])
    found = tool.collect()
    assert "labels missing: new" in found.problem
    assert found.annotations["q0000"][0].state is AnswerState.ANSWERED
    tool.restore_page()
    assert tool.send(QUESTIONS[:2]).created == 0


def test_a_project_that_is_gone_or_replaced_is_told() -> None:
    fake = FakeLabelStudio()
    tool = labeler(fake)
    tool.send(QUESTIONS[:1])
    tool = labeler(fake, project_id="1")
    fake.projects[1] = {**fake.projects[1], "description": "", "label_config": "<View/>", "title": "Cats"}
    with pytest.raises(ProjectGone, match='another one: "Cats"'):
        tool.collect()
    fake.projects.clear()
    with pytest.raises(ProjectGone, match="no project 1 any more"):
        tool.send(QUESTIONS[:1])
    assert tool.restore_page().project_id == "1"
    assert tool.send(QUESTIONS[:1]).project_id == "1"


def test_a_wrong_token_is_told_without_the_token() -> None:
    with pytest.raises(ServerRefused, match="does not accept the token") as told:
        door(FakeLabelStudio(), token="hunter2hunter2").check()
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>welcome</html>"),
        httpx.Response(404, text="<html>no</html>"),
        httpx.Response(404, json={"detail": "Not Found"}),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"hello": "world"}),
    ],
)
def test_something_else_that_answers_is_told(answer: httpx.Response) -> None:
    client = Client(URL, "x" * 40, transport=httpx.MockTransport(lambda _: answer), pause=lambda _: None)
    with pytest.raises(ServerRefused, match="not a Label Studio"):
        client.check()


def test_reads_are_tried_again_and_writes_never() -> None:
    fake = FakeLabelStudio()
    fake.faults.append(lambda _: "before")
    client = door(fake)
    with pytest.raises(ServerDown, match=f"does not answer at {URL}"):
        client.projects()
    assert len(fake.calls) == 1 + len(PAUSES_S)
    fake.calls.clear()
    with pytest.raises(ServerDown):
        client.import_tasks(1, [])
    assert len(fake.calls) == 1


def test_nothing_sent_yet_means_nothing_to_collect() -> None:
    found = labeler(FakeLabelStudio()).collect(whole=True)
    assert (found.annotations, found.present, found.watermark) == ({}, frozenset(), None)


def test_an_answer_that_a_killed_server_did_not_count_is_found_when_looked_at_closely() -> None:
    fake = FakeLabelStudio()
    labeler(fake).send(QUESTIONS[:3])
    fake.annotate("q0000", [choice("label", "fee")])
    fake.seconds += 3600
    fake.annotate("q0001", [choice("label", "fee")])
    watermark = labeler(fake).collect().watermark
    fake.annotate_and_die("q0002", [choice("label", "refund")])
    assert "q0002" not in labeler(fake).collect(since=watermark).annotations
    closely = labeler(fake).collect(since=watermark, closely=["q0002"]).annotations
    assert [answer.label for answer in closely["q0002"]] == ["refund"]
    assert labeler(fake).collect(whole=True).annotations["q0002"] == closely["q0002"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_task_list_is_made_readable_once_even_when_the_first_attempt_was_lost(when: str) -> None:
    fake = FakeLabelStudio()
    fake.break_once("POST", "/dm/views", when)
    with pytest.raises(ServerDown):
        labeler(fake).send(QUESTIONS[:2])
    labeler(fake).send(QUESTIONS[:2])
    labeler(fake).send(QUESTIONS[:3])
    assert len(fake.views) == 1
    assert "tasks:data.ext_id" in fake.views[0]["data"]["hiddenColumns"]["explore"]
