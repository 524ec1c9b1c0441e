"""What a server may send us: so much, for so long, and in the shape that the call promises.

    server ─► Checked(transport): whole body within limits ─► JSON as promised ─► the SDK
                    │ too much, cut off                            │ null, a list for an object, rows without id
                    ▼                                              ▼
               DecodingError, ReadTimeout, RemoteProtocolError: what `faults.told` turns into one line

The SDK takes `{}` for a list of tasks as "no tasks", and we would conclude that people removed all of them. So nothing
of another shape reaches it. HTML passes: the caller says that this is not a Label Studio.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any, cast

import httpx

from loop.bodies import ASKED, TooMuch, unpacked

MOST_BYTES = 256 * 2**20
"""500 tasks with long texts, predictions and answers take a few MB."""
MOST_SECONDS = 900.0
"""For one answer as a whole: a server that drips stays below any limit on a single read."""
UNSENT = ("content-encoding", "content-length", "transfer-encoding")
"""Headers that speak of the body as it travelled."""

Shape = Callable[[Any], bool]


class Checked(httpx.BaseTransport):
    """Another transport, whose answers are read whole, within limits, and looked at."""

    def __init__(
        self,
        inner: httpx.BaseTransport,
        *,
        most_bytes: int = MOST_BYTES,
        most_seconds: float = MOST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = inner
        self._most_bytes = most_bytes
        self._most_seconds = most_seconds
        self._clock = clock

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Raises httpx.DecodingError, ReadTimeout, RemoteProtocolError, and what the inner transport raises."""
        request.headers.update(ASKED)
        response = self._inner.handle_request(request)
        response.request = request
        try:
            content = self._whole(response)
        finally:
            response.close()
        headers = [(name, value) for name, value in response.headers.multi_items() if name.lower() not in UNSENT]
        answer = httpx.Response(response.status_code, headers=headers, content=content, request=request)
        if answer.is_success:
            _check(request, content)
        return answer

    def close(self) -> None:
        """Closes the inner transport."""
        self._inner.close()

    def _whole(self, response: httpx.Response) -> bytes:
        started, content = self._clock(), bytearray()
        # The stream itself: httpx would unpack all of a block at once, in as many layers as the server names.
        raw = cast(httpx.SyncByteStream, response.stream)
        try:
            for chunk in unpacked(raw, response.headers.get("Content-Encoding"), most=self._most_bytes):
                content += chunk
                if self._clock() - started > self._most_seconds:
                    raise httpx.ReadTimeout("the answer does not end", request=response.request)
        except TooMuch as fault:
            raise httpx.DecodingError(f"more than {self._most_bytes // 2**20} MB", request=response.request) from fault
        except ValueError as fault:
            raise httpx.DecodingError(str(fault), request=response.request) from fault
        return bytes(content)


def _check(request: httpx.Request, content: bytes) -> None:
    path = request.url.path.rstrip("/")
    shape = next((shape for method, form, shape in PROMISES if request.method in method and form.fullmatch(path)), None)
    if shape is None or content.lstrip()[:1] == b"<":
        return
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as fault:
        raise httpx.RemoteProtocolError("the answer is cut off or is not JSON", request=request) from fault
    if not shape(found):
        raise httpx.DecodingError(f"another shape than {request.method} {path} promises", request=request)


def _is_row(found: Any) -> bool:
    return isinstance(found, dict) and isinstance(found.get("id"), int)


def _rows_of(name: str, is_row: Shape) -> Shape:
    return lambda found: isinstance(found, dict) and _are(found.get(name), is_row)


def _are(found: Any, is_row: Shape) -> bool:
    return isinstance(found, list) and all(is_row(row) for row in found)


def _is_task(found: Any) -> bool:
    moment = found.get("updated_at", "") if isinstance(found, dict) else None
    return (
        _is_row(found)
        and isinstance(moment, str)
        and isinstance(found.get("data", {}), dict)
        and _are(found.get("annotations") or [], _is_row)
        and _are(found.get("predictions") or [], lambda row: isinstance(row, dict))
    )


def _is_object(found: Any) -> bool:
    return isinstance(found, dict)


PROMISES: tuple[tuple[tuple[str, ...], re.Pattern[str], Shape], ...] = (
    (("GET",), re.compile(r".*/api/tasks"), _rows_of("tasks", _is_task)),
    (("GET",), re.compile(r".*/api/projects"), _rows_of("results", _is_row)),
    (("POST",), re.compile(r".*/api/projects"), _is_row),
    (("GET", "PATCH"), re.compile(r".*/api/projects/\d+"), _is_row),
    (("POST",), re.compile(r".*/api/projects/\d+/import"), _is_object),
    (("POST",), re.compile(r".*/api/tasks/\d+/annotations"), _is_row),
    (("GET",), re.compile(r".*/api/users"), lambda found: bool(found) and _are(found, _is_row)),
    (("GET",), re.compile(r".*/api/current-user/whoami"), _is_row),
    (("GET",), re.compile(r".*/api/(version|invite|current-user/token)"), _is_object),
    (("GET",), re.compile(r".*/api/dm/views"), lambda found: isinstance(found, list)),
    (("POST",), re.compile(r".*/api/dm/(views|actions)"), _is_object),
)
"""Methods, path, and what a successful answer must be."""
