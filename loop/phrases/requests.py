"""What an endpoint is asked for a label, and its reply, read leniently. Pure.

    label set, "refund" ─► one request: name, description, phrases so far, names of the other labels
    '```json ["where is my money", …]```', "1. where is my money", "- where …" ─► the lines

Nothing of the project's data goes along.
"""

from __future__ import annotations

import re
from typing import Any

from loop.json_reading import parse
from loop.label_texts import in_words
from loop.records import Chat, LabelSet, Message

OTHERS = 200
"""At most so many other labels are named."""
KNOWN = 30
"""At most so many phrases that the label has are shown."""
LONGEST_REPLY = 20_000
"""Characters that are read of one."""

_THOUGHTS = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_MARK = re.compile(r"\s*(?:[-*•–]|\(?\d{1,3}[.):])\s+")
_QUOTED = re.compile(r"""\s*["“”«„'](.+)["“”»']\s*,?\s*""")


def request(labels: LabelSet, name: str, *, count: int) -> Chat:
    """Asks for `count` example messages of a label."""
    others = [other for other in labels.names if other != name][:OTHERS]
    known = labels.phrases.get(name, ())[-KNOWN:]
    about = [f"Category: {name} ({in_words(name)})"]
    about += [f"What it means: {labels.descriptions[name]}"] if name in labels.descriptions else []
    about += ["Other categories, for which the messages must not fit: " + "; ".join(others)] if others else []
    about += ["Messages there are already; write different ones:"] if known else []
    about += [f"- {phrase}" for phrase in known]
    task = (
        f"Write {count} short messages that different people would send and that belong in the category below. Vary "
        "words, length and tone; write as people do, in the language of the category. Reply with a JSON list of "
        f"{count} strings and nothing else."
    )
    return (Message("user", "\n".join([task, "", *about])),)


def read(reply: str) -> list[str]:
    """The messages in a reply: a JSON list, also one that was cut off, or marked or quoted lines, or several lines."""
    text = _THOUGHTS.sub("", reply[:LONGEST_REPLY]).strip()
    listed = _listed(text)
    return listed if listed is not None else _lines(text)


def _listed(text: str) -> list[str] | None:
    """The strings of the JSON list in a text; None without one."""
    start, end = text.find("["), text.rfind("]")
    if start < 0:
        return None
    try:
        found = parse(text[start : end + 1])
    except ValueError:
        strings = [_string(one) for one in _STRING.findall(text[start:])]
        return [one for one in strings if one] or None
    return [one for one in map(_text_of, found) if one] or None


def _text_of(item: Any) -> str:
    """A string, or the only one of an object."""
    if isinstance(item, dict):
        strings = [value for value in item.values() if isinstance(value, str)]
        return strings[0] if len(strings) == 1 else ""
    return item if isinstance(item, str) else ""


def _string(quoted: str) -> str:
    try:
        return str(parse(quoted))
    except ValueError:
        return ""


def _lines(text: str) -> list[str]:
    """Marked or quoted lines, where there are some; else all lines, unless there is only one: it may be an excuse."""
    lines = [line for line in text.splitlines() if line.strip() and not line.strip().startswith(("```", "#"))]
    marked = [line for line in lines if _MARK.match(line) or _QUOTED.fullmatch(line)]
    chosen = marked or ([line for line in lines if not line.rstrip().endswith(":")] if len(lines) > 1 else [])
    return [_bare(line) for line in chosen]


def _bare(line: str) -> str:
    line = _MARK.sub("", line, count=1)
    quoted = _QUOTED.fullmatch(line)
    return quoted[1] if quoted else line.strip()
