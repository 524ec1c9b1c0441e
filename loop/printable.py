"""Text of others → text that cannot steer a terminal: what every message and table goes through on its way out.

    printable(text) ─► the same text, its lines kept, each sign that could act shown as its code: "\\x1b", "\\u202e"
    one_line(text)  ─► the same in one line
    json_text(text) ─► JSON text in which such a sign is a JSON escape: it reads back as the very same value
    without_acting(text) ─► the text without such signs
    storable(text)  ─► the same text as every database and file takes it

Column names, file names, labels, answers of servers and keys of a config come from others. Escape sequences in them
can rewrite the screen, set the title, or make a link (CWE-150); direction marks can make a text read as another one
(Boucher and Anderson 2021, "Trojan Source").
"""

from __future__ import annotations

import re

_ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and line feed, delete, C1
    "\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"  # direction marks, other line ends
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"  # halves of pairs, invisible marks, tags
)
MARKS = frozenset("\u061c\u200e\u200f")
"""Direction marks that a text in Arabic or Hebrew may need; they turn nothing around."""


def printable(text: str) -> str:
    """Keeps line feeds and tabs; every other sign that acts instead of being seen becomes its code."""
    return _ACTING.sub(lambda found: _code(found.group()), text)


def one_line(text: str) -> str:
    """Also line feeds and tabs become blanks; runs of blanks stay."""
    return printable(text.replace("\r\n", " ").replace("\n", " ").replace("\r", " ").replace("\t", " "))


def json_text(text: str) -> str:
    """JSON text without a sign that acts; the values it spells stay the same."""
    return _ACTING.sub(lambda found: _json_code(found.group()), text)


def without_acting(text: str) -> str:
    """Without any sign that acts; line feeds and tabs stay."""
    return _ACTING.sub("", text)


def acting(text: str) -> str | None:
    """The code of the first sign that acts, line feeds and tabs among them; None without any."""
    found = next((sign for sign in text if sign in "\n\t" or _ACTING.match(sign)), None)
    return None if found is None else _code(found)


def storable(text: str) -> str:
    """Halves of surrogate pairs and NUL, which PostgreSQL or UTF-8 files do not take, become U+FFFD.

    A model may write either; what is asked, answered and learnt must be the same text everywhere.
    """
    whole = text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\x00", "\ufffd")


def _code(sign: str) -> str:
    number = ord(sign)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _json_code(sign: str) -> str:
    """Above U+FFFF a pair of surrogates, as JSON spells it."""
    number = ord(sign)
    if number < 0x10000:
        return f"\\u{number:04x}"
    return f"\\u{0xD800 + (number - 0x10000 >> 10):04x}\\u{0xDC00 + (number - 0x10000 & 0x3FF):04x}"
