"""Signing in to a Label Studio: the account of an embedded server, and whether an address takes it.

new_account() ─► variables(account), for the first start     response(access), response_of(process, access): accepted?
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx

from labeling.label_studio.processes import listening_port
from loop.processes import ProcessIdentity

TIMEOUT_S = 10
Response = Literal["accepted", "refused", "none"]
"""To our token; "none": nothing is there that could take or refuse one."""
LONGEST = 500
"""Characters of a name, password or token."""


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a server, for programs and for people. Secrets stay out of repr."""

    url: str
    email: str
    password: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """What is known of the embedded server now."""

    running: bool
    """Our process is alive."""
    healthy: bool
    """It answers and accepts our token."""
    url: str
    """Empty before the first start."""
    pid: int | None
    log: Path
    refused: bool = False
    """It answers, and does not take our token: that was reset in Label Studio."""
    elsewhere: str = ""
    """The data folder it was started with, when that is not ours any more: the project was moved or replaced."""


def new_account() -> dict[str, str]:
    """E-mail, and a password and a token that nobody knows."""
    return {"email": "weakspot@example.com", "password": secrets.token_urlsafe(15), "token": secrets.token_hex(20)}


def is_account(found: Mapping[str, Any]) -> bool:
    """Whether it is one as `new_account` makes it: these three texts, which a request and an environment can hold."""
    return found.keys() == {"email", "password", "token"} and all(
        isinstance(text, str)
        and 0 < len(text) <= LONGEST
        and text.isprintable()
        and (text.isascii() or name != "token")
        for name, text in found.items()
    )


def variables(account: Mapping[str, str]) -> dict[str, str]:
    """What Label Studio reads from its environment to make the account, and to keep strangers from making one."""
    return {
        "LABEL_STUDIO_USERNAME": account["email"],
        "LABEL_STUDIO_PASSWORD": account["password"],
        "LABEL_STUDIO_USER_TOKEN": account["token"],
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
    }


def response_of(process: ProcessIdentity, access: Access) -> Response:
    """How this very process responds to the token: a copy of the folder knows the same one."""
    port = listening_port(process)
    return response(access) if port is not None and access.url.endswith(f":{port}") else "none"


def response(access: Access) -> Response:
    """How whatever listens at the address responds to our token."""
    try:
        # Its status alone: whatever listens at that port may send a body without end.
        with httpx.stream(
            "GET",
            f"{access.url}/api/current-user/whoami",
            headers={"Authorization": f"Token {access.token}"},
            timeout=TIMEOUT_S,
            trust_env=False,
        ) as answer:
            codes: dict[int, Response] = {httpx.codes.OK: "accepted", httpx.codes.UNAUTHORIZED: "refused"}
            return codes.get(answer.status_code, "none")
    except httpx.HTTPError:
        return "none"


def last_words(log: Path, access: Access) -> str:
    """The last lines that a server printed, without its secrets."""
    text = log.read_text(errors="replace") if log.exists() else ""
    for secret in (access.password, access.token):
        text = text.replace(secret, "***")
    return " / ".join([line for line in text.splitlines() if line.strip()][-5:]) or "it printed nothing"
