"""A server, or a proxy before it, that misbehaves: one line, nothing lost, the same end when it is well again.

every fault ─► the n-th request of send, collect, restore ─► ServerDown or ServerRefused, or passed over
            └► then well again ─► the same call ─► each task once, each answer once, one project
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import httpx
import pytest
from fake_label_studio import INSTEAD, TOKEN, URL, FakeLabelStudio
from made import FORM, choice, door, labeler, question

from labeling.label_studio.accounts import member_token
from labeling.label_studio.client import Client
from labeling.label_studio.connection import PAUSES_S
from labeling.label_studio.responses import Checked
from loop.errors import LabelerError, ServerDown, ServerRefused, WeakspotError

pytestmark = pytest.mark.slow

QUESTIONS = [question(number) for number in range(5)]
KINDS = [*INSTEAD, "before", "after"]
CALLS: dict[str, Callable[[Any], Any]] = {
    "send": lambda tool: tool.send(QUESTIONS),
    "collect": lambda tool: tool.collect(whole=True, closely=["q0000"]),
    "restore": lambda tool: tool.restore_page(),
}


def from_request(number: int, kind: str, *, times: int) -> Callable[[httpx.Request], str]:
    """A fault of the n-th request and some after it."""
    seen = count()
    return lambda _: kind if number <= next(seen) < number + times else ""


def outcome(call: str, tool: Any) -> tuple[Any, LabelerError | None]:
    """What the call gives, or the error it raises."""
    try:
        return CALLS[call](tool), None
    except LabelerError as fault:
        return None, fault


def is_told_well(fault: LabelerError) -> bool:
    """In one line, without secrets, with what to do, as trouble of the server and not of the project."""
    text = str(fault)
    return isinstance(fault, ServerDown | ServerRefused) and "\n" not in text and TOKEN not in text and bool(fault.do)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("call", CALLS)
def test_whatever_a_server_answers_it_is_told_in_one_line_and_nothing_is_lost(call: str, kind: str) -> None:
    for number, times in ((0, 1), (1, 1), (2, 1), (3, 1000), (4, 1)):
        fake = FakeLabelStudio()
        receipt = labeler(fake).send(QUESTIONS[:3])
        fake.annotate("q0000", [choice("label", "fee")])
        wanted = labeler(fake).collect(whole=True)
        known = {"project_id": receipt.project_id, "instance": receipt.instance, "sends": receipt.sends}
        fake.faults.append(from_request(number, kind, times=times))
        found, fault = outcome(call, labeler(fake, **known))
        assert fault is None or is_told_well(fault), f"{kind} at request {number}: {fault}"
        assert found is None or call != "collect" or found.annotations == wanted.annotations, f"{kind} at {number}"
        fake.faults.clear()
        again = CALLS[call](labeler(fake, **known))
        assert call != "collect" or (again.present, again.annotations) == (wanted.present, wanted.annotations)
        labeler(fake, **known).send(QUESTIONS)
        assert sorted(fake.ext_ids()) == [one.ext_id for one in QUESTIONS]
        assert len(fake.projects) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_first_send_through_a_bad_proxy_makes_one_project(kind: str) -> None:
    for number in range(8):
        fake = FakeLabelStudio()
        fake.faults.append(from_request(number, kind, times=1))
        for _ in range(3):
            try:
                labeler(fake).send(QUESTIONS)
            except LabelerError:
                continue
        assert sorted(fake.ext_ids()) == [one.ext_id for one in QUESTIONS], f"{kind} at request {number}"
        assert len(fake.projects) == 1


@pytest.mark.parametrize(
    "kind", ["null", "empty object", "empty list", "wrong rows", "half", "nothing", "number", "deep"]
)
def test_what_is_not_a_list_of_tasks_is_never_taken_for_an_empty_one(kind: str) -> None:
    fake = FakeLabelStudio()
    receipt = labeler(fake).send(QUESTIONS)
    fake.faults.append(lambda request: kind if request.url.path.rstrip("/") == "/api/tasks" else "")
    with pytest.raises(ServerDown):
        labeler(fake, project_id=receipt.project_id).collect(whole=True)


def test_a_server_that_asks_to_wait_is_tried_again_when_it_said() -> None:
    fake, pauses = FakeLabelStudio(), list[float]()
    busy = iter(["429", "429"])
    fake.faults.append(lambda _: next(busy, ""))
    client = Client(URL, TOKEN, transport=fake.transport(), pause=pauses.append)
    assert client.projects() == []
    assert pauses == [7.0, 7.0]


@pytest.mark.parametrize(
    ("asked", "waited"), [("0", PAUSES_S[0]), ("86400", 60.0), ("-5", PAUSES_S[0]), ("soon", PAUSES_S[0])]
)
def test_a_server_is_waited_for_within_reason(asked: str, waited: float) -> None:
    pauses: list[float] = []
    busy = httpx.Response(503, json={}, headers={"Retry-After": asked})
    client = Client(URL, TOKEN, transport=httpx.MockTransport(lambda _: busy), pause=pauses.append)
    with pytest.raises(ServerDown, match="status 503"):
        client.projects()
    assert pauses[0] == waited


def test_a_token_that_expires_in_the_middle_is_told_as_such() -> None:
    fake = FakeLabelStudio()
    tool = labeler(fake)
    tool.send(QUESTIONS)
    fake.users.clear()
    with pytest.raises(ServerRefused, match="does not accept the token.*Account & Settings"):
        tool.collect()


@pytest.mark.parametrize(
    "body", [{"detail": f"bad header Token {TOKEN}"}, {"validation_errors": {"x": [TOKEN]}}, {"y": TOKEN}]
)
def test_a_token_that_a_server_repeats_in_its_refusal_is_not_shown(body: dict[str, Any]) -> None:
    refusal = httpx.Response(400, json=body)
    client = Client(URL, TOKEN, transport=httpx.MockTransport(lambda _: refusal), pause=lambda _: None)
    with pytest.raises(ServerRefused, match=r"status 400.*\*\*\*") as fault:
        client.projects()
    assert TOKEN not in str(fault.value)


class Drip(httpx.SyncByteStream):
    """An answer without an end, each part of it in time."""

    def __iter__(self) -> Iterator[bytes]:
        return (b" " * 2**20 for _ in count())


def test_an_answer_without_an_end_is_cut_by_size_and_by_time() -> None:
    def endless() -> httpx.MockTransport:
        return httpx.MockTransport(lambda _: httpx.Response(200, stream=Drip()))

    ticks = count()
    request = httpx.Request("GET", f"{URL}/api/tasks")
    with pytest.raises(httpx.DecodingError, match="more than 3 MB"):
        Checked(endless(), most_bytes=3 * 2**20).handle_request(request)
    with pytest.raises(httpx.ReadTimeout):
        Checked(endless(), most_seconds=5, clock=lambda: float(next(ticks))).handle_request(request)


def test_an_answer_that_is_packed_more_than_once_is_refused_and_one_layer_is_read() -> None:
    request, asked_for = httpx.Request("GET", f"{URL}/api/tasks"), []

    def packed(encoding: str, layers: int) -> httpx.MockTransport:
        content = b'{"tasks": []}'
        for _ in range(layers):
            content = gzip.compress(content)

        def answer(request: httpx.Request) -> httpx.Response:
            asked_for.append(request.headers["Accept-Encoding"])
            return httpx.Response(200, headers={"Content-Encoding": encoding}, stream=httpx.ByteStream(content))

        return httpx.MockTransport(answer)

    with pytest.raises(httpx.DecodingError, match="packed as 'gzip, gzip, gzip'"):
        Checked(packed("gzip, gzip, gzip", 3)).handle_request(request)
    with pytest.raises(httpx.DecodingError, match="more than 0 MB"):
        Checked(packed("gzip", 1), most_bytes=5).handle_request(request)
    assert Checked(packed("gzip", 1)).handle_request(request).json() == {"tasks": []}
    assert set(asked_for) == {"identity"}


@pytest.mark.parametrize("kind", ["null", "empty list", "half", "page", "500", "before"])
def test_an_account_that_cannot_be_made_is_told_in_one_line(kind: str) -> None:
    fake = FakeLabelStudio()
    fake.faults.append(lambda _: kind)
    with pytest.raises(WeakspotError) as told:
        member_token(door(fake), email="expert@example.com", password="hunter2")
    assert "\n" not in str(told.value)
    assert "hunter2" not in str(told.value)


def test_a_task_without_data_or_with_answers_of_another_kind_is_not_ours_or_told() -> None:
    fake = FakeLabelStudio()
    labeler(fake, form=FORM).send(QUESTIONS)
    fake._import(1, [{"data": {}}])
    assert len(labeler(fake).collect(whole=True).present or ()) == 5
    fake.tasks[1]["annotations"] = [{"id": "one", "was_cancelled": False, "result": []}]
    with pytest.raises(ServerDown, match="cannot be read"):
        labeler(fake).collect(whole=True)
