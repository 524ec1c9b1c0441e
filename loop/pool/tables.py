"""Chunks of a source → one clean Arrow table: empty texts out, too long ones refused, labels trimmed, all counted.

Arrow holds a million texts in about the memory of their bytes; Python objects exist for one chunk at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop.errors import DataError
from loop.pool.chunks import Chunk, Unreadable, Value
from loop.pool.sources import Source, chunks, require_column

META = "meta."
"""What the columns of metadata begin with in storage."""

MAX_CHARACTERS = 100_000
MAX_UNREADABLE = 0.1
"""Share of rows above which the file is taken for wrongly recognised rather than for a little damaged."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a source mean what."""

    text: str
    label: str | None = None
    id: str | None = None
    metadata: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys(name for name in (self.text, self.label, self.id, *self.metadata) if name))


@dataclass(frozen=True, slots=True)
class Rows:
    """What a source holds, cleaned."""

    where: str
    table: Any
    """pyarrow.Table, n rows: text, label, source_id, meta.*; all strings, null where missing."""
    numbers: NDArray[np.int64]
    """(n,) row numbers in the source."""
    empty: tuple[int, ...]
    """Row numbers without a text."""
    unreadable: tuple[Unreadable, ...]

    def take(self, places: NDArray[Any]) -> Rows:
        """These rows only, in this order."""
        return Rows(self.where, self.table.take(places), self.numbers[places], self.empty, self.unreadable)


def gather(source: Source, columns: Columns, *, max_characters: int | None = MAX_CHARACTERS) -> Rows:
    """The rows of a source with a text. `max_characters` None lets texts of any length pass.

    Raises DataError: a column is missing, all texts are empty, a text is too long, most rows are unreadable.
    """
    import pyarrow as pa

    options = {columns.text: "--text", columns.label: "--label", columns.id: "--id"}
    for name in columns.names():
        require_column(source, name, option=options.get(name, "--metadata"))
    tables, numbers, empty, unreadable = [], [], [], []
    for chunk in chunks(source, columns.names()):
        good, without, broken = _sorted_out(chunk, columns)
        _refuse_long(source, chunk, columns, good, max_characters)
        tables.append(_table(chunk, columns, good))
        numbers.append(np.array([chunk.rows[place] for place in good], dtype=np.int64))
        empty += without
        unreadable += [*chunk.unreadable, *broken]
    total = sum(map(len, numbers)) + len(empty) + len(unreadable)
    _refuse_hopeless(source, columns, total=total, empty=empty, unreadable=unreadable)
    return Rows(source.where, pa.concat_tables(tables), np.concatenate(numbers), tuple(empty), tuple(unreadable))


def _sorted_out(chunk: Chunk, columns: Columns) -> tuple[list[int], list[int], list[Unreadable]]:
    """Places of good rows, numbers of rows without text, and rows with half characters."""
    good, empty, broken = [], [], []
    for place, text in enumerate(chunk.columns[columns.text]):
        if text is None or not text.strip():
            empty.append(chunk.rows[place])
        elif any(not _encodable(chunk.columns[name][place]) for name in columns.names()):
            broken.append(Unreadable(chunk.rows[place], "half of a surrogate pair in it"))
        else:
            good.append(place)
    return good, empty, broken


def _encodable(value: Value) -> bool:
    """JSON can spell half characters that no text may hold."""
    return value is None or value.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in value)


def _refuse_long(source: Source, chunk: Chunk, columns: Columns, good: list[int], limit: int | None) -> None:
    texts = chunk.columns[columns.text]
    for place in good:
        length = len(texts[place] or "")
        if limit is not None and length > limit:
            raise DataError(
                f"{source.where}, row {chunk.rows[place]}: a text of {length:,} characters",
                wanted=f"at most {limit:,}",
                do=f"split or remove it, or allow it with --max-characters {length}",
            )


def _refuse_hopeless(
    source: Source, columns: Columns, *, total: int, empty: Sequence[int], unreadable: Sequence[Unreadable]
) -> None:
    if total == 0:
        raise DataError(f"{source.where} has no rows", wanted="a table of messages")
    if len(unreadable) > MAX_UNREADABLE * total:
        first = unreadable[0]
        raise DataError(
            f"{source.where}: {len(unreadable):,} of {total:,} rows cannot be read, the first is row {first.row} "
            f"({first.why})",
            wanted="a table with the same fields in each row",
            do="mend the file, or name its delimiter with --delimiter",
        )
    if len(empty) + len(unreadable) == total:
        raise DataError(
            f"{source.where}: all {len(empty):,} texts in column {columns.text!r} are empty",
            wanted="texts",
            do="name another column with --text: " + ", ".join(source.columns),
        )


def _table(chunk: Chunk, columns: Columns, good: list[int]) -> Any:
    import pyarrow as pa

    def column(name: str | None, *, trimmed: bool = False) -> Any:
        if name is None:
            return pa.nulls(len(good), pa.large_string())
        cells = [chunk.columns[name][place] for place in good]
        return pa.array([_trimmed(cell) for cell in cells] if trimmed else cells, pa.large_string())

    arrays = {
        "text": column(columns.text),
        "label": column(columns.label, trimmed=True),
        "source_id": column(columns.id, trimmed=True),
        **{META + name: column(name, trimmed=True) for name in columns.metadata},
    }
    return pa.table(arrays)


def _trimmed(cell: Value) -> Value:
    return (cell or "").strip() or None
