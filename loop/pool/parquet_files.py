"""Parquet → chunks; only the wanted columns are read. A row number counts from 1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from loop.errors import DataError
from loop.pool.chunks import CHUNK, Chunk, Row, as_text, in_chunks


def columns(path: Path) -> tuple[str, ...]:
    """The names of the columns. Raises DataError for a damaged file."""
    return tuple(_opened(path).schema_arrow.names)


def chunks(path: Path, wanted: Sequence[str]) -> Iterator[Chunk]:
    """The rows, a chunk at a time."""
    return in_chunks(_rows(path, wanted), wanted)


def _rows(path: Path, wanted: Sequence[str]) -> Iterator[Row]:
    numbers = count(1)
    for batch in _opened(path).iter_batches(batch_size=CHUNK, columns=list(wanted)):
        cells = [batch.column(name).to_pylist() for name in wanted]
        for values in zip(*cells, strict=True):
            yield next(numbers), [as_text(value) for value in values]


def _opened(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise DataError(f"{path} is no readable Parquet file: {error}", do="write the file again") from None
