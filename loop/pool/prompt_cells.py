"""Cells of a file with prompts → the cells that are stored: text, label, context, messages, references.

prompt | messages ─► text, messages        reference | last answer ─► label (the first), references (several)
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from loop.errors import DataError
from loop.pool.chunks import Nested, Value
from loop.pool.turns import as_read, parted, stored, turns

CONTEXT, MESSAGES, REFERENCES = "context", "messages", "references"
STORED = (CONTEXT, MESSAGES, REFERENCES)
"""Columns that only files of prompts have, in storage."""


def arranged(
    cells: Mapping[str, Sequence[Value]], *, places: Sequence[str], chat: bool, own_reference: bool
) -> dict[str, Sequence[Value]]:
    """The cells of n rows by their name in storage, all (n,).

    cells: by name in storage; "text" holds turns when `chat`. places: how each row is told in an error.
    own_reference: a column of references is there, so that the answer a chat ends with is none.
    Raises DataError for turns or references in no known form.
    """
    given = [references(cell, place=place) for cell, place in zip(cells["label"], places, strict=True)]
    result = dict(cells)
    result[MESSAGES] = [None] * len(places)
    if chat:
        texts, messages, answers = _chats(cells["text"], places)
        result["text"], result[MESSAGES] = texts, messages
        given = given if own_reference else answers
    result["label"] = [found[0] if found else None for found in given]
    result[REFERENCES] = [as_cell(found) for found in given]
    result[CONTEXT] = [cell if cell and cell.strip() else None for cell in cells[CONTEXT]]
    return result


def references(cell: Value, *, place: str) -> tuple[str, ...]:
    """The references in a cell: a text is one, a list of texts several; blank ones are none. Raises DataError."""
    if cell is None or not isinstance(cell, Nested):
        return (cell.strip(),) if cell and cell.strip() else ()
    found = json.loads(cell)
    if not isinstance(found, list) or not all(isinstance(one, str | None) for one in found):
        raise DataError(
            f"{place}: the reference is neither a text nor a list of texts",
            wanted='an answer, or several as ["...", "..."]',
            do="name another column with --label",
        )
    return tuple(dict.fromkeys(one.strip() for one in found if one and one.strip()))


def as_cell(found: Sequence[str]) -> Value:
    """Several references as JSON; None for one or none, which the label tells."""
    return json.dumps(list(found), ensure_ascii=False) if len(found) > 1 else None


def from_cell(label: str | None, cell: Value) -> tuple[str, ...]:
    """The references of a stored row: those of its cell, else its label alone."""
    if cell is not None:
        return tuple(json.loads(cell))
    return () if label is None else (label,)


def _chats(cells: Sequence[Value], places: Sequence[str]) -> tuple[list[Value], list[Value], list[tuple[str, ...]]]:
    """Texts, stored turns and answers; a chat whose last request is empty has no text."""
    texts: list[Value] = []
    messages: list[Value] = []
    answers: list[tuple[str, ...]] = []
    for cell, place in zip(cells, places, strict=True):
        prompt, answer = parted(turns(cell, place=place), place=place) if cell and cell.strip() else ((), None)
        asked = bool(prompt) and bool(prompt[-1].content.strip())
        texts.append(as_read(prompt) if asked else None)
        messages.append(stored(prompt) if asked else None)
        answers.append((answer.strip(),) if answer and answer.strip() else ())
    return texts, messages, answers
