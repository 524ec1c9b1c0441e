"""What goes wrong at Label Studio → weakspot's errors. Pure; no token appears in a message.

no answer, cut off ─► ServerDown      own error (5xx, 409, 429) ─► ServerDown      401, 403, 4xx ─► ServerRefused
JSON of another shape ─► ServerDown      404 about a project ─► ProjectGone
HTML ─► ServerRefused: not a Label Studio
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import httpx

from loop.errors import LabelerError, ProjectGone, ServerDown, ServerRefused
from loop.secrets import hidden

TRANSIENT = (408, 409, 429)
LONGEST_WAIT_S = 60.0
"""So long a server may ask us to wait before the next try; who wants more is tried sooner, and told of as down."""


def told(fault: Exception, url: str, *, project_id: int | None, token: str) -> LabelerError:
    """The error to raise for what the SDK or httpx raised.

    project_id: the project the call was about, if any. token: ours, which a server may repeat in its refusal.
    """
    if isinstance(fault, httpx.TransportError) and not isinstance(fault, httpx.UnsupportedProtocol):
        return ServerDown(
            f"Label Studio does not answer at {url} ({type(fault).__name__})",
            do="see `weakspot label-studio status`, or check labeler.url; nothing is lost, run again when it is up",
        )
    if _is_misshapen(fault):
        return ServerDown(
            f"Label Studio at {url} sends an answer that cannot be read ({_short(fault)})",
            do="try again in a moment; if it stays so, look at the proxy before it and at the server's log",
        )
    status, body = getattr(fault, "status_code", None), getattr(fault, "body", None)
    if isinstance(status, int) and (status >= httpx.codes.INTERNAL_SERVER_ERROR or status in TRANSIENT):
        return ServerDown(
            f"Label Studio at {url} answers with an error of its own (status {status})",
            do="try again in a moment; if it stays so, read the server's log",
        )
    if status == httpx.codes.NOT_FOUND and project_id is not None:
        return gone(url, project_id)
    return _refused(url, status, body, token)


def _refused(url: str, status: object, body: object, token: str) -> ServerRefused:
    if status == httpx.codes.UNAUTHORIZED:
        return ServerRefused(
            f"Label Studio at {url} does not accept the token",
            wanted="a legacy token or a personal access token of that server",
            do="copy one from its page Account & Settings into the variable that labeler.token_env names",
        )
    if not isinstance(body, Mapping):
        return not_label_studio(url)
    return ServerRefused(f"Label Studio at {url} refuses (status {status}): {_reason(body, token)}")


def retry_after_s(fault: BaseException | None) -> float:
    """How long the server asks to wait, at most LONGEST_WAIT_S; 0.0 when it says nothing or names a date."""
    headers = getattr(fault, "headers", None)
    found = next((value for name, value in (headers or {}).items() if name.lower() == "retry-after"), "")
    return min(float(found), LONGEST_WAIT_S) if str(found).isdecimal() else 0.0


def gone(url: str, project_id: int) -> ProjectGone:
    """The project was removed."""
    return ProjectGone(
        f"Label Studio at {url} has no project {project_id} any more",
        wanted="the project that questions were sent to",
        do="run `weakspot label-studio restore` to make a new one",
    )


def not_label_studio(url: str) -> ServerRefused:
    """Something answers that is none."""
    return ServerRefused(
        f"what answers at {url} is not a Label Studio",
        do="check labeler.url: it is the address you open in the browser to label",
    )


def _is_misshapen(fault: Exception) -> bool:
    """JSON that says something else than it should. What is no JSON at all is not: a page of something else."""
    by_name = type(fault).__name__ == "ParsingError"
    of_the_sdk = isinstance(fault, ValueError | TypeError | AttributeError | RecursionError)
    is_html = isinstance(fault, json.JSONDecodeError | httpx.InvalidURL)
    return isinstance(fault, httpx.DecodingError) or by_name or (of_the_sdk and not is_html)


def _short(fault: Exception) -> str:
    text = str(fault) if isinstance(fault, httpx.DecodingError) else type(fault).__name__
    return " ".join(text.split())[:120]


def _reason(body: Mapping[str, object], token: str) -> str:
    found = body.get("validation_errors") or body.get("detail") or body
    return " ".join(hidden(str(found), [token]).split())[:300]
