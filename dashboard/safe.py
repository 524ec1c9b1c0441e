"""Text of data → text that can neither run nor fetch anything when it is shown.

Streamlit draws labels, captions and metrics as Markdown, and a Markdown image in them makes the viewer's browser
fetch its address. So texts, names, reasons and errors go through `esc` before they become part of Markdown, or
through `plain` into table cells and chart marks, which draw them as they are.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

LONGEST = 500
"""So many characters of one text are shown; a download holds the whole."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_DIRECTION = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
"""Signs that turn the reading direction around can make a text read as another one."""
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$^=\"'&])")
_JOINER = "\u2060"
"""Takes no room; between the signs of an address or an icon's name it keeps them from being recognised."""


def plain(text: str, *, longest: int = LONGEST) -> str:
    """One line without control and direction signs, at most `longest` characters."""
    line = _CONTROL.sub(" ", _DIRECTION.sub("", text))
    return line if len(line) <= longest else line[: longest - 1] + "…"


def lines(text: str) -> str:
    """Every line as it is, without control and direction signs; for elements that draw a text as it stands."""
    return "\n".join(_CONTROL.sub(" ", line) for line in _DIRECTION.sub("", text).replace("\r\n", "\n").split("\n"))


def esc(text: str, *, longest: int = 120) -> str:
    """The text as Markdown that shows exactly this text: no image, link, icon, colour or formula comes of it."""
    escaped = _MARKDOWN.sub(r"\\\1", plain(text, longest=longest))
    return re.sub(r"([:@])", rf"\1{_JOINER}", escaped).replace("www", f"w{_JOINER}ww")


def web_link(address: str | None) -> str | None:
    """The address if it is a plain http or https one, else None."""
    if address is None or _CONTROL.search(address) or " " in address:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in {"http", "https"} and parts.hostname and not parts.username else None
