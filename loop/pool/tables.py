"""Chunks of a source → one clean Arrow table: empty texts out, too long ones refused, labels trimmed, all counted.

    Chunk ─► cells by their name in storage (prompts: prompt_cells) ─► sorted out ─► Rows.table

Arrow holds a million texts in about the memory of their bytes; Python objects exist for one chunk at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop.errors import DataError
from loop.pool.chunks import Chunk, Unreadable, Value
from loop.pool.prompt_cells import CONTEXT, MESSAGES, STORED, arranged
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
    context: str | None = None
    """What an answer must agree with; for prompts only."""
    writing: bool = False
    """The rows are prompts for a model that writes, and a label is a reference answer."""
    chat: bool = False
    """The text column holds the turns of chats."""

    def names(self) -> tuple[str, ...]:
        """All of them, each once."""
        named = (self.text, self.label, self.id, *self.metadata, self.context)
        return tuple(dict.fromkeys(name for name in named if name))


@dataclass(frozen=True, slots=True)
class Rows:
    """What a source holds, cleaned."""

    where: str
    table: Any
    """pyarrow.Table, n rows: text, label, source_id, meta.*, of prompts also context, messages and references;
    all strings, null where missing."""
    numbers: NDArray[np.int64]
    """(n,) row numbers in the source."""
    empty: tuple[int, ...]
    """Row numbers without a text."""
    unreadable: tuple[Unreadable, ...]

    def take(self, places: NDArray[Any]) -> Rows:
        """These rows only, in this order."""
        return Rows(self.where, self.table.take(places), self.numbers[places], self.empty, self.unreadable)

    @property
    def writing(self) -> bool:
        """The rows are prompts."""
        return CONTEXT in self.table.column_names


def gather(source: Source, columns: Columns, *, max_characters: int | None = MAX_CHARACTERS) -> Rows:
    """The rows of a source with a text. `max_characters` None lets texts of any length pass.

    Raises DataError: a column is missing, all texts are empty, a text is too long, most rows are unreadable.
    """
    import pyarrow as pa

    options = {columns.text: "--text", columns.label: "--label", columns.id: "--id", columns.context: "--context"}
    for name in columns.names():
        require_column(source, name, option=options.get(name, "--metadata"))
    tables, numbers, empty, unreadable = [], [], [], []
    for chunk in chunks(source, columns.names()):
        cells = _cells(source, chunk, columns)
        good, without, broken = _sorted_out(chunk.rows, cells)
        _refuse_long(source, chunk.rows, cells, good, max_characters)
        tables.append(_table(cells, good))
        numbers.append(np.array([chunk.rows[place] for place in good], dtype=np.int64))
        empty += without
        unreadable += [*chunk.unreadable, *broken]
    total = sum(map(len, numbers)) + len(empty) + len(unreadable)
    _refuse_hopeless(source, columns, total=total, empty=empty, unreadable=unreadable)
    return Rows(source.where, pa.concat_tables(tables), np.concatenate(numbers), tuple(empty), tuple(unreadable))


def besides(table: Any) -> list[str]:
    """(n,) what a prompt is besides its text: context and turns; "" where it has none."""
    if CONTEXT not in table.column_names:
        return [""] * len(table)
    pairs = zip(table.column(CONTEXT).to_pylist(), table.column(MESSAGES).to_pylist(), strict=True)
    return [f"{context or ''}\x00{messages or ''}" if context or messages else "" for context, messages in pairs]


Cells = Mapping[str, Sequence[Value]]
"""Name in storage → (n,) cells."""


def _cells(source: Source, chunk: Chunk, columns: Columns) -> Cells:
    def of(name: str | None) -> Sequence[Value]:
        return [None] * len(chunk.rows) if name is None else chunk.columns[name]

    cells = {"text": of(columns.text), "label": of(columns.label), "source_id": of(columns.id)}
    if columns.writing:
        places = [f"{source.where}, row {row}" for row in chunk.rows]
        asked = {**cells, CONTEXT: of(columns.context)}
        cells = arranged(asked, places=places, chat=columns.chat, own_reference=columns.label is not None)
    return {**cells, **{META + name: of(name) for name in columns.metadata}}


def _sorted_out(rows: Sequence[int], cells: Cells) -> tuple[list[int], list[int], list[Unreadable]]:
    """Places of good rows, numbers of rows without text, and rows with half characters."""
    good, empty, broken = [], [], []
    # What is wrong with a label to choose from is told with the label.
    free = [name for name in cells if name != "label" or CONTEXT in cells]
    for place, text in enumerate(cells["text"]):
        if text is None or not text.strip():
            empty.append(rows[place])
        elif any(not _encodable(column[place]) for column in cells.values()):
            broken.append(Unreadable(rows[place], "half of a surrogate pair in it"))
        elif any("\x00" in (cells[name][place] or "") for name in free):
            broken.append(Unreadable(rows[place], "a NUL character in it"))
        else:
            good.append(place)
    return good, empty, broken


def _encodable(value: Value) -> bool:
    """JSON can spell half characters that no text may hold."""
    return value is None or value.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in value)


def _refuse_long(source: Source, rows: Sequence[int], cells: Cells, good: list[int], limit: int | None) -> None:
    texts, contexts = cells["text"], cells.get(CONTEXT)
    for place in good:
        length = max(len(texts[place] or ""), len((contexts[place] if contexts else None) or ""))
        if limit is not None and length > limit:
            raise DataError(
                f"{source.where}, row {rows[place]}: a text of {length:,} characters",
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


def _table(cells: Cells, good: list[int]) -> Any:
    import pyarrow as pa

    whole = ("text", *STORED)

    def column(name: str) -> Any:
        kept = [cells[name][place] for place in good]
        return pa.array(kept if name in whole else [_trimmed(cell) for cell in kept], pa.large_string())

    return pa.table({name: column(name) for name in cells})


def _trimmed(cell: Value) -> Value:
    return (cell or "").strip() or None
