"""The Labeler and the simulated experts on the real Label Studio."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from made import FORM, FORMS, LABELS_OF, about, choice, question

from labeling.label_studio.client import Client
from labeling.label_studio.labeler import LabelStudio, build
from labeling.label_studio.pages import PAGES, classification, page_of
from labeling.label_studio.server import Access, EmbeddedServer
from labeling.simulated.annotators import Simulated, simulated
from loop.errors import ProjectChanged, ProjectGone, ServerDown, ServerRefused
from loop.records import AnswerState, Form

pytestmark = pytest.mark.server
Make = Callable[..., LabelStudio]


@pytest.fixture
def access(label_studio_server: EmbeddedServer) -> Access:
    return label_studio_server.start()


@pytest.fixture
def make(access: Access) -> Make:
    """Labelers on one project of this test's own."""
    key = uuid4().hex

    def made(**changed: Any) -> LabelStudio:
        client = Client(access.url, access.token)
        return LabelStudio(lambda: client, **{"form": FORM, "project_key": key, "title": key, **changed})

    return made


@pytest.fixture
def api(access: Access) -> Iterator[httpx.Client]:
    """Label Studio's API beside weakspot, as other people use it."""
    headers = {"Authorization": f"Token {access.token}"}
    with httpx.Client(base_url=access.url, headers=headers, timeout=60, trust_env=False) as session:
        yield session


