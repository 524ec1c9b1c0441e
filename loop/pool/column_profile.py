"""The first rows of a source → what each column looks like: distinct values, words, ids, dates, chats.

first rows ─► one Look per column ─► loop.pool.guess (texts with labels), loop.pool.guess_prompts
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from loop.pool.chunks import Value
from loop.pool.sources import Source, chunks
from loop.pool.turns import look_like_chats

METADATA_NAMES = ("channel", "language", "lang", "source", "country", "region", "tier", "product", "gender", "platform")
SAMPLE_CHUNKS = 2
FEW = 50
"""Distinct values up to which an unnamed column may be a label or metadata."""
REFERENCE_NAMES = (
    *("reference", "references", "ref", "answer", "answers", "response", "output", "completion", "target"),
    *("solution", "reply", "summary"),
)
CHAT_NAMES = ("messages", "conversations", "conversation", "chat")
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True, slots=True)
class Look:
    """What the sample shows of one column."""

    name: str
    filled: int
    distinct: int
    words: float
    """Mean number of words of the filled cells."""
    length: float
    """Mean number of characters."""
    dated: bool
    """The cells are dates or times."""
    chat: bool
    """The cells are lists of turns."""

    @property
    def different(self) -> float:
        """Share of filled cells that differ from all before them, 0..1."""
        return self.distinct / self.filled if self.filled else 0.0


def about_file(source: Source) -> list[str]:
    """How a text file was read, as a sentence."""
    if source.delimiter is None:
        return []
    sign = DELIMITERS.get(source.delimiter, repr(source.delimiter))
    return [f"Format: a table separated by {sign}, in {(source.encoding or '').upper()}."]


def looks_of(source: Source) -> dict[str, Look]:
    """Column → what its first cells look like. Raises DataError as reading does."""
    sample = list(islice(chunks(source, source.columns), SAMPLE_CHUNKS))
    return {name: _look(name, [cell for chunk in sample for cell in chunk.columns[name]]) for name in source.columns}


def _look(name: str, cells: Sequence[Value]) -> Look:
    filled = [cell.strip() for cell in cells if cell and cell.strip()]
    count = max(1, len(filled))
    dates = sum(bool(re.match(r"\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}", cell)) for cell in filled)
    return Look(
        name=name,
        filled=len(filled),
        distinct=len(set(filled)),
        words=sum(len(cell.split()) for cell in filled) / count,
        length=sum(map(len, filled)) / count,
        dated=bool(filled) and dates > 0.9 * count,
        chat=bool(filled) and look_like_chats(filled),
    )


def find_id(looks: Mapping[str, Look], said: list[str], *, taken: set[str | None]) -> str | None:
    """The column with an id by its name and content; adds a sentence to `said`."""
    for look in looks.values():
        called = re.search(r"(^|[_\s.-])(id|uuid|guid|key|nr|no|number)$", look.name.casefold()) or re.search(
            r"[a-z](Id|ID)$", look.name
        )
        if look.name not in taken and called and look.distinct == look.filled > 0 and look.words <= 1:
            said.append(f"Id: column {look.name!r}, different in each row.")
            return look.name
    said.append("Id: none found, made from the texts.")
    return None


def find_metadata(looks: Mapping[str, Look], said: list[str], *, taken: set[str | None]) -> tuple[str, ...]:
    """The columns that tell groups apart; adds a sentence to `said`."""
    found = tuple(
        look.name for look in looks.values() if look.name not in taken and is_few(look) and look.distinct >= 2
    )
    if found:
        said.append(f"Metadata: {', '.join(found)}, with few different values each.")
    return found


def answers_in(looks: Mapping[str, Look], *, taken: set[str | None]) -> str | None:
    """A column that looks like answers of a model, or None: chats, or free text under the name of a reference."""
    for look in looks.values():
        answers = named(look.name, REFERENCE_NAMES) and look.words >= 3 and look.different >= 0.5 and not look.dated
        if look.name not in taken and (look.chat or (answers and look.filled >= 2)):
            return look.name
    return None


def is_few(look: Look) -> bool:
    """Few enough values to tell groups apart: at most FEW, and each several times."""
    return not look.dated and look.distinct <= FEW and look.filled >= 3 * look.distinct


def named(name: str, known: Sequence[str]) -> bool:
    """Whether a word of the name is known."""
    return any(part in known for part in parts(name))


def parts(name: str) -> list[str]:
    """The words of a column's name."""
    return re.split(r"[^a-z]+", name.casefold())
