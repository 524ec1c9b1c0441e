"""A bad server between us and a Label Studio: passes requests on, and spoils those that it is asked to spoil.

    weakspot ─► BadProxy ─► kind of the request ─► is trouble on for it? ─► no: passed on, answered as it is
                                                        └► yes: Fault: passed on or not ─► what is sent instead

A fault that is passed on is the worst of its kind: the write has happened, and its answer is lost or unreadable.
"""

from __future__ import annotations

import http.client
import itertools
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

JSON, HTML = "application/json", "text/html; charset=utf-8"
PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
OF_ONE_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "date", "server")
SLOW_S = 0.2
HELD_S = 5.0
"""A silent server keeps its caller waiting for so long at most."""

KINDS: tuple[tuple[str, str, str], ...] = (
    ("version", "GET", r"/api/version"),
    ("whoami", "GET", r"/api/current-user/whoami"),
    ("create project", "POST", r"/api/projects/"),
    ("projects", "GET", r"/api/projects/"),
    ("update", "PATCH", r"/api/projects/\d+/"),
    ("project", "GET", r"/api/projects/\d+/"),
    ("import", "POST", r"/api/projects/\d+/import"),
    ("views", "GET", r"/api/dm/views/"),
    ("create view", "POST", r"/api/dm/views/"),
    ("tasks", "GET", r"/api/tasks/"),
    ("delete tasks", "POST", r"/api/dm/actions/"),
    ("annotate", "POST", r"/api/tasks/\d+/annotations/"),
    ("users", "GET", r"/api/users/"),
    ("invitation", "GET", r"/api/invite"),
    ("login page", "GET", r"/user/login/"),
    ("login", "POST", r"/user/login/"),
    ("sign-up page", "GET", r"/user/signup/"),
    ("sign-up", "POST", r"/user/signup/"),
    ("own token", "GET", r"/api/current-user/token"),
)
"""Name, method and path of every request that weakspot makes."""
WRITES = ("create project", "update", "import", "create view", "annotate")


@dataclass(frozen=True)
class Answer:
    """What goes back to the caller."""

    status: int = 200
    kind: str = JSON
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    """After so many bytes of the body the connection is closed; None: all of it is sent."""
    none: bool = False
    """The connection is closed without an answer."""
    after_s: float = 0.0
    """Kept back for so long."""


@dataclass(frozen=True)
class Fault:
    """One way of a server to be bad."""

    name: str
    spoiled: Callable[[Answer], Answer]
    """The right answer → what is sent; for a request that was not passed on the right answer is an empty one."""
    passed_on: bool = False
    harmless: bool = False
    """Nothing is to be reported: it is only slow."""


def _instead(status: int = 200, kind: str = JSON, body: bytes = b"", **headers: str) -> Callable[[Answer], Answer]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: Answer(status, kind, body, named)


def _body(change: Callable[[bytes], bytes]) -> Callable[[Answer], Answer]:
    return lambda right: Answer(right.status, right.kind, change(right.body))


