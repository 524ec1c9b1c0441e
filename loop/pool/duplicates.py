"""Rows → rows with different texts and ids: the first of equal texts stays, disagreeing labels are named.

Equal prompts with different references are one prompt with several references.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from loop.errors import DataError
from loop.pool.chunks import CHUNK
from loop.pool.ids import Keys, keys
from loop.pool.prompt_cells import REFERENCES, as_cell, from_cell
from loop.pool.tables import Rows, besides


@dataclass(frozen=True, slots=True)
class Conflict:
    """One text with two labels in the data."""

    text: str
    labels: tuple[str, ...]
    """All labels it has there; the first is kept."""


@dataclass(frozen=True, slots=True)
class Deduplicated:
    """The rows that stay, and what was found."""

    rows: Rows
    dropped: int
    conflicts: tuple[Conflict, ...]


def deduplicate(rows: Rows) -> Deduplicated:
    """One row per text (prompts: and context, and turns), the first in the file, with the first label that any of the
    equal rows has; prompts with the references of all of them.

    Raises DataError when two different texts have the same id of their owner.
    """
    found = _keys_of_rows(rows)
    _, first, group = np.unique(found, return_index=True, return_inverse=True)
    kept = np.sort(first)
    if len(kept) == len(found):
        _refuse_double_ids(rows)
        return Deduplicated(rows, 0, ())
    if rows.writing:
        result = replace(rows, table=_with_all_references(rows, first, group)).take(kept)
        _refuse_double_ids(result)
        return Deduplicated(result, len(found) - len(kept), ())
    labels, conflicts = _labels_of_groups(rows, first, group)
    result = replace(rows, table=_with(rows.table, "label", labels)).take(kept)
    _refuse_double_ids(result)
    return Deduplicated(result, len(found) - len(kept), conflicts)


def keys_of(column: Any) -> Keys:
    """(n,) keys of an Arrow column of texts, made a chunk at a time."""
    pieces = [keys(column.slice(start, CHUNK).to_pylist()) for start in range(0, len(column), CHUNK)]
    return np.concatenate(pieces) if pieces else np.empty(0, dtype=np.uint64)


def _keys_of_rows(rows: Rows) -> Keys:
    if not rows.writing:
        return keys_of(rows.table.column("text"))
    pieces: list[Keys] = [np.empty(0, dtype=np.uint64)]
    for start in range(0, len(rows.table), CHUNK):
        part = rows.table.slice(start, CHUNK)
        texts = part.column("text").to_pylist()
        pieces.append(keys([f"{rest}\x00{text.strip()}" for rest, text in zip(besides(part), texts, strict=True)]))
    return np.concatenate(pieces)


def _with_all_references(rows: Rows, first: Any, group: Any) -> Any:
    """The table, in which the first row of each group has the references of all its rows."""
    import pyarrow as pa

    labels, several = (rows.table.column(name).to_pylist() for name in ("label", REFERENCES))
    members: dict[int, dict[str, None]] = {}
    for place in np.flatnonzero(np.bincount(group)[group] > 1):
        found = members.setdefault(int(group[place]), {})
        found.update(dict.fromkeys(from_cell(labels[place], several[place])))
    for one, found in members.items():
        labels[first[one]], several[first[one]] = next(iter(found), None), as_cell(tuple(found))
    table = _with(rows.table, "label", pa.array(labels, pa.large_string()))
    return _with(table, REFERENCES, pa.array(several, pa.large_string()))


def _with(table: Any, name: str, column: Any) -> Any:
    return table.set_column(table.schema.get_field_index(name), name, column)


def _labels_of_groups(rows: Rows, first: Any, group: Any) -> tuple[Any, tuple[Conflict, ...]]:
    """The label column with gaps filled from equal rows, and the groups with two labels."""
    import pyarrow as pa

    labels = rows.table.column("label").to_pylist() if rows.table.column("label").null_count < len(group) else []
    if not labels:
        return rows.table.column("label"), ()
    members: dict[int, dict[str, None]] = {}
    for place in np.flatnonzero(np.bincount(group)[group] > 1):
        if labels[place] is not None:
            members.setdefault(int(group[place]), {})[labels[place]] = None
    conflicts = []
    for one, found in members.items():
        labels[first[one]] = next(iter(found))
        if len(found) > 1:
            conflicts.append(Conflict(rows.table.column("text")[int(first[one])].as_py(), tuple(found)))
    return pa.chunked_array([pa.array(labels, pa.large_string())]), tuple(conflicts)


def _refuse_double_ids(rows: Rows) -> None:
    column = rows.table.column("source_id")
    places = np.flatnonzero(column.is_valid().to_numpy())
    if not len(places):
        return
    _, first, times = np.unique(keys_of(column.take(places)), return_index=True, return_counts=True)
    if not (times > 1).any():
        return
    doubles: Sequence[int] = np.sort(first[times > 1])[:3].tolist()
    shown = ", ".join(f"{column[int(places[one])].as_py()!r} (row {rows.numbers[places[one]]})" for one in doubles)
    raise DataError(
        f"{rows.where}: {int((times > 1).sum()):,} ids stand more than once with different texts, first {shown}",
        wanted="one id per message",
        do="mend the ids, or leave out --id: weakspot then makes ids from the texts",
    )
