"""A recognised source → which column is the prompt, the reference, the context, each with a sentence why.

first rows ─► one Look per column ─► chat? ─► prompt ─► reference ─► context ─► id, metadata ─► Guess

Names decide, in the order in which they stand below; where none is known, the longest free text is the prompt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from loop.errors import DataError
from loop.pool.column_profile import (
    CHAT_NAMES,
    REFERENCE_NAMES,
    Look,
    about_file,
    find_id,
    find_metadata,
    is_few,
    looks_of,
    named,
    parts,
)
from loop.pool.guess import Guess
from loop.pool.sources import Source, require_column
from loop.pool.tables import Columns

PROMPT_NAMES = ("prompt", "instruction", "question", "request", "input", "text", "query", "message")
CONTEXT_NAMES = ("context", "source", "document", "passage", "facts", "article", "knowledge")
NOT_FREE = ("id", "type", "kind", "category", "length", "date", "name")
"""A column such as prompt_id or answer_type is about a prompt and is none."""


def holds_chats(source: Source, *, text: str | None = None) -> bool:
    """Whether the text column, or any when it is not known, holds the turns of chats."""
    looks = looks_of(source)
    return any(look.chat for look in looks.values() if text in (None, look.name))


def guess_prompts(
    source: Source,
    *,
    text: str | None = None,
    label: str | None = None,
    context: str | None = None,
    id: str | None = None,  # noqa: A002 (the option's own name)
    metadata: Sequence[str] | None = None,
) -> Guess:
    """What is not given is guessed from the first rows; "" for label or context means that there is none.

    Raises DataError when no column can be the prompt, or a given one is missing.
    """
    for name, option in ((text, "--text"), (label, "--label"), (context, "--context"), (id, "--id")):
        if name:
            require_column(source, name, option=option)
    looks = looks_of(source)
    said = about_file(source)
    given = {name for name in (text, label, context, id, *(metadata or ())) if name}
    text = text or _prompt(source, looks, said, taken=given)
    chat = looks[text].chat
    if chat:
        said.append(f"Chats: column {text!r} holds turns; the system's are kept and not shown in texts.")
    if label is None:
        label = _reference(looks, said, taken={text, *given}, chat=chat)
    if context is None:
        context = _context(looks, said, taken={text, label, *given})
    label, context = label or None, context or None
    id = id or find_id(looks, said, taken={text, label, context})  # noqa: A001 (the option's own name)
    taken: set[str | None] = {text, label, context, id}
    chosen = tuple(metadata) if metadata is not None else find_metadata(looks, said, taken=taken)
    left = [name for name in source.columns if name not in {*taken, *chosen}]
    if left:
        said.append(f"Left out: {', '.join(left)}.")
    if label and is_few(looks[label]) and looks[label].words < 3:
        said.append(
            f"Column {label!r} has only {looks[label].distinct} different values: if people choose among them, "
            "give --task classification."
        )
    return Guess(Columns(text, label, id, chosen, context=context, writing=True, chat=chat), tuple(said))


def _prompt(source: Source, looks: Mapping[str, Look], said: list[str], *, taken: set[str]) -> str:
    free = {name: look for name, look in looks.items() if look.filled and not look.dated and name not in taken}
    if not any(look.filled for look in looks.values()):
        raise DataError(
            f"{source.where}: below its header no filled cell could be read",
            wanted="a table of prompts",
            do="look at its quotes and its delimiter; --delimiter names one",
        )
    chats = [name for name, look in free.items() if look.chat]
    if chats:
        best = _first(chats, CHAT_NAMES) or chats[0]
        said.append(f"Prompt: column {best!r}, up to the answer each chat ends with.")
        return best
    likely = [name for name, look in free.items() if look.words > 1 or name.strip().casefold() in PROMPT_NAMES]
    best_named = _first(likely, PROMPT_NAMES)
    if best_named:
        said.append(f"Prompt: column {best_named!r}, by its name ({looks[best_named].words:.0f} words on average).")
        return best_named
    texts = [look for look in free.values() if look.words >= 1.5 and not named(look.name, REFERENCE_NAMES)]
    if not texts:
        raise DataError(
            f"{source.where}: no column looks like prompts",
            wanted="one of its columns: " + ", ".join(source.columns),
            do="name it with --text",
        )
    longest = max(texts, key=lambda look: look.length * look.different)
    said.append(f"Prompt: column {longest.name!r}, the longest free text ({longest.words:.0f} words on average).")
    return longest.name


def _reference(looks: Mapping[str, Look], said: list[str], *, taken: set[str], chat: bool) -> str | None:
    # Beside chats an unnamed choice is left alone: their last answer is the reference already.
    found = _first([name for name, look in looks.items() if look.filled and name not in taken], REFERENCE_NAMES)
    if found and not chat:
        said.append(f"Reference: column {found!r}, by its name ({looks[found].words:.0f} words on average).")
        return found
    if chat:
        said.append("Reference: the answer each chat ends with; name another column with --label.")
        return None
    said.append("Reference: none found; name one with --label.")
    return None


def _context(looks: Mapping[str, Look], said: list[str], *, taken: set[str | None]) -> str | None:
    free = {name: look for name, look in looks.items() if look.filled and name not in taken and look.words >= 3}
    found = _first(list(free), CONTEXT_NAMES)
    # The format of Alpaca: an instruction, and an input that it is about, often empty.
    if (
        found is None
        and "instruction" in looks
        and "instruction" in taken
        and "input" in looks
        and "input" not in taken
    ):
        found = "input" if looks["input"].filled else None
    if found:
        said.append(f"Context: column {found!r}, what an answer must agree with.")
    return found


def _first(columns: Sequence[str], names: Sequence[str]) -> str | None:
    """The column with the earliest of the names: whole names first, then words in a name."""
    whole = {column.strip().casefold(): column for column in reversed(columns)}
    for name in names:
        if name in whole:
            return whole[name]
    for name in names:
        for column in columns:
            if name in parts(column) and not named(column, NOT_FREE):
                return column
    return None
