"""JSON and JSON Lines → chunks. A row number is a line of JSON Lines, and the place in the list of a JSON file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from loop.errors import DataError
from loop.pool.chunks import Chunk, Row, Unreadable, as_text, in_chunks

SAMPLE = 1_000
"""Records whose keys make the columns: in JSON a record may leave a key out."""

Record = tuple[int, dict[str, Any] | Unreadable]


def columns(path: Path, *, encoding: str, lines: bool) -> tuple[str, ...]:
    """All keys of the first records, in order of appearance. Raises DataError when no record is an object."""
    records = [record for _, record in islice(_records(path, encoding, lines=lines), SAMPLE)]
    keys = dict.fromkeys(key for record in records if isinstance(record, dict) for key in record)
    if not keys:
        shape = "one object per line" if lines else "a list of objects"
        raise DataError(f"{path} holds no records", wanted=f'{shape}, such as {{"text": "no signal"}}')
    return tuple(keys)


def chunks(path: Path, wanted: Sequence[str], *, encoding: str, lines: bool) -> Iterator[Chunk]:
    """The records, a chunk at a time; a key that a record lacks is a missing cell."""
    rows = (_row(number, record, wanted) for number, record in _records(path, encoding, lines=lines))
    return in_chunks(rows, wanted)


def _row(number: int, record: dict[str, Any] | Unreadable, wanted: Sequence[str]) -> Row | Unreadable:
    if isinstance(record, Unreadable):
        return record
    return number, [as_text(record.get(key)) for key in wanted]


def _records(path: Path, encoding: str, *, lines: bool) -> Iterator[Record]:
    return _of_lines(path, encoding) if lines else _of_list(path, encoding)


def _of_lines(path: Path, encoding: str) -> Iterator[Record]:
    with path.open(encoding=encoding) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except json.JSONDecodeError as error:
                yield number, Unreadable(number, f"no JSON: {error.msg} at column {error.colno}")
            else:
                yield number, _object(number, value)


def _of_list(path: Path, encoding: str) -> Iterator[Record]:
    try:
        value = json.loads(path.read_text(encoding=encoding))
    except json.JSONDecodeError as error:
        raise DataError(
            f"{path} is no JSON: {error.msg} in line {error.lineno}, column {error.colno}",
            do="if it has one object per line, name it .jsonl",
        ) from None
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    if not isinstance(value, list):
        raise DataError(f"{path} holds no list", wanted="a list of objects, alone or under a single key")
    for number, item in enumerate(value, start=1):
        yield number, _object(number, item)


def _object(number: int, value: object) -> dict[str, Any] | Unreadable:
    return value if isinstance(value, dict) else Unreadable(number, f"{type(value).__name__} instead of an object")
