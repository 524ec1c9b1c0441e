"""A recognised source → which column is the text, the label, the id, the metadata, each with a sentence why.

first rows ─► one Look per column (distinct values, words, ids, dates) ─► Guess
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from loop.errors import DataError
from loop.pool.chunks import Value
from loop.pool.sources import Source, chunks
from loop.pool.tables import Columns

TEXT_NAMES = ("text", "message", "utterance", "query", "sentence", "content", "body", "comment", "review", "question")
LABEL_NAMES = ("label", "intent", "category", "class", "target", "topic", "tag", "sentiment", "y")
METADATA_NAMES = ("channel", "language", "lang", "source", "country", "region", "tier", "product", "gender", "platform")
SAMPLE_CHUNKS = 2
FEW = 50
"""Distinct values up to which an unnamed column may be a label or metadata."""
MANY_LABELS = 500
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True, slots=True)
class Guess:
    """What the columns seem to mean."""

    columns: Columns
    sentences: tuple[str, ...]
    """What was guessed and why, for the person; also what was left open."""


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

    @property
    def different(self) -> float:
        """Share of filled cells that differ from all before them, 0..1."""
        return self.distinct / self.filled if self.filled else 0.0


def guess(
    source: Source,
    *,
    text: str | None = None,
    label: str | None = None,
    id: str | None = None,  # noqa: A002 (the option's own name)
    metadata: Sequence[str] | None = None,
) -> Guess:
    """What is not given is guessed from the first rows. Raises DataError when no column can be the text."""
    looks = _looks(source)
    said = _about_file(source)
    text = text or _text(source, looks, said, taken={label, id})
    id = id or _id(looks, said, taken={text, label})  # noqa: A001 (the option's own name)
    label = label or _label(looks, said, taken={text, id, *(metadata or ())})
    taken = {text, label, id}
    chosen = tuple(metadata) if metadata is not None else _metadata(looks, said, taken=taken)
    left = [name for name in source.columns if name not in {*taken, *chosen}]
    if left:
        said.append(f"Left out: {', '.join(left)}.")
    return Guess(Columns(text, label, id, chosen), tuple(said))


def _about_file(source: Source) -> list[str]:
    if source.delimiter is None:
        return []
    sign = DELIMITERS.get(source.delimiter, repr(source.delimiter))
    return [f"Format: a table separated by {sign}, in {(source.encoding or '').upper()}."]


def _looks(source: Source) -> dict[str, Look]:
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
    )


def _text(source: Source, looks: Mapping[str, Look], said: list[str], *, taken: set[str | None]) -> str:
    free = [look for look in looks.values() if look.filled and not look.dated and look.name not in taken]
    # A sentence has words; a name that says "text" tips the balance between two such columns.
    free = [look for look in free if look.words >= 1.5 or _named(look.name, TEXT_NAMES) or len(looks) == 1]
    if not any(look.filled for look in looks.values()):
        raise DataError(f"{source.where} has a header and no filled cell below it", wanted="a table of messages")
    if not free:
        raise DataError(
            f"{source.where}: no column looks like text",
            wanted="one of its columns: " + ", ".join(source.columns),
            do="name it with --text",
        )
    best = max(free, key=lambda look: (2 if _named(look.name, TEXT_NAMES) else 1) * look.length * look.different)
    said.append(f"Text: column {best.name!r}, the longest free text ({best.words:.0f} words on average).")
    return best.name


def _id(looks: Mapping[str, Look], said: list[str], *, taken: set[str | None]) -> str | None:
    for look in looks.values():
        named = re.search(r"(^|[_\s.-])(id|uuid|guid|key|nr|no|number)$", look.name.casefold()) or re.search(
            r"[a-z](Id|ID)$", look.name
        )
        if look.name not in taken and named and look.distinct == look.filled > 0 and look.words <= 1:
            said.append(f"Id: column {look.name!r}, different in each row.")
            return look.name
    said.append("Id: none found, made from the texts.")
    return None


def _label(looks: Mapping[str, Look], said: list[str], *, taken: set[str | None]) -> str | None:
    candidates = [look for look in looks.values() if look.name not in taken and look.filled and not look.dated]
    named = [look for look in candidates if _named(look.name, LABEL_NAMES) and 2 <= look.distinct <= MANY_LABELS]
    if named:
        order = {name: place for place, name in enumerate(LABEL_NAMES)}
        best = min(named, key=lambda look: min(order[part] for part in _parts(look.name) if part in order))
        said.append(f"Label: column {best.name!r}, by its name ({best.distinct} different values).")
        return best.name
    few = [look for look in candidates if _few(look) and look.distinct >= 2 and not _named(look.name, METADATA_NAMES)]
    if len(few) == 1:
        said.append(f"Label: column {few[0].name!r}, the only one with few values ({few[0].distinct}).")
        return few[0].name
    several = f" ({', '.join(look.name for look in few)} have few values: name one with --label)" if few else ""
    said.append(f"Label: none found{several}; all messages are unlabelled.")
    return None


def _metadata(looks: Mapping[str, Look], said: list[str], *, taken: set[str | None]) -> tuple[str, ...]:
    found = tuple(look.name for look in looks.values() if look.name not in taken and _few(look) and look.distinct >= 2)
    if found:
        said.append(f"Metadata: {', '.join(found)}, with few different values each.")
    return found


def _few(look: Look) -> bool:
    """Few enough values to tell groups apart: at most FEW, and each several times."""
    return not look.dated and look.distinct <= FEW and look.filled >= 3 * look.distinct


def _named(name: str, known: Sequence[str]) -> bool:
    return any(part in known for part in _parts(name))


def _parts(name: str) -> list[str]:
    return re.split(r"[^a-z]+", name.casefold())