FAULTS: tuple[Fault, ...] = (
    Fault("500", _instead(500, body=b'{"detail": "database is locked"}')),
    Fault("500 after passing on", _instead(500, HTML, PAGE), passed_on=True),
    Fault("429", _instead(429, body=b'{"detail": "Request was throttled."}', Retry_After="1")),
    Fault("502 with HTML", _instead(502, HTML, PAGE)),
    Fault("503 with a wait", _instead(503, HTML, PAGE, Retry_After="120")),
    Fault("504 after passing on", _instead(504, HTML, PAGE), passed_on=True),
    Fault("slow", lambda right: Answer(right.status, right.kind, right.body, after_s=SLOW_S), True, harmless=True),
    Fault("silent", lambda _: Answer(none=True, after_s=HELD_S)),
    Fault("closed", lambda _: Answer(none=True)),
    Fault("answer lost", lambda _: Answer(none=True), passed_on=True),
    Fault("answer cut", lambda right: Answer(right.status, right.kind, right.body, cut=len(right.body) // 2), True),
    Fault("half JSON", _body(lambda body: body[: len(body) // 2]), passed_on=True),
    Fault("null", _body(lambda _: b"null"), passed_on=True),
    Fault("list", _body(lambda _: b"[]"), passed_on=True),
    Fault("object", _body(lambda _: b"{}"), passed_on=True),
    Fault("other object", _body(lambda _: b'{"results": "x", "tasks": 3, "id": [], "release": 1}'), passed_on=True),
    Fault("list of others", _body(lambda _: b'[{"id": null}, 7, null]'), passed_on=True),
    Fault("number", _body(lambda _: b"7"), passed_on=True),
    Fault("nothing", _body(lambda _: b""), passed_on=True),
    Fault("not UTF-8", _body(lambda _: b'{"id": "\xff\xfe"}'), passed_on=True),
    Fault("bad gzip", _instead(kind=JSON, body=b"no gzip", Content_Encoding="gzip"), passed_on=True),
    Fault("HTML with 200", _instead(200, HTML, b"<html>Sign in to the network</html>")),
    Fault("404 with HTML", _instead(404, HTML, b"<html>no such page</html>")),
    Fault("sent elsewhere", _instead(302, HTML, b"", Location="http://127.0.0.1:9/login")),
    Fault("401", _instead(401, body=b'{"detail": "Invalid token."}')),
    Fault("403", _instead(403, body=b'{"detail": "You do not have permission."}')),
)
BY_NAME = {fault.name: fault for fault in FAULTS}
When = Callable[[str, int], "Fault | None"]
"""(kind of the request, its number among all requests from 1) → how it is spoiled, None: not at all."""


def always(fault: Fault, *kinds: str, times: int | None = None) -> When:
    """Every request of these kinds (all kinds when none is named), the first `times` of them when that is given."""
    left = itertools.count() if times is None else iter(range(times))

    def when(kind: str, _: int) -> Fault | None:
        if kinds and kind not in kinds:
            return None
        return fault if next(left, None) is not None else None

    return when


def every(step: int, faults: tuple[Fault, ...] = FAULTS) -> When:
    """Each `step`-th request, by all faults in turn."""
    turn = itertools.cycle(faults)
    return lambda _, number: next(turn) if number % step == 0 else None


class BadProxy:
    """A proxy at `url` before `target`, in a thread of its own; use it in a `with` statement."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.spoiled: Counter[tuple[str, str]] = Counter()
        """(fault, kind) → how often."""
        self.seen: list[str] = []
        """The kind of each request."""
        self._when: When | None = None
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def url(self) -> str:
        """Where weakspot is to look for Label Studio."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def trouble(self, when: When | None) -> None:
        """From now on; None: over. What was counted is forgotten."""
        with self._lock:
            self._when = when
            self.spoiled.clear()
            self.seen.clear()

    def fault_for(self, kind: str) -> Fault | None:
        """Counts the request; how it is to be spoiled."""
        with self._lock:
            self.seen.append(kind)
            fault = self._when(kind, len(self.seen)) if self._when else None
            if fault:
                self.spoiled[fault.name, kind] += 1
            return fault

    def __enter__(self) -> BadProxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def kind_of(method: str, path: str) -> str:
    """The name of a request; its method and path when weakspot is not known to make it."""
    bare = urlsplit(path).path
    for kind, by, pattern in KINDS:
        if method == by and re.fullmatch(f"{pattern.rstrip('/')}/?", bare):
            return kind
    return f"{method} {bare}"


def _handler(proxy: BadProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault = proxy.fault_for(kind_of(self.command, self.path))
            if fault is None:
                self._send(self._passed_on(body))
            else:
                self._send(fault.spoiled(self._passed_on(body) if fault.passed_on else Answer()))

        do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _serve  # noqa: N815

        def _passed_on(self, body: bytes) -> Answer:
            where = urlsplit(proxy.target)
            connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=300)
            headers = {name: value for name, value in self.headers.items() if name.lower() not in OF_ONE_HOP}
            connection.request(self.command, self.path, body, {**headers, "Accept-Encoding": "identity"})
            found = connection.getresponse()
            given = found.read()
            connection.close()
            kept = [(name, value) for name, value in found.getheaders() if name.lower() not in OF_ONE_HOP]
            return _Passed(found.status, found.headers.get_content_type(), given, dict(kept), all_headers=tuple(kept))

        def _send(self, answer: Answer) -> None:
            self.close_connection = True
            time.sleep(answer.after_s)
            if answer.none:
                return
            with suppress(BrokenPipeError, ConnectionResetError):  # the caller did not wait
                self._write(answer)

        def _write(self, answer: Answer) -> None:
            self.send_response(answer.status)
            headers = answer.all_headers if isinstance(answer, _Passed) else tuple(answer.headers.items())
            if "content-type" not in {name.lower() for name, _ in headers}:
                self.send_header("Content-Type", answer.kind)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body[: answer.cut])

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@dataclass(frozen=True)
class _Passed(Answer):
    """The right answer as it came, with headers that may stand in it twice (cookies)."""

    all_headers: tuple[tuple[str, str], ...] = ()
