"""Text of data → Markdown that shows exactly this text: what a model card is filled with.

    text("[free](http://x) <b>") ─► "\\\\[free\\\\](http\\\\://x) \\\\<b\\\\>"

A backslash before punctuation is the sign itself (CommonMark, Backslash escapes): no link, image, HTML, table cell,
heading or list comes of it. Names such as card_lost stay as they are.
"""

from __future__ import annotations

import re

from loop.printable import one_line

_SIGNS = re.compile(r"[\\`*\[\]<>|~$#&^{}!:@]")
_UNDERSCORES = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_AT_THE_START = re.compile(r"^(?=[-+=])|(?<=^\d)(?=[.)])|(?<=^\d\d)(?=[.)])|(?<=^\d\d\d)(?=[.)])")
_WWW = re.compile(r"(www)\.", re.IGNORECASE)


def text(value: object) -> str:
    """One line, wherever it stands: in a paragraph, a list, a heading or a table."""
    line = one_line(str(value)).strip()
    shown = _UNDERSCORES.sub(r"\\_", _SIGNS.sub(lambda found: "\\" + found[0], line))
    return _WWW.sub(r"\1\\.", _AT_THE_START.sub(r"\\", shown))