def annotate(api: httpx.Client, task_id: str, result: Any, **more: Any) -> dict[str, Any]:
    answer = api.post(f"/api/tasks/{task_id}/annotations/", json={"result": result, "lead_time": 1.5, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_sending_twice_creates_every_task_once(make: Make) -> None:
    questions = [question(number) for number in range(250)]
    first, second = make().send(questions), make().send(questions)
    assert (first.created, second.created) == (250, 0)
    assert first.tasks == second.tasks
    assert len(make().collect(whole=True).present or ()) == 250


def test_every_kind_of_answer_comes_back_under_its_name(make: Make, api: httpx.Client) -> None:
    task_ids = [task.task_id for task in make().send([question(number) for number in range(7)]).tasks]
    good = [choice("label", "fee"), choice("wrong", "ambiguous")]
    annotate(api, task_ids[0], good)
    annotate(api, task_ids[1], good, was_cancelled=True)
    annotate(api, task_ids[2], [])
    annotate(api, task_ids[3], [choice("label", "no such label")])
    annotate(api, task_ids[4], [{"foo": 1}])
    edited, removed = annotate(api, task_ids[5], good), annotate(api, task_ids[6], good)
    before = make().collect()
    assert before.annotations["q0000"][0].flags == ("ambiguous",)
    assert before.annotations["q0000"][0].suggestion == "other <&>"
    assert [before.annotations[f"q{n:04d}"][0].state for n in range(6)] == [
        AnswerState.ANSWERED,
        AnswerState.SKIPPED,
        AnswerState.EMPTY,
        AnswerState.UNKNOWN_LABEL,
        AnswerState.MALFORMED,
        AnswerState.ANSWERED,
    ]
    api.patch(f"/api/annotations/{edited['id']}/", json={"result": [choice("label", "refund")]}).raise_for_status()
    api.delete(f"/api/annotations/{removed['id']}/").raise_for_status()
    after = make().collect(since=before.watermark)
    assert after.annotations["q0005"][0].label == "refund"
    assert after.annotations["q0005"][0].id == before.annotations["q0005"][0].id
    assert after.annotations["q0005"][0].updated_at > before.annotations["q0005"][0].updated_at
    assert after.annotations["q0006"] == ()


@pytest.mark.parametrize("kind", sorted(set(PAGES) - {"label"}))
def test_every_form_is_taken_and_its_answers_come_back(
    make: Make, api: httpx.Client, access: Access, tmp_path: Path, kind: str
) -> None:
    form, labels = FORMS[kind], LABELS_OF[kind]
    key = uuid4().hex
    receipt = make(form=form, project_key=key).send([about(kind, number) for number in range(len(labels) + 2)])
    for task, label in zip(receipt.tasks, labels, strict=False):
        annotate(api, task.task_id, page_of(kind).result(label, ("harmful",)))
    annotate(api, receipt.tasks[-2].task_id, page_of(kind).result(labels[0]), was_cancelled=True)
    assert _crowd(access, tmp_path, key, form=form).work([receipt.tasks[-1].ext_id]) == 1
    collected = make(form=form, project_key=key).collect()
    given = [answers[0] for _, answers in sorted(collected.annotations.items())]
    assert [answer.label for answer in given[:-1]] == [*labels, None]
    assert given[-2].state is AnswerState.SKIPPED
    assert given[-1].state is AnswerState.ANSWERED
    assert given[0].flags == ("harmful",)
    assert collected.problem == ""
    make(form=form, project_key=key).restore_page()


def test_a_removed_task_is_not_present_and_is_sent_again_on_request(make: Make, api: httpx.Client) -> None:
    tasks = make().send([question(1), question(2)]).tasks
    api.delete(f"/api/tasks/{tasks[1].task_id}/").raise_for_status()
    assert make().collect(whole=True).present == {"q0001"}
    assert make().send([question(1), question(2)]).created == 1


def test_a_removed_project_is_told_and_restored_as_a_new_one(make: Make, api: httpx.Client) -> None:
    project_id = make().send([question(1)]).project_id
    api.delete(f"/api/projects/{project_id}/").raise_for_status()
    tool = make(project_id=project_id)
    with pytest.raises(ProjectGone):
        tool.collect()
    with pytest.raises(ProjectGone):
        tool.send([question(1)])
    tool.restore_page()
    assert tool.send([question(1)]).created == 1


def test_a_label_removed_in_label_studio_stops_sending_but_no_answer_is_lost(make: Make, api: httpx.Client) -> None:
    receipt = make().send([question(1), question(2)])
    annotate(api, receipt.tasks[0].task_id, [choice("label", "fee")])
    config = re.sub('<Choice value="fee"[^>]*>', "", classification.page(FORM))
    api.patch(f"/api/projects/{receipt.project_id}/", json={"label_config": config}).raise_for_status()
    with pytest.raises(ProjectChanged, match="labels missing: fee"):
        make().send([question(3)])
    found = make().collect()
    assert "labels missing: fee" in found.problem
    assert found.annotations["q0001"][0].label == "fee"
    make().restore_page()
    assert make().send([question(3)]).created == 1
    assert make().collect().problem == ""


def test_two_answers_to_one_question_come_back_together(make: Make, api: httpx.Client) -> None:
    receipt = make(overlap=2).send([question(1)])
    assert api.get(f"/api/projects/{receipt.project_id}").json()["maximum_annotations"] == 2
    annotate(api, receipt.tasks[0].task_id, [choice("label", "fee")])
    annotate(api, receipt.tasks[0].task_id, [choice("label", "refund")])
    assert [a.label for a in make().collect().annotations["q0001"]] == ["fee", "refund"]


def test_a_wrong_token_is_refused_and_not_repeated_in_the_message(access: Access, tmp_path: Path) -> None:
    with pytest.raises(ServerRefused, match="does not accept the token") as told:
        _build(tmp_path, access.url, "f" * 40)
    assert "ffff" not in str(told.value)


def test_a_personal_access_token_works_too(access: Access, tmp_path: Path) -> None:
    token = _personal_access_token(access)
    tool = _build(tmp_path, access.url, token)
    assert tool.send([question(1)]).created == 1
    with pytest.raises(ServerRefused, match="does not accept the token"):
        _build(tmp_path, access.url, token[:-4] + "aaaa")


def test_a_server_that_is_something_else_or_down_is_told(tmp_path: Path) -> None:
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>It works!</html>")

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Other) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(ServerRefused, match="not a Label Studio"):
            _build(tmp_path, url, "f" * 40)
        server.shutdown()
        thread.join()
    with pytest.raises(ServerDown, match="does not answer"):
        _build(tmp_path, url, "f" * 40)


def test_simulated_experts_answer_everything_with_accounts_of_their_own(access: Access, tmp_path: Path) -> None:
    key = uuid4().hex
    tool = _build(tmp_path, access.url, access.token, key=key, overlap=2)
    ids = [task.ext_id for task in tool.send([question(number) for number in range(12)]).tasks]

    def work() -> int:
        return _crowd(access, tmp_path, key, form=FORM, count=3, overlap=2).work(ids)

    assert (work(), work()) == (24, 0)
    answers = [answer for given in tool.collect().annotations.values() for answer in given]
    assert {answer.label for answer in answers} == {"fee"}
    assert len({answer.annotator for answer in answers}) == 3
    assert all(answer.annotator.startswith("simulated-expert-") and answer.lead_time_s for answer in answers)


def _crowd(access: Access, state: Path, key: str, *, form: Form, count: int = 1, overlap: int = 1) -> Simulated:
    return simulated(
        state_dir=state,
        url=access.url,
        token=access.token,
        project_key=key,
        form=form,
        truth=lambda _: "fee",
        marks=lambda _, answer: 1 / len(answer),
        count=count,
        error_rate=0.0,
        seconds_per_answer=0.0,
        overlap=overlap,
        seed=1,
    )


def _build(state: Path, url: str, token: str, *, key: str | None = None, overlap: int = 1) -> LabelStudio:
    return build(
        form=FORM,
        project_key=key or uuid4().hex,
        title="x",
        state_dir=state,
        url=url,
        token=token,
        project_id=None,
        overlap=overlap,
    )


def _personal_access_token(access: Access) -> str:
    """By the pages a person uses."""
    with httpx.Client(base_url=access.url, trust_env=False) as session:
        csrf = re.search(r'csrfmiddlewaretoken" value="([^"]+)', session.get("/user/login/").text)
        assert csrf is not None
        form = {"csrfmiddlewaretoken": csrf.group(1), "email": access.email, "password": access.password}
        session.post("/user/login/", data=form, headers={"Referer": f"{access.url}/user/login/"})
        headers = {"X-CSRFToken": session.cookies["csrftoken"], "Referer": f"{access.url}/"}
        for old in session.get("/api/token/").json():
            session.post("/api/token/blacklist", json={"refresh": old["token"]}, headers=headers)
        settings = {"api_tokens_enabled": True, "legacy_api_tokens_enabled": True, "api_token_ttl_days": 365}
        session.post("/api/jwt/settings", json=settings, headers=headers).raise_for_status()
        return str(session.post("/api/token/", headers=headers).json()["token"])
