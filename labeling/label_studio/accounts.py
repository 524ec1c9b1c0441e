"""Accounts of members on a Label Studio server, made without a person's clicks.

    invitation (by the owner's token) ─► sign-up form ─► the member's own token

The Community edition has no call for this: POST /api/users/ makes an account without organisation and password.
So the two forms that a browser would send are sent here.
"""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from labeling.label_studio.access import TIMEOUT_S, Access
from labeling.label_studio.client import Client
from labeling.label_studio.responses import Checked
from loop.errors import ServerDown, ServerRefused

OWN_TOKEN = "/api/current-user/token"
_CSRF = re.compile(r'csrfmiddlewaretoken"\s+value="([^"]+)')


def member_token(owner: Client, *, email: str, password: str) -> str:
    """The legacy token of the account `email`, which is made first if it is not there.

    Raises ServerDown, and ServerRefused when the server lets nobody sign up or has the account with another password.
    """
    try:
        with owner.browser() as session:
            if not _sign_in(session, email=email, password=password):
                _sign_up(session, owner.invitation(), email=email, password=password)
            answer = session.get(OWN_TOKEN)
            token = _token_in(answer)
    except (httpx.HTTPError, ValueError) as fault:
        raise ServerDown(
            f"Label Studio did not answer at {owner.url} while an account was made", do="run again in a moment"
        ) from fault
    if token is None:
        raise ServerRefused(
            f"Label Studio at {owner.url} gives no token to the simulated expert {email} (status {answer.status_code})",
            wanted="a server that allows legacy tokens and invitations",
            do="allow legacy tokens on its page Organization, or use the embedded server (labeler.url: null)",
        )
    return token


def renewed_token(access: Access, kept: Path) -> str:
    """The legacy token the account has now, read with its password, in place of one that is refused.

    kept: the file that holds the account, for messages. Raises ServerDown; ServerRefused where the server takes neither
    token nor password, or gives the very token that it refuses.
    """
    transport = Checked(httpx.HTTPTransport(trust_env=False))
    try:
        with httpx.Client(base_url=access.url, timeout=TIMEOUT_S, trust_env=False, transport=transport) as session:
            is_in = _sign_in(session, email=access.email, password=access.password)
            token = _token_in(session.get(OWN_TOKEN)) if is_in else None
    except (httpx.HTTPError, ValueError) as fault:
        raise ServerDown(f"Label Studio did not answer at {access.url}", do="run again in a moment") from fault
    if token == access.token:
        raise ServerRefused(
            f"the embedded Label Studio does not take the legacy token that it gives {access.email}",
            wanted="an organization that allows legacy tokens",
            do="allow them on its page Organization, under Access Token Settings",
        )
    if token is None:
        raise ServerRefused(
            f"the embedded Label Studio takes neither the token nor the password of {access.email} in {kept}",
            wanted="the account as weakspot made it",
            do=f"give {access.email} that password again in Label Studio, or write its present one into {kept}",
        )
    return token


def _token_in(answer: httpx.Response) -> str | None:
    found = answer.json() if answer.status_code == httpx.codes.OK else None
    token = found.get("token") if isinstance(found, dict) else None
    return token if isinstance(token, str) else None


def _sign_in(session: httpx.Client, *, email: str, password: str) -> bool:
    form = {"email": email, "password": password, "persist_session": "on"}
    return _post(session, "/user/login/", form).status_code == httpx.codes.FOUND


def _sign_up(session: httpx.Client, invitation: str, *, email: str, password: str) -> None:
    form = {"email": email, "password": password, "allow_newsletters": "false", "how_find_us": ""}
    _post(session, f"/user/signup/?token={invitation}", form)


def _post(session: httpx.Client, path: str, form: dict[str, str]) -> httpx.Response:
    csrf = _CSRF.search(session.get(path).text)
    headers = {"Referer": f"{session.base_url}{path}"}
    return session.post(path, data={**form, "csrfmiddlewaretoken": csrf.group(1) if csrf else ""}, headers=headers)
