"""A text that may hold a secret → the text with the secret replaced by "***".

    masked("no answer at postgresql://ann:pw@db/x")   ─► "no answer at postgresql://ann:***@db/x"
    masked("...?sslpassword=pw&token=t")              ─► "...?sslpassword=***&token=***"
    hidden(text, ["pw"])                              ─► the text without this very secret, however it is written

`WeakspotError` masks whatever it is made of, so no message of ours can hold what is recognised here. Where the secret
itself is known (a database address, a key from the environment), `hidden` is used as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus, unquote, urlsplit

MASK = "***"
PLACEHOLDERS = frozenset({"PASSWORD", "TOKEN", "KEY", MASK, "…", "..."})
"""What stands in examples and in texts that were masked before."""

_NAME = r"[\w.-]*(?:password|passwd|passphrase|passcode|secret|token|api[_-]?key|access[_-]?key|credentials?|passfile)"
_QUOTED = r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'"""
_USER_INFO = re.compile(r"""([a-z][a-z0-9+.\-]*:/{1,3})([^\s/:@?#'"]*):([^\s"']*)@""", re.IGNORECASE)
_WEB_USER = re.compile(r"""(https?://)([^\s/@'"]+)@""", re.IGNORECASE)
_ASSIGNED = re.compile(rf"({_NAME})(\s*=\s*)({_QUOTED}|[^\s&;#'\"]+)", re.IGNORECASE)
_QUERY = re.compile(r"""([?&](?:key|pass|pwd|auth|sig|signature|code|jwt)=)([^\s&#'"]+)""", re.IGNORECASE)
_IN_JSON = re.compile(rf"""(["']{_NAME}["']\s*:\s*)({_QUOTED})""", re.IGNORECASE)
_HEADER = re.compile(r"(authorization\s*:\s*\w+\s+|\bbearer\s+)([^\s'\",]{6,})", re.IGNORECASE)


def masked(text: str) -> str:
    """Passwords in addresses, secret parameters of a query or a connection string, and authorization headers."""
    text = _USER_INFO.sub(lambda m: f"{m[1]}{m[2]}:{_mask(m[3])}@", text)
    text = _WEB_USER.sub(lambda m: m[0] if ":" in m[2] or m[2] == "USER" else f"{m[1]}{MASK}@", text)
    text = _ASSIGNED.sub(lambda m: f"{m[1]}{m[2]}{_mask(m[3])}", text)
    text = _QUERY.sub(lambda m: f"{m[1]}{_mask(m[2])}", text)
    text = _IN_JSON.sub(lambda m: f'{m[1]}"{MASK}"', text)
    return _HEADER.sub(lambda m: f"{m[1]}{_mask(m[2])}", text)


def hidden(text: str, secrets: Iterable[str | None]) -> str:
    """The text without these secrets, also where they are percent-encoded or quoted."""
    known = {form for secret in secrets if secret for form in _forms(secret) if form}
    for form in sorted(known, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def in_address(address: str) -> bool:
    """Whether an address holds a password, a token or the like."""
    if masked(address) != address:
        return True
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.password is not None or masked(unquote(address)) != unquote(address)


def is_secret(name: str) -> bool:
    """Whether a parameter of this name holds a secret: password, sslpassword, token, api_key and the like."""
    return re.fullmatch(_NAME, name, re.IGNORECASE) is not None or name.casefold() in ("key", "pass", "pwd", "auth")


def _mask(secret: str) -> str:
    return secret if secret in PLACEHOLDERS else MASK


def _forms(secret: str) -> tuple[str, ...]:
    return secret, quote(secret, safe=""), quote(secret), quote_plus(secret), unquote(secret), repr(secret)[1:-1]
