"""HTTP to one server: the key goes along, hang-ups, 429 and 5xx are tried again, everything else is told.

    post(body) ─► 200 ─► Answered(payload)
                ─► other 4xx with JSON ─► Answered(payload, status): the caller may mend its request
                ─► connection broken, too slow as a whole, 429, 5xx, damaged JSON
                        └─► pause (Retry-After, else growing) ─► again ─► ServerDown
                ─► anything else ─► ServerRefused, at once

Asking twice changes nothing at a model, so every request may be tried again.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from types import TracebackType
from typing import Any, cast

import httpx

from loop.bodies import ASKED, TooMuch, unpacked
from loop.endpoint import errors
from loop.errors import ConfigError, ServerDown, ServerRefused
from loop.json_reading import parse
from loop.printable import storable
from loop.secrets import hidden

CONNECT_TIMEOUT_S = 10.0
FIRST_PAUSE_S = 0.5
"""Before the second try; each later pause is twice as long."""
LONGEST_PAUSE_S = 60.0
"""However long Retry-After asks for."""
OVERLOADED = 429
NOT_FOUND = 404
SHORTEST_SECRET = 8
"""Characters of a key that is hidden in answers too; keys of servers that want one have twenty or more."""
SPARE_BYTES = 16 << 20
BYTES_PER_TOKEN = 8 << 10
"""A token with twenty alternatives takes about two kilobytes of JSON."""
ENCODED = ("content-encoding", "content-length", "transfer-encoding")
"""Headers of what was read already."""
LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Answered:
    """What the server said, as JSON."""

    status: int
    """200, or a 4xx that is neither 401, 403 nor 429."""
    payload: Any
    url: str
    """Where."""
    seconds: float
    """From sending to the last byte of the try that was answered."""


class Door:
    """A server, for as long as the `with` lasts; may be used from many threads."""

    def __init__(
        self,
        url: str,
        key: str | None,
        *,
        transport: httpx.BaseTransport | None,
        tries: int,
        timeout: float,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._bases, self._key = bases(url), (key or "").strip()
        if not re.fullmatch(r"[!-~]*", self._key):
            # httpx would repeat such a key in its complaint.
            raise ConfigError(
                "the endpoint's key holds white space or a sign that no key has (not shown)",
                do="look at the environment variable that token_env names",
            )
        self._tries = max(tries, 1)
        self._timeout = timeout
        self._pause = pause
        self._clock = clock
        # A local server is never behind the proxy that the environment may name.
        self._http = httpx.Client(
            timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_TIMEOUT_S)),
            headers={**ASKED, **({"Authorization": f"Bearer {self._key}"} if self._key else {})},
            limits=httpx.Limits(max_connections=None),
            trust_env=httpx.URL(url).host not in LOCAL,
            transport=transport,
        )

    def __enter__(self) -> Door:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def post(self, body: Mapping[str, Any]) -> Answered:
        """A chat completion. Raises ServerDown, ServerRefused."""
        answered = self._anywhere("POST", "chat/completions", body)
        if answered.status == 404:
            raise errors.no_model(answered.url, str(body.get("model")), served=self._served())
        return answered

    def models(self) -> tuple[str, ...]:
        """The names the server tells at /models; empty when it tells none. Raises ServerDown, ServerRefused."""
        payload = self._anywhere("GET", "models", None).payload
        rows = payload.get("data") if isinstance(payload, Mapping) else None
        return tuple(self._hidden(str(row["id"])) for row in rows or () if isinstance(row, Mapping) and "id" in row)

    def _served(self) -> tuple[str, ...]:
        try:
            return self.models()
        except (ServerDown, ServerRefused):
            # Only the advice of another error is shorter for it.
            return ()

    def _anywhere(self, method: str, path: str, body: Mapping[str, Any] | None) -> Answered:
        """From the first base that has such a path, which is the only one from then on. A 404 is one about a model."""
        tried = self._bases
        for base in tried:
            answered = self._patiently(method, f"{base}/{path}", body)
            if answered.status != NOT_FOUND or "model" in errors.reason(answered.payload)[1].casefold():
                self._bases = (base,)
                return answered
        raise errors.no_endpoint([f"{base}/{path}" for base in tried], "status 404")

    def _patiently(self, method: str, url: str, body: Mapping[str, Any] | None) -> Answered:
        waiting, problem = 0.0, ""
        for attempt in range(self._tries):
            if attempt:
                self._pause(waiting)
            waiting = min(FIRST_PAUSE_S * 2**attempt, LONGEST_PAUSE_S)
            start = self._clock()
            try:
                response = self._whole(method, url, body)
            except httpx.RequestError as fault:
                problem = type(fault).__name__
                continue
            if response is None:
                problem = f"no whole answer within {self._timeout:g} s"
                continue
            if response.status_code == OVERLOADED or response.status_code >= 500:
                problem = self._in_words(response)
                waiting = retry_after(response.headers, otherwise=waiting)
                continue
            payload = self._read(response, url)
            if payload is not None:
                return Answered(response.status_code, payload, url, self._clock() - start)
            problem = "its JSON is cut off or too deep"
        raise errors.down(url, problem, tries=self._tries)

    def _read(self, response: httpx.Response, url: str) -> Any:
        """The JSON; None when it is damaged and another try may help. Raises ServerRefused when none will."""
        status = response.status_code
        if status in (401, 403):
            raise errors.bad_key(url, status, key=bool(self._key))
        if response.is_redirect:
            target = errors.shown(response.headers.get("Location", "another address"))
            raise errors.moved(url, self._hidden(target))
        try:
            # Whoever serves "EMPTY" or "token" as a key means no secret: answers that say so stay as they are.
            is_plain = status == httpx.codes.OK and len(self._key) < SHORTEST_SECRET
            return cleaned(parse(_text(response)), hide=str if is_plain else lru_cache(1024)(self._hidden))
        except ValueError as fault:
            if status == NOT_FOUND:
                return {}
            if status != httpx.codes.OK or "html" in response.headers.get("Content-Type", ""):
                raise errors.no_endpoint([url], f"status {status} without JSON") from fault
            return None

    def _in_words(self, response: httpx.Response) -> str:
        text = _text(response)
        try:
            text = json.dumps(cleaned(parse(text), hide=self._hidden), ensure_ascii=False)
        except ValueError:
            text = self._hidden(text)
        return " ".join(f"status {response.status_code} {text}".split())[:200]

    def _hidden(self, text: str) -> str:
        return hidden(text, [self._key])

    def _whole(self, method: str, url: str, body: Mapping[str, Any] | None) -> httpx.Response | None:
        """The response with its content; None when it is not there in time, however the server spends that time.

        A time limit of a socket begins again with every byte. So another thread waits, which is left to itself when
        the time is over; it ends with the connection. Raises ServerRefused beyond the limit on bytes.
        """
        ended: list[httpx.Response | BaseException] = []

        def ask() -> None:
            try:
                ended.append(self._read_within(method, url, body, most=most_bytes(body)))
            except Exception as fault:  # noqa: BLE001 (raised again below, in the thread that asked)
                ended.append(fault)

        thread = threading.Thread(target=ask, name="weakspot endpoint", daemon=True)
        thread.start()
        thread.join(self._timeout)
        if not ended:
            return None
        if isinstance(ended[0], BaseException):
            raise ended[0]
        return ended[0]

    def _read_within(self, method: str, url: str, body: Mapping[str, Any] | None, *, most: int) -> httpx.Response:
        with self._http.stream(method, url, json=body) as response:
            # The stream itself: httpx would unpack all of a block at once, in as many layers as the server names.
            raw = cast(httpx.SyncByteStream, response.stream)
            try:
                content = b"".join(unpacked(raw, response.headers.get("Content-Encoding"), most=most))
            except TooMuch as fault:
                raise errors.too_much(url, most) from fault
            except ValueError as fault:
                raise errors.packed(url, str(fault)) from fault
        headers = [(name, value) for name, value in response.headers.multi_items() if name not in ENCODED]
        return httpx.Response(response.status_code, headers=headers, content=content)


def most_bytes(body: Mapping[str, Any] | None) -> int:
    """So many bytes a reply may have: what was asked for with all its log probabilities, and room for the rest."""
    asked = body or {}
    tokens = asked.get("max_tokens") or asked.get("max_completion_tokens") or 0
    return SPARE_BYTES + BYTES_PER_TOKEN * int(tokens) * int(asked.get("n") or 1)


def cleaned(value: Any, *, hide: Callable[[str], str]) -> Any:
    """JSON values whose keys and texts are storable and have gone through `hide`."""
    if isinstance(value, str):
        return hide(storable(value))
    if isinstance(value, list):
        return [cleaned(one, hide=hide) for one in value]
    if isinstance(value, dict):
        return {cleaned(key, hide=hide): cleaned(one, hide=hide) for key, one in value.items()}
    return value


def _text(response: httpx.Response) -> str:
    """JSON is UTF-8 (RFC 8259), whatever character set the headers name."""
    return response.content.decode("utf-8-sig", "replace")


def bases(url: str) -> tuple[str, ...]:
    """Where /chat/completions may lie: as given when it ends in a version, else under /v1 first."""
    plain = re.sub(r"/chat/completions$", "", url.rstrip("/"))
    return (plain,) if re.search(r"/v\d\w*$", plain) else (f"{plain}/v1", plain)


def retry_after(headers: Mapping[str, str], *, otherwise: float) -> float:
    """Seconds to wait, 0..LONGEST_PAUSE_S. Retry-After is a number, or a time by the clock of "Date" (RFC 9110)."""
    told = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", told):
        return min(float(told), LONGEST_PAUSE_S)
    try:
        wait = parsedate_to_datetime(told).astimezone(UTC) - parsedate_to_datetime(headers.get("Date", ""))
    except (TypeError, ValueError, OverflowError):
        return otherwise
    return min(max(wait.total_seconds(), 0.0), LONGEST_PAUSE_S)
