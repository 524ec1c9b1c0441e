"""Text of others → text that cannot steer a terminal: what every message and table goes through on its way out.

    printable(text) ─► the same text, its lines kept, each sign that could act shown as its code: "\\x1b", "\\u202e"
    one_line(text)  ─► the same in one line

Column names, file names, labels, answers of servers and keys of a config come from others. Escape sequences in them
can rewrite the screen, set the title, or make a link (CWE-150); direction marks can make a text read as another one
(Boucher and Anderson 2021, "Trojan Source").
"""

from __future__ import annotations

import re

_ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and line feed, delete, C1
    "\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"  # direction marks, other line ends
    "\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"  # halves of pairs, invisible marks, tags
)


def printable(text: str) -> str:
    """Keeps line feeds and tabs; every other sign that acts instead of being seen becomes its code."""
    return _ACTING.sub(lambda found: _code(found.group()), text)


def one_line(text: str) -> str:
    """Also line feeds and tabs become blanks; runs of blanks stay."""
    return printable(text.replace("\r\n", " ").replace("\n", " ").replace("\r", " ").replace("\t", " "))


def _code(sign: str) -> str:
    number = ord(sign)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
