"""JSON and JSON Lines → chunks. A row number is a line of JSON Lines, and the place in the list of a JSON file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from typing import Any

from loop.errors import DataError
from loop.json_reading import parse
from loop.pool.chunks import Chunk, Row, Unreadable, as_text, in_chunks

LARGEST = 2 << 30
"""Bytes of a JSON file, which is held whole."""
LONGEST_LINE = 64 << 20
"""Characters of a line of JSON Lines."""
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
        for number in count(1):
            line = file.readline(LONGEST_LINE + 1)
            if len(line) > LONGEST_LINE:
                raise DataError(
                    f"{path}, line {number} has more than {LONGEST_LINE:,} characters",
                    wanted="one object per line",
                    do="if the file is one list of objects, name it .json",
                )
            if not line:
                return
            if line.strip():
                yield number, _of_line(number, line)


def _of_line(number: int, line: str) -> dict[str, Any] | Unreadable:
    try:
        return _object(number, parse(line))
    except ValueError as fault:
        return Unreadable(number, f"no JSON: {str(fault).replace(' in line 1, column ', ' at column ')}")


def _of_list(path: Path, encoding: str) -> Iterator[Record]:
    if (size := path.stat().st_size) > LARGEST:
        raise DataError(
            f"{path} has {size:,} bytes, and JSON is read whole",
            wanted=f"at most {LARGEST:,}",
            do="write one object per line and name it .jsonl, or Parquet",
        )
    try:
        value = parse(path.read_text(encoding=encoding))
    except ValueError as fault:
        raise DataError(f"{path} is no JSON: {fault}", do="if it has one object per line, name it .jsonl") from None
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    if not isinstance(value, list):
        raise DataError(f"{path} holds no list", wanted="a list of objects, alone or under a single key")
    for number, item in enumerate(value, start=1):
        yield number, _object(number, item)


def _object(number: int, value: object) -> dict[str, Any] | Unreadable:
    return value if isinstance(value, dict) else Unreadable(number, f"{type(value).__name__} instead of an object")
