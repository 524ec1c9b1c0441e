"""A small server that speaks the OpenAI protocol on 127.0.0.1: real HTTP, scripted answers, faults on demand.

    with FakeEndpoint(lambda request: "fine") as server:
        EndpointGenerator(server.url, server.model, None).write(…)
        server.requests  ─► the JSON bodies that were answered or refused, in the order of coming

Tokens are words; the end counts as one token more. All of an answer's probability lies on its first token.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any


@dataclass(frozen=True)
class Words:
    """One scripted answer."""

    text: str
    probability: float = 0.8
    finish: str = "stop"


@dataclass(frozen=True)
class Fault:
    """What happens to one request instead of an answer."""

    status: int = 0
    """0: the connection breaks."""
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()


HANG_UP = Fault()
BROKEN_JSON = Fault(200, '{"choices": [{"mess', (("Content-Type", "application/json"),))


def error(status: int, message: str, *, param: str | None = None) -> Fault:
    """As OpenAI and vLLM word it."""
    return Fault(status, json.dumps({"error": {"message": message, "param": param, "type": "BadRequestError"}}))


def prompt_of(request: Mapping[str, Any]) -> str:
    """The last turn of a request."""
    return str(request["messages"][-1]["content"])


class FakeEndpoint:
    """The server, for as long as the `with` lasts."""

    def __init__(
        self,
        answer: Callable[[Mapping[str, Any]], str | Words | list[str]] = lambda request: "fine",
        *,
        model: str = "small",
        key: str | None = None,
        prefix: str = "/v1",
        refuses: Mapping[str, Callable[[Any], bool]] | None = None,
        ignores: frozenset[str] = frozenset(),
        usage: bool = True,
    ) -> None:
        """answer: request → words, a list of them for the n answers. refuses: parameter → does it refuse this value.
        ignores: parameters passed over in silence."""
        self.answer = answer
        self.model = model
        self.key = key
        self.prefix = prefix
        self.refuses = dict(refuses or {})
        self.ignores = ignores
        self.usage = usage
        self.requests: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.faults: deque[Fault] = deque()
        """Taken from the left, one by each request for an answer."""
        self.always: Fault | None = None
        self._lock = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{self.prefix}"

    @property
    def host(self) -> str:
        return self.url.removesuffix(self.prefix)

    def __enter__(self) -> FakeEndpoint:
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def get(self, path: str, headers: Mapping[str, str]) -> Fault:
        with self._lock:
            self.paths.append(path)
        if path != f"{self.prefix}/models":
            return Fault(404, '{"detail": "Not Found"}')
        return self._strange(headers) or Fault(200, json.dumps({"data": [{"id": self.model, "object": "model"}]}))

    def post(self, path: str, headers: Mapping[str, str], body: dict[str, Any]) -> Fault:
        with self._lock:
            self.paths.append(path)
            if path != f"{self.prefix}/chat/completions":
                return Fault(404, '{"detail": "Not Found"}')
            self.requests.append(body)
            fault = self.faults.popleft() if self.faults else self.always
        return fault or self._strange(headers) or self._unfit(body) or self._answered(body)

    def _strange(self, headers: Mapping[str, str]) -> Fault | None:
        if self.key is None or headers.get("Authorization") == f"Bearer {self.key}":
            return None
        return error(401, f"Incorrect API key provided: {headers.get('Authorization', '')}")

    def _unfit(self, body: Mapping[str, Any]) -> Fault | None:
        if body["model"] != self.model:
            return error(404, f"The model `{body['model']}` does not exist.")
        for name, refused in self.refuses.items():
            if name in body and refused(body[name]):
                return error(400, f"This model does not support '{name}'.", param=name)
        return None

    def _answered(self, body: Mapping[str, Any]) -> Fault:
        told = {name: value for name, value in body.items() if name not in self.ignores}
        said = self.answer(body)
        words = [Words(one) if isinstance(one, str) else one for one in (said if isinstance(said, list) else [said])]
        n = told.get("n", 1)
        chosen = (words * n)[:n]
        reply: dict[str, Any] = {
            "object": "chat.completion",
            "choices": [_choice(one, told, place) for place, one in enumerate(chosen)],
        }
        if self.usage:
            reply["usage"] = {
                "prompt_tokens": sum(len(turn["content"].split()) for turn in body["messages"]),
                "completion_tokens": sum(len(one.text.split()) + 1 for one in chosen),
            }
        return Fault(200, json.dumps(reply), (("Content-Type", "application/json"),))


def _choice(words: Words, told: Mapping[str, Any], place: int) -> dict[str, Any]:
    choice: dict[str, Any] = {
        "index": place,
        "message": {"role": "assistant", "content": words.text},
        "finish_reason": words.finish,
    }
    if told.get("logprobs"):
        shares = [words.probability, *[1.0] * len(words.text.split())]
        choice["logprobs"] = {"content": [_token(share, told.get("top_logprobs", 0)) for share in shares]}
    return choice


def _token(share: float, top: int) -> dict[str, Any]:
    """Two alternatives hold all the probability."""
    both = [{"token": "x", "logprob": math.log(share)}, {"token": "y", "logprob": math.log(max(1 - share, 1e-300))}]
    return {"token": "x", "logprob": math.log(share), "top_logprobs": both[:top]}


def _handler(world: FakeEndpoint) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(world.get(self.path, self.headers))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._send(world.post(self.path, self.headers, body))

        def _send(self, fault: Fault) -> None:
            if not fault.status:
                self.close_connection = True
                return
            data = fault.body.encode()
            self.send_response(fault.status)
            for name, value in fault.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
