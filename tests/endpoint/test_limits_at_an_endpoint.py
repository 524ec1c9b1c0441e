"""A server that drips, floods, nests or lies is told in a line; what it may send is bounded by what was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from threading import Event

import httpx
import pytest

from loop.endpoint import EndpointGenerator
from loop.endpoint.door import most_bytes
from loop.errors import ServerDown, ServerRefused
from loop.protocols import Sampling
from loop.records import Generation, Message

CHATS = [(Message("user", "a"),)]
USAGE = {"prompt_tokens": 1, "completion_tokens": 1}
CHOICE = {"message": {"content": "fine"}, "finish_reason": "stop"}


def asked(
    content: bytes | Iterator[bytes], *, timeout: float = 60.0, headers: dict[str, str] | None = None, samples: int = 1
) -> Generation:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=content, headers={"Content-Type": "application/json", **(headers or {})})

    model = EndpointGenerator(
        "http://served.example/v1",
        "m",
        "sk-cAn4ry-5ecret",
        transport=httpx.MockTransport(answer),
        tries=1,
        timeout=timeout,
    )
    ((first, *_),) = model.write(CHATS, sampling=Sampling(samples=samples, max_new_tokens=8))
    return first


def reply(*choices: object, usage: object = USAGE, **more: object) -> bytes:
    return json.dumps({"choices": choices or [CHOICE], "usage": usage, **more}).encode()


def test_a_server_that_drips_is_given_up_after_the_time_of_one_request() -> None:
    held = Event()

    def drip() -> Iterator[bytes]:
        yield b'{"choices": ['
        held.wait()

    with pytest.raises(ServerDown, match="no whole answer within 0.05 s"):
        asked(drip(), timeout=0.05)
    held.set()


def test_a_server_whose_headers_never_end_is_given_up_too() -> None:
    held = Event()

    def never(_: httpx.Request) -> httpx.Response:
        held.wait()
        return httpx.Response(200)

    model = EndpointGenerator(
        "http://s.example/v1", "m", None, transport=httpx.MockTransport(never), tries=1, timeout=0.05
    )
    with pytest.raises(ServerDown, match="no whole answer within"):
        model.write(CHATS, sampling=Sampling())
    held.set()


def test_a_flood_is_cut_off_at_what_was_asked_for() -> None:
    sent = []

    def flood() -> Iterator[bytes]:
        for _ in range(10_000):
            sent.append(1)
            yield b" " * (1 << 20)

    with pytest.raises(ServerRefused, match="sends more than 16,842,752 bytes in one reply"):
        asked(flood())
    assert len(sent) < 20
    assert most_bytes({"max_tokens": 1000, "n": 3}) > most_bytes({"max_completion_tokens": 1000}) > most_bytes(None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (reply(*[CHOICE] * 200_000), "200,000 choices where 1 was asked for"),
        (reply(CHOICE, CHOICE), "2 choices where 1 was asked for"),
        (reply(usage={"prompt_tokens": -300, "completion_tokens": 1}), "usage.prompt_tokens"),
        (reply(usage={"prompt_tokens": 1, "completion_tokens": 10**30}), "usage.completion_tokens"),
        (reply(usage={"prompt_tokens": "many"}), "usage.prompt_tokens"),
        (reply({"message": {"content": ["a"]}}), "choices.0.message.content"),
        (reply({"message": None}), "choices.0.message"),
        (reply({**CHOICE, "logprobs": {"content": [{"logprob": 5}]}}), "choices.0.logprobs"),
        (b"[]", "no choices that can be read"),
        (b'"\\ud800"', "no choices that can be read"),
    ],
)
def test_a_reply_that_cannot_be_is_refused_with_its_place(content: bytes, words: str) -> None:
    with pytest.raises(ServerRefused) as fault:
        asked(content)
    assert words.replace("was asked", "were asked") in str(fault.value)
    assert "cAn4ry" not in str(fault.value)
    assert len(str(fault.value)) < 500


@pytest.mark.parametrize(
    "content", [b"[" * 200_000, b'{"a": ' * 100 + b"1" + b"}" * 100, b'{"choices": ' + b"9" * 5_000 + b"}"]
)
def test_json_beyond_the_limits_is_a_damaged_reply(content: bytes) -> None:
    with pytest.raises(ServerDown, match="its JSON is cut off or too deep"):
        asked(content)


@pytest.mark.parametrize("charset", ["hex", "rot13", "utf-16", "no-such", "base64", "\\x1b"])
def test_the_character_set_of_the_headers_does_not_matter(charset: str) -> None:
    assert asked(reply(), headers={"Content-Type": f"application/json; charset={charset}"}).text == "fine"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb"cut \ud83d", "cut \ufffd"),
        (rb"\ud83d\ude00", "\U0001f600"),
        (rb"nul \u0000", "nul \ufffd"),
        (b"raw \xff", "raw \ufffd"),
    ],
)
def test_halves_of_characters_become_a_sign_for_the_unreadable(written: bytes, read: str) -> None:
    content = (
        b'{"choices": [{"message": {"content": "'
        + written
        + b'"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1}}'
    )
    assert asked(content).text == read


def test_a_redirect_is_not_followed_and_its_secret_is_not_shown() -> None:
    seen = []

    def sends_on(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        return httpx.Response(307, headers={"Location": "http://other.example/?token=cAn4ry-5ecret"})

    model = EndpointGenerator("http://s.example/v1", "m", "k", transport=httpx.MockTransport(sends_on), tries=1)
    with pytest.raises(ServerRefused, match="sends on to http://other.example") as fault:
        model.write(CHATS, sampling=Sampling())
    assert "cAn4ry" not in str(fault.value)
    assert len(seen) == 1


@pytest.mark.parametrize("place", ["Location", "name of a model"])
def test_a_key_that_a_server_repeats_is_not_shown(place: str) -> None:
    key = "cAn4ry-5ecret"

    def repeats(request: httpx.Request) -> httpx.Response:
        if place == "Location":
            return httpx.Response(307, headers={"Location": f"http://other.example/?q={key}"})
        if request.url.path.endswith("/models"):
            return httpx.Response(200, json={"data": [{"id": f"small {key}"}]})
        return httpx.Response(404, json={"error": {"message": "no such model"}})

    model = EndpointGenerator("http://s.example/v1", "m", key, transport=httpx.MockTransport(repeats), tries=1)
    with pytest.raises(ServerRefused, match=r"\*\*\*") as fault:
        model.write(CHATS, sampling=Sampling())
    assert key not in str(fault.value)
