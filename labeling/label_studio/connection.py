"""The one network door to Label Studio: its SDK, and what happens when it does not answer.

    call(sdk) ─► read: tried again with growing pauses ─┐
              └► write: once                           ─┴─► what it gives, or ServerDown, ServerRefused, ProjectGone

    SDK ─► responses.Checked: limits and shapes ─► HTTP

Writes are never tried again: after a fault nobody knows whether a write happened, so the caller has to look
(`sending.send` does). The transport can be replaced, which is how tests go without a network. Neither tokens nor
passwords appear in messages.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

from labeling.label_studio.errors import retry_after_s, told
from labeling.label_studio.responses import Checked
from loop.errors import ServerDown

TIMEOUT_S = 600.0
"""An import of 500 tasks takes seconds; the SDK's own 60 s would cut long ones on a busy machine."""
CONNECT_TIMEOUT_S = 10.0
PAUSES_S = (0.3, 1.0, 2.0)
"""Before the second, third and fourth try of a read; longer when the server says so."""
STUMBLES = (ValueError, TypeError, AttributeError, RecursionError)
"""What the SDK raises over JSON of another shape, beside its own errors; pydantic's and json's are ValueErrors."""

Found = TypeVar("Found")


class Connection:
    """Label Studio at `url`, as the owner of `token` (a legacy token or a personal access token)."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._transport = transport
        self._pause = pause
        self._sdk: Any = None

    def read(self, call: Callable[[Any], Found], *, project_id: int | None = None) -> Found:
        """What `call` gives of the SDK. project_id: the project it is about. Raises what `write` does."""
        for pause_s in PAUSES_S:
            try:
                return self.write(call, project_id=project_id)
            except ServerDown as fault:
                self._pause(max(pause_s, retry_after_s(fault.__cause__)))
        return self.write(call, project_id=project_id)

    def write(self, call: Callable[[Any], Found], *, project_id: int | None = None) -> Found:
        """The same, once. Raises ServerDown, ServerRefused, and ProjectGone with a project_id.

        `call` also turns what the SDK gives into plain values: what another shape breaks there is the server's fault.
        """
        from label_studio_sdk.core.api_error import ApiError
        from label_studio_sdk.core.parse_error import ParsingError

        try:
            return call(self._connected())
        except (ApiError, ParsingError, httpx.HTTPError, httpx.InvalidURL, *STUMBLES) as fault:
            raise told(fault, self.url, project_id=project_id, token=self._token) from fault

    def browser(self) -> httpx.Client:
        """A session without our token, for the forms that have no call."""
        return httpx.Client(
            base_url=self.url, timeout=CONNECT_TIMEOUT_S * 6, trust_env=False, transport=self._checked()
        )

    def _checked(self) -> Checked:
        return Checked(self._transport or httpx.HTTPTransport(trust_env=False))

    def _connected(self) -> Any:
        from label_studio_sdk import LabelStudio

        if self._sdk is None:
            timeout = httpx.Timeout(TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
            http = httpx.Client(timeout=timeout, trust_env=False, transport=self._checked())
            self._sdk = LabelStudio(base_url=self.url, api_key=self._token, httpx_client=http, max_retries=0)
        return self._sdk
