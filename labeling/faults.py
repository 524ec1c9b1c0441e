"""What goes wrong at Label Studio → weakspot's errors. Pure; no token appears in a message.

no answer ─► ServerDown      own error (5xx, 409, 429) ─► ServerDown      401, 403, 4xx ─► ServerRefused
404 about a project ─► ProjectGone      HTML or anything else ─► ServerRefused: not a Label Studio
"""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from loop.errors import LabelerError, ProjectGone, ServerDown, ServerRefused

TRANSIENT = (408, 409, 429)


def told(fault: Exception, url: str, *, project_id: int | None) -> LabelerError:
    """The error to raise for what the SDK or httpx raised. project_id: the project the call was about, if any."""
    if isinstance(fault, httpx.TransportError) and not isinstance(fault, httpx.UnsupportedProtocol):
        return ServerDown(
            f"Label Studio does not answer at {url} ({type(fault).__name__})",
            do="see `weakspot label-studio status`, or check labeler.url; nothing is lost, run again when it is up",
        )
    status, body = getattr(fault, "status_code", None), getattr(fault, "body", None)
    if isinstance(status, int) and (status >= 500 or status in TRANSIENT):
        return ServerDown(
            f"Label Studio at {url} answers with an error of its own (status {status})",
            do="try again in a moment; if it stays so, read the server's log",
        )
    if status == 404 and project_id is not None:
        return gone(url, project_id)
    if not isinstance(body, Mapping):
        return not_label_studio(url)
    if status == 401:
        return ServerRefused(
            f"Label Studio at {url} does not accept the token",
            wanted="a legacy token or a personal access token of that server",
            do="copy one from its page Account & Settings into the variable that labeler.token_env names",
        )
    return ServerRefused(f"Label Studio at {url} refuses (status {status}): {_reason(body)}")


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


def _reason(body: Mapping[str, object]) -> str:
    found = body.get("validation_errors") or body.get("detail") or body
    return " ".join(str(found).split())[:300]
