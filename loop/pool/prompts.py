"""A file outside the splits: prompts to be answered now, or what is never to be forgotten.

prompts.jsonl ───► read_prompts ──► Examples, one per row
retention.csv ───► retained ──────► a table in the shape of loop.pool.storage, every row gold with references or label
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from loop.errors import DataError
from loop.pool.assembly import measured_on
from loop.pool.duplicates import deduplicate
from loop.pool.guess_prompts import guess_prompts
from loop.pool.known_labels import checked_labels
from loop.pool.sources import Source
from loop.pool.storage import example
from loop.pool.tables import MAX_CHARACTERS, Columns, Rows, gather
from loop.records import Example, Split


def read_prompts(source: Source, *, text: str | None = None, context: str | None = None) -> tuple[Example, ...]:
    """The prompts of a file in its order; as `prompt_rows`. Raises DataError as reading does."""
    return prompts_of(prompt_rows(source, text=text, context=context))


def prompt_rows(source: Source, *, text: str | None = None, context: str | None = None) -> Rows:
    """The prompts of a file in its order, equal ones kept, rows without a prompt left out; columns as guess_prompts.

    Every other column is kept as metadata. Raises DataError as reading does.
    """
    columns = guess_prompts(source, text=text, context=context, label="", metadata=()).columns
    others = tuple(name for name in source.columns if name not in columns.names())
    return gather(source, replace(columns, metadata=others))


def prompts_of(rows: Rows) -> tuple[Example, ...]:
    """One example for each row, of the pool."""
    return tuple(replace(one, split=Split.POOL) for one in examples_of(measured_on(rows)))


def retained(
    source: Source, columns: Columns, *, labels: Sequence[str] = (), max_characters: int | None = MAX_CHARACTERS
) -> Any:
    """A pyarrow.Table of prompts that all have a reference, or of texts that all have one of `labels`.

    Raises DataError when columns, references or labels lack, and for a label that is none of `labels`.
    """
    wanted = [name for name in (columns.text, columns.label, columns.context) if name]
    missing = [name for name in wanted if name not in source.columns]
    if missing:
        raise DataError(
            f"{source.where} has no column {missing[0]!r}, only {', '.join(source.columns)}",
            wanted="the columns of the data: " + ", ".join(wanted),
            do="rename its columns",
        )
    rows = _answered(source, columns, max_characters)
    if not columns.writing:
        checked_labels([rows], labels)
    return measured_on(rows)


def _answered(source: Source, columns: Columns, max_characters: int | None) -> Rows:
    """The rows, of which every one has a reference or a label."""
    noun, answer = ("prompts", "reference") if columns.writing else ("texts", "label")
    present = replace(
        columns,
        id=columns.id if columns.id in source.columns else None,
        metadata=tuple(name for name in columns.metadata if name in source.columns),
    )
    rows = deduplicate(gather(source, present, max_characters=max_characters)).rows
    without = np.flatnonzero(rows.table.column("label").is_null().to_numpy())
    if len(without):
        plural = "references" if columns.writing else "labels"
        raise DataError(
            f"{source.where}: {len(without):,} of {len(rows.numbers):,} {noun} have no {answer}, the first is row "
            f"{rows.numbers[without[0]]}",
            wanted=f"a {answer} for each {noun[:-1]}: what the model answers well today",
            do="add them"
            if columns.label or columns.chat
            else f"name the column with {plural}, which the data has too, with --label",
        )
    return rows


def examples_of(table: Any) -> Sequence[Example]:
    """The rows of a table in the shape of loop.pool.storage."""
    return [example(row) for row in table.to_pylist()]
