"""A text that may hold a secret → the text with the secret replaced by "***".

    masked("no answer at postgresql://ann:pw@db/x")   ─► "no answer at postgresql://ann:***@db/x"
    masked("...?sslpassword=pw&token=t")              ─► "...?sslpassword=***&token=***"
    hidden(text, ["pw"])                              ─► the text without this very secret, however it is written

`WeakspotError` masks whatever it is made of, so no message of ours can hold what is recognised here. Where the secret
itself is known (a database address, a key from the environment), `hidden` is used as well.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from functools import lru_cache
from html import escape
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
    """The text without these secrets, also where they are quoted, percent-encoded, in base64, or escaped for JSON or
    HTML, each of their characters in its own way."""
    known, forms = _spelled(tuple(secret for secret in secrets if secret))
    if not forms or len(text) < len(forms[-1]):
        return text
    if any(sign in text for sign in "\\%&"):
        for secret in known:
            text = _escaped(secret).sub(MASK, text)
    for form in forms:
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


@lru_cache(maxsize=16)
def _spelled(secrets: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """These secrets, and all their forms, the longest first. Kept, as a reply may have a million texts."""
    forms = {form for secret in secrets for form in _forms(secret) if form}
    return tuple(sorted(set(secrets), key=len, reverse=True)), tuple(sorted(forms, key=len, reverse=True))


def _forms(secret: str) -> tuple[str, ...]:
    percent = quote(secret, safe=""), quote(secret), quote_plus(secret), unquote(secret)
    raw = secret.encode("utf-8", "surrogatepass")
    packed = (encode(raw).decode().rstrip("=") for encode in (base64.b64encode, base64.urlsafe_b64encode))
    return secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], *percent, *packed


@lru_cache(maxsize=16)
def _escaped(secret: str) -> re.Pattern[str]:
    """The secret with any of its characters escaped, in JSON, in JSON within JSON, in HTML or in an address.

    No two ways to read a run of backslashes, so that the search takes time in proportion to the text.
    """
    return re.compile(
        "".join(f"(?:{'|'.join(_ways(part[0], len(part)))})" for part in re.findall(r"\\+|[^\\]", secret))
    )


def _ways(sign: str, times: int) -> tuple[str, ...]:
    """Patterns of one sign, or of a run of backslashes."""
    units = sign.encode("utf-16-be", "surrogatepass")
    json_code = "".join(rf"\\{{1,4}}u{_hex(units[at : at + 2].hex())}" for at in range(0, len(units), 2))
    percent = "".join(f"%{_hex(f'{byte:02x}')}" for byte in sign.encode("utf-8", "surrogatepass"))
    codes = [json_code, percent, rf"&#0{{0,7}}{ord(sign)};", rf"&#[xX]0{{0,7}}{_hex(f'{ord(sign):x}')};"]
    if escape(sign) != sign:
        codes.append(re.escape(escape(sign)))
    if sign == "\\":
        return rf"\\{{{times},{4 * times}}}", rf"(?:{'|'.join(codes)}){{{times}}}"
    # Last, as a key that ends with "u" is not to leave the digits of its code behind.
    return *codes, rf"\\{{0,4}}{re.escape(sign)}"


def _hex(digits: str) -> str:
    """In small and capital letters."""
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits)
