"""A cell that holds a chat ↔ its turns: what is asked, what was answered, and how people read it.

    [{"role": "user", "content": "no signal"}, {"role": "assistant", "content": "Please restart it."}]
        └─► turns ─► parted (prompt, answer) ─► as_read        stored / restored: the JSON kept in Parquet

Turns may also say from and value, as in the ShareGPT format, with human and gpt for user and assistant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from loop.errors import DataError
from loop.json_reading import parse
from loop.pool.chunks import Value
from loop.records import Chat, Message

ROLES = {"system": "system", "user": "user", "assistant": "assistant", "human": "user", "gpt": "assistant"}
WANTED = 'a JSON list such as [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]'
OPENING = re.compile(r"""\s*\[\s*\{[^}]*["'](role|content|from)["']\s*:""")
"""How a list of turns begins, well written or not."""


def look_like_chats(cells: Iterable[Value]) -> bool:
    """Whether more than half of the filled cells begin as a list of turns does."""
    filled = [cell for cell in cells if cell and cell.strip()]
    return sum(bool(OPENING.match(cell)) for cell in filled) > len(filled) / 2


def turns(cell: str, *, place: str) -> Chat:
    """The turns of a cell, system turns without a word left out; `place` is told in errors. Raises DataError."""
    try:
        found = parse(cell)
    except ValueError as fault:
        raise DataError(
            f"{place}: the messages are no JSON ({fault})",
            wanted=WANTED,
            do="write them with json.dumps, not as Python prints them, or name another column with --text",
        ) from None
    if not isinstance(found, list):
        raise DataError(f"{place}: the messages are no list but {_shown(found)}", wanted=WANTED)
    chat = [_turn(one, place=f"{place}, turn {number}") for number, one in enumerate(found, start=1)]
    return tuple(turn for turn in chat if turn.role != "system" or turn.content.strip())


def parted(chat: Chat, *, place: str) -> tuple[Chat, str | None]:
    """The prompt, and the answer the chat ends with; None when it ends with the user. Raises DataError."""
    ended = bool(chat) and chat[-1].role == "assistant"
    prompt = chat[:-1] if ended else chat
    if prompt and prompt[-1].role != "user":
        raise DataError(
            f"{place}: what is to be answered is a turn of the {prompt[-1].role}",
            wanted="chats in which an answer follows a turn of the user",
            do="join or remove turns",
        )
    if any(turn.role == "system" for turn in prompt[1:]):
        raise DataError(f"{place}: a system turn stands in the middle", wanted="system turns first", do="move it up")
    return prompt, chat[-1].content if ended else None


def as_read(chat: Chat) -> str:
    """The turns as people read them, the system's left out; a single one without its speaker."""
    spoken = [turn for turn in chat if turn.role != "system"]
    if len(spoken) == 1:
        return spoken[0].content
    return "\n".join(f"{turn.role.capitalize()}: {turn.content}" for turn in spoken)


def stored(chat: Chat) -> str:
    """The turns as JSON, always in the same form: it is hashed."""
    return json.dumps([{"role": turn.role, "content": turn.content} for turn in chat], ensure_ascii=False)


def restored(text: str | None) -> Chat:
    """The turns that `stored` wrote; none for None."""
    return tuple(Message(turn["role"], turn["content"]) for turn in json.loads(text or "[]"))


def _turn(found: Any, *, place: str) -> Message:
    if not isinstance(found, dict):
        raise DataError(f"{place} is {_shown(found)}", wanted="an object with role and content")
    role = found.get("role", found.get("from"))
    if role is None:
        raise DataError(f"{place} has no role, only {', '.join(map(str, found)) or 'nothing'}", wanted=WANTED)
    if role not in ROLES:
        raise DataError(
            f"{place} has the role {role!r}",
            wanted="system, user or assistant",
            do="leave out chats that use tools, or write what a tool said into a turn of the user",
        )
    return Message(ROLES[role], _content(found.get("content", found.get("value")), place=place))


def _content(found: Any, *, place: str) -> str:
    """A text, or the joined texts of a list of parts."""
    if isinstance(found, str):
        return found
    if not isinstance(found, list):
        raise DataError(f"{place} has no text but {_shown(found)}", wanted="a text as content", do="mend or remove it")
    strange = [part for part in found if not isinstance(part, dict) or not isinstance(part.get("text"), str)]
    if strange:
        kind = strange[0].get("type", "no text") if isinstance(strange[0], dict) else _shown(strange[0])
        raise DataError(
            f"{place} holds a part that is no text ({kind})",
            wanted='parts such as {"type": "text", "text": "..."}: weakspot handles texts only',
            do="leave such chats out",
        )
    return "\n".join(part["text"] for part in found)


def _shown(found: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "nothing"}
    return names.get(type(found), "a number")
