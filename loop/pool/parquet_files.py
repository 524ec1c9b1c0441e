"""Parquet → chunks; only the wanted columns are read. A row number counts from 1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from loop.errors import DataError
from loop.json_reading import DEPTH
from loop.pool.chunks import CHUNK, Chunk, Row, as_text, in_chunks

MOST_ROWS = 100_000_000
"""Rows cost nothing in a file that repeats one value, and memory and days here."""


def columns(path: Path) -> tuple[str, ...]:
    """The names of the columns. Raises DataError for a damaged file."""
    return tuple(_opened(path).schema_arrow.names)


def chunks(path: Path, wanted: Sequence[str]) -> Iterator[Chunk]:
    """The rows, a chunk at a time."""
    return in_chunks(_rows(path, wanted), wanted)


def _rows(path: Path, wanted: Sequence[str]) -> Iterator[Row]:
    numbers = count(1)
    for batch in _batches(path, wanted):
        cells = [batch.column(name).to_pylist() for name in wanted]
        for values in zip(*cells, strict=True):
            yield next(numbers), [as_text(value) for value in values]


def _batches(path: Path, wanted: Sequence[str]) -> Iterator[Any]:
    import pyarrow as pa

    file = _opened(path)
    if file.metadata.num_rows > MOST_ROWS:
        raise DataError(f"{path} has {file.metadata.num_rows:,} rows", wanted=f"at most {MOST_ROWS:,}")
    for name in wanted:
        if _depth(file.schema_arrow.field(name).type) > DEPTH:
            raise DataError(f"{path}: the column {name!r} is nested more than {DEPTH} deep", wanted="texts")
    try:
        yield from file.iter_batches(batch_size=CHUNK, columns=list(wanted))
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path} is damaged: {_first_line(error)}", do="write the file again") from None


def _depth(kind: Any) -> int:
    """Of a column's type: 0 for texts and numbers, 1 for a list of them. Never deeper than the stack allows."""
    depth, level = 0, [kind]
    while level and depth <= DEPTH:
        level = [one.field(place).type for one in level for place in range(one.num_fields)]
        depth += bool(level)
    return depth


def _opened(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{path} is no readable Parquet file: {_first_line(error)}", do="write the file again"
        ) from None


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:300]
