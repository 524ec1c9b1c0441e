"""A recognised source → which column is the text, the label, the id, the metadata, each with a sentence why.

first rows ─► one Look per column (distinct values, words, ids, dates) ─► Guess
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loop.errors import DataError
from loop.pool.column_profile import (
    METADATA_NAMES,
    Look,
    about_file,
    answers_in,
    find_id,
    find_metadata,
    is_few,
    looks_of,
    named,
    parts,
)
from loop.pool.sources import Source
from loop.pool.tables import Columns

TEXT_NAMES = ("text", "message", "utterance", "query", "sentence", "content", "body", "comment", "review", "question")
LABEL_NAMES = ("label", "intent", "category", "class", "target", "topic", "tag", "sentiment", "y")
MANY_LABELS = 500


@dataclass(frozen=True, slots=True)
class Guess:
    """What the columns seem to mean."""

    columns: Columns
    sentences: tuple[str, ...]
    """What was guessed and why, for the person; also what was left open."""


def guess(
    source: Source,
    *,
    text: str | None = None,
    label: str | None = None,
    id: str | None = None,  # noqa: A002 (the option's own name)
    metadata: Sequence[str] | None = None,
) -> Guess:
    """What is not given is guessed from the first rows; "" for label means that there is none.

    Raises DataError when no column can be the text.
    """
    looks = looks_of(source)
    said = about_file(source)
    text = text or _text(source, looks, said, taken={label, id})
    id = id or find_id(looks, said, taken={text, label})  # noqa: A001 (the option's own name)
    label = (_label(looks, said, taken={text, id, *(metadata or ())}) if label is None else label) or None
    taken = {text, label, id}
    chosen = tuple(metadata) if metadata is not None else find_metadata(looks, said, taken=taken)
    left = [name for name in source.columns if name not in {*taken, *chosen}]
    if left:
        said.append(f"Left out: {', '.join(left)}.")
    if answers := answers_in(looks, taken={label}):
        said.append(
            f"Column {answers!r} looks like answers that a model should write: for that give --task generation."
        )
    return Guess(Columns(text, label, id, chosen), tuple(said))


def _text(source: Source, looks: Mapping[str, Look], said: list[str], *, taken: set[str | None]) -> str:
    free = [look for look in looks.values() if look.filled and not look.dated and look.name not in taken]
    # A sentence has words; a name that says "text" tips the balance between two such columns.
    free = [look for look in free if look.words >= 1.5 or named(look.name, TEXT_NAMES) or len(looks) == 1]
    if not any(look.filled for look in looks.values()):
        raise DataError(
            f"{source.where}: below its header no filled cell could be read",
            wanted="a table of messages",
            do="look at its quotes and its delimiter; --delimiter names one",
        )
    if not free:
        raise DataError(
            f"{source.where}: no column looks like text",
            wanted="one of its columns: " + ", ".join(source.columns),
            do="name it with --text",
        )
    best = max(free, key=lambda look: (2 if named(look.name, TEXT_NAMES) else 1) * look.length * look.different)
    said.append(f"Text: column {best.name!r}, the longest free text ({best.words:.0f} words on average).")
    return best.name


def _label(looks: Mapping[str, Look], said: list[str], *, taken: set[str | None]) -> str | None:
    candidates = [look for look in looks.values() if look.name not in taken and look.filled and not look.dated]
    by_name = [look for look in candidates if named(look.name, LABEL_NAMES) and 2 <= look.distinct <= MANY_LABELS]
    if by_name:
        order = {name: place for place, name in enumerate(LABEL_NAMES)}
        best = min(by_name, key=lambda look: min(order[part] for part in parts(look.name) if part in order))
        said.append(f"Label: column {best.name!r}, by its name ({best.distinct} different values).")
        return best.name
    few = [look for look in candidates if is_few(look) and look.distinct >= 2 and not named(look.name, METADATA_NAMES)]
    if len(few) == 1:
        said.append(f"Label: column {few[0].name!r}, the only one with few values ({few[0].distinct}).")
        return few[0].name
    several = f" ({', '.join(look.name for look in few)} have few values: name one with --label)" if few else ""
    said.append(f"Label: none found{several}; all messages are unlabelled.")
    return None
