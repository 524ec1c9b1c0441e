"""What goes wrong at an endpoint is tried again where that helps, told where it does not, and never tells the key."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import pytest
from fake_endpoint import BROKEN_JSON, HANG_UP, FakeEndpoint, Fault, error, prompt_of

from loop.endpoint import EndpointGenerator
from loop.endpoint.http_client import LONGEST_PAUSE_S, retry_after
from loop.errors import ConfigError, ServerDown, ServerRefused
from loop.protocols import Sampling
from loop.records import Message

KEY = "sk-very-secret-0123456789"
CHATS = [(Message("user", "a"),)]


def generator(server: FakeEndpoint, *, pauses: list[float] | None = None, **kw: Any) -> EndpointGenerator:
    kept = [] if pauses is None else pauses
    return EndpointGenerator(server.url, kw.pop("model", server.model), KEY, pause=kept.append, **kw)


@pytest.mark.parametrize("fault", [HANG_UP, BROKEN_JSON, error(503, "loading"), error(429, "slow down")])
def test_what_may_pass_is_asked_again_after_a_pause(fault: Fault) -> None:
    pauses: list[float] = []
    with FakeEndpoint() as server:
        server.faults += [fault, fault]
        ((answer,),) = generator(server, pauses=pauses).write(CHATS, sampling=Sampling())
        assert len(server.requests) == 3
    assert answer.text == "fine"
    assert pauses == [0.5, 1.0]


def test_a_server_that_names_its_pause_is_given_it() -> None:
    pauses: list[float] = []
    with FakeEndpoint() as server:
        server.faults.append(Fault(429, "{}", (("Retry-After", "7"),)))
        generator(server, pauses=pauses).write(CHATS, sampling=Sampling())
    assert pauses == [7.0]


def test_a_pause_may_be_named_as_a_time_and_is_never_endless() -> None:
    date = {"Date": "Wed, 21 Oct 2026 07:28:00 GMT"}
    assert retry_after({**date, "Retry-After": "Wed, 21 Oct 2026 07:28:09 GMT"}, otherwise=1) == 9
    assert retry_after({**date, "Retry-After": "Wed, 21 Oct 2026 07:00:00 GMT"}, otherwise=1) == 0
    assert retry_after({"Retry-After": "86400"}, otherwise=1) == LONGEST_PAUSE_S
    assert retry_after({"Retry-After": "soon"}, otherwise=1) == 1
    assert retry_after({}, otherwise=1) == 1


def test_a_server_that_stays_down_is_told_after_the_last_try() -> None:
    with FakeEndpoint() as server:
        server.always = error(500, "out of memory")
        with pytest.raises(ServerDown, match="out of memory.*tried 4 times"):
            generator(server).write(CHATS, sampling=Sampling())
        assert len(server.requests) == 4


def test_nobody_at_the_address_is_a_server_that_is_down() -> None:
    with FakeEndpoint() as server:
        pass
    with pytest.raises(ServerDown, match=r"does not answer \(ConnectError"):
        generator(server, tries=2).write(CHATS, sampling=Sampling())


def test_a_wrong_key_is_told_at_once() -> None:
    with FakeEndpoint(key="another") as server:
        with pytest.raises(ServerRefused, match="does not accept the key") as told:
            generator(server).write(CHATS, sampling=Sampling())
        assert len(server.requests) == 1
    assert "token_env" in told.value.do


def test_a_missing_key_is_told_as_missing() -> None:
    with FakeEndpoint(key="another") as server, pytest.raises(ServerRefused, match="none was given"):
        EndpointGenerator(server.url, server.model, None).write(CHATS, sampling=Sampling())


def test_an_unknown_model_is_told_with_those_that_are_served() -> None:
    with FakeEndpoint(model="support-7b") as server:
        with pytest.raises(ServerRefused, match="no model 'suport'") as told:
            generator(server, model="suport").write(CHATS, sampling=Sampling())
        assert len(server.requests) == 1
    assert told.value.wanted == "one of support-7b"


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 64 tokens. However, you requested 100 tokens",
        "max_tokens must be at least 1, got -36.",
        "the request exceeds the available context size, try increasing it",
    ],
)
def test_a_prompt_that_is_too_long_is_told_with_its_number(message: str) -> None:
    with FakeEndpoint() as server:
        server.faults += [Fault(200, '{"choices":[{"message":{"content":"x"}}],"usage":{"prompt_tokens":1}}')]
        server.faults += [error(400, message)]
        with pytest.raises(ServerRefused, match="prompt 2 of 2 is too long") as told:
            generator(server, parallel=1).write(CHATS * 2, sampling=Sampling())
        assert len(server.requests) == 2
    assert message[:20] in told.value.found


def test_a_refusal_that_names_nothing_we_can_leave_out_is_told_at_once() -> None:
    with FakeEndpoint() as server:
        server.always = error(400, "System role not supported")
        with pytest.raises(ServerRefused, match="status 400.*System role not supported"):
            generator(server).write(CHATS, sampling=Sampling())
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(200, "<html>hello</html>", (("Content-Type", "text/html"),)),
        Fault(200, '{"hello": "world"}'),
        Fault(200, '{"choices": []}'),
        Fault(405, "no such method"),
    ],
)
def test_what_speaks_another_language_is_told_as_such(fault: Fault) -> None:
    with FakeEndpoint() as server:
        server.always = fault
        with pytest.raises(ServerRefused, match="no OpenAI-compatible server"):
            generator(server).write(CHATS, sampling=Sampling())
        assert len(server.requests) == 1


def test_every_address_that_was_tried_is_told() -> None:
    with FakeEndpoint(prefix="/elsewhere") as server, pytest.raises(ServerRefused) as told:
        EndpointGenerator(server.host, "small", None).write(CHATS, sampling=Sampling())
    assert f"{server.host}/v1/chat/completions, {server.host}/chat/completions" in told.value.found


def test_a_redirect_is_told_and_not_followed_with_the_key() -> None:
    with FakeEndpoint() as server:
        server.always = Fault(307, "", (("Location", "http://elsewhere.test/v1"),))
        with pytest.raises(ServerRefused, match="sends on to http://elsewhere.test/v1"):
            generator(server).write(CHATS, sampling=Sampling())


def test_the_first_prompt_that_fails_ends_the_call_and_those_before_it_are_kept() -> None:
    kept: list[int] = []
    with FakeEndpoint(prompt_of) as server:
        server.refuses["messages"] = lambda messages: messages[-1]["content"] == "2"
        chats = [(Message("user", str(n)),) for n in range(50)]
        with pytest.raises(ServerRefused, match="prompt 3 of 50"):
            generator(server, parallel=1).write(chats, sampling=Sampling(), kept=lambda row, _: kept.append(row))
        assert len(server.requests) < 50
    assert kept == [0, 1]


FAULTS: list[Callable[[FakeEndpoint], object]] = [
    lambda server: setattr(server, "always", HANG_UP),
    lambda server: setattr(server, "always", error(500, f"while serving {KEY}")),
    lambda server: setattr(server, "always", error(400, f"bad header Bearer {KEY}")),
    lambda server: setattr(server, "always", error(404, f"{KEY} may not use this model")),
    lambda server: setattr(server, "always", Fault(405, f"not with {KEY}")),
    lambda server: setattr(server, "key", "another"),
]


@pytest.mark.parametrize("break_it", FAULTS)
def test_no_error_and_no_traceback_tells_the_key(break_it: Callable[[FakeEndpoint], object]) -> None:
    with FakeEndpoint() as server:
        break_it(server)
        with pytest.raises((ServerDown, ServerRefused)) as told:
            generator(server).write(CHATS, sampling=Sampling())
    shown = "".join(traceback.format_exception(told.value)) + repr(told.value)
    assert KEY not in shown


def test_neither_the_generator_nor_a_password_in_its_address_is_shown() -> None:
    model = EndpointGenerator("http://me:hunter2@127.0.0.1:9/v1", "small", KEY, tries=1)
    assert repr(model) == "EndpointGenerator('http://127.0.0.1:9/v1', 'small')"
    with pytest.raises(ServerDown) as told:
        model.write(CHATS, sampling=Sampling())
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize("key", ["two words", "schlüssel", "line\nbreak"])
def test_a_key_that_cannot_be_one_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ConfigError, match="not shown") as told:
        EndpointGenerator("http://127.0.0.1:9/v1", "small", key).check()
    assert key not in str(told.value)
