"""A server that drips, floods, nests or lies is told in a line; what it may send is bounded by what was asked."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import httpx
import pytest

from loop.endpoint import EndpointGenerator
from loop.endpoint.http_client import most_bytes
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
        (reply(*[CHOICE] * 20_000), "20,000 choices where 1 was asked for"),
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


def slashes(text: str) -> str:
    return json.dumps(text)[1:-1].replace("/", "\\/")


def html_safe(text: str) -> str:
    return json.dumps(text)[1:-1].replace("<", "\\u003c").replace(">", "\\u003E").replace("&", "\\u0026")


def codes(text: str) -> str:
    return "".join(f"\\u{ord(sign):04x}" for sign in text)


def packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


SPELLINGS = [slashes, html_safe, codes, packed, lambda text: codes(codes(text)).lower()]
"""How the text of a JSON string may spell a key."""


@pytest.mark.parametrize("key", ['sk/ab+cd<x>&"q==', "a\\b/c\\\\d"])
@pytest.mark.parametrize("spelled", SPELLINGS)
@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize("form", ['{"error": {"message": "key %s"}}', '{"error": {"message": "key %s"', '{"%s": 1}'])
def test_a_key_that_a_server_spells_otherwise_is_not_shown(
    key: str, spelled: Callable[[str], str], status: int, form: str
) -> None:
    body = (form % spelled(key)).encode()
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=body))
    model = EndpointGenerator("http://s.example/v1", "m", key, transport=transport, tries=1)
    with pytest.raises((ServerDown, ServerRefused)) as fault:
        model.write(CHATS, sampling=Sampling())
    shown = str(fault.value)
    spellings = {key, key[:-1], repr(key)[1:-1], *(one(key).rstrip("=") for one in SPELLINGS)}
    assert not any(one in shown for one in spellings)


@pytest.mark.parametrize("spelled", [*SPELLINGS[:-1], lambda text: text])
def test_a_key_that_an_answer_repeats_is_not_stored(spelled: Callable[[str], str]) -> None:
    body = reply({**CHOICE, "message": {"content": "header was KEY."}}).replace(
        b"KEY", spelled("sk-cAn4ry-5ecret").encode()
    )
    assert asked(body).text.replace("=", "") == "header was ***."


@pytest.mark.parametrize("key", ["EMPTY", "token", "a", "choices"])
def test_a_key_too_short_for_a_secret_may_stand_in_an_answer(key: str) -> None:
    body = reply({**CHOICE, "message": {"content": f"it is {key}"}})
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    ((first, *_),) = EndpointGenerator("http://s.example/v1", "m", key, transport=transport, tries=1).write(
        CHATS, sampling=Sampling()
    )
    assert first.text == f"it is {key}"


def bomb(layers: int) -> bytes:
    """64 MiB of zeros in some hundred bytes."""
    packed = gzip.compress(bytes(64 << 20), 9)
    for _ in range(layers - 1):
        packed = gzip.compress(packed, 9)
    return packed


@pytest.mark.parametrize(
    ("encoding", "layers", "words"),
    [
        ("gzip, gzip, gzip", 3, "packed as 'gzip, gzip, gzip', which was not asked for"),
        ("gzip", 1, "sends more than"),
        ("br", 1, "packed as 'br'"),
    ],
)
def test_a_small_reply_that_unpacks_to_a_huge_one_is_refused(encoding: str, layers: int, words: str) -> None:
    content, asked_for = bomb(layers), []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked_for.append(self.headers["Accept-Encoding"])
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Encoding", encoding)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        model = EndpointGenerator(f"http://127.0.0.1:{server.server_port}/v1", "m", None, tries=3)
        with pytest.raises(ServerRefused, match=words) as fault:
            model.write(CHATS, sampling=Sampling(max_new_tokens=8))
    finally:
        server.shutdown()
        server.server_close()
    assert "\n" not in str(fault.value)
    assert asked_for == ["identity"], "it is asked once"
    assert layers < 3 or len(content) < 400


def test_a_reply_in_one_layer_of_gzip_is_read() -> None:
    assert asked(gzip.compress(reply()), headers={"Content-Encoding": "gzip"}).text == "fine"
