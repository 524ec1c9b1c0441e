"""CSV and TSV → chunks. Rows are told by the numbers a spreadsheet shows: the header is row 1."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import TextIO

from loop.errors import DataError
from loop.pool.chunks import Chunk, Row, Unreadable, in_chunks

DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 1 << 16
LONGEST_FIELD = 1 << 28
"""Characters; a field beyond it stops the csv module, whose own limit of 131,072 would refuse long texts."""


def delimiter(path: Path, *, encoding: str) -> str:
    """The delimiter under which most sample rows have as many fields as the header; a comma for a single column."""
    with path.open(encoding=encoding, newline="") as file:
        sample = file.read(SAMPLE)
    whole = len(sample) < SAMPLE
    return max(DELIMITERS, key=lambda sign: _evenness(sample, sign, whole=whole))


def columns(path: Path, *, encoding: str, delimiter: str) -> tuple[str, ...]:
    """The header; an unnamed column is called by its place. Raises DataError when a name stands twice."""
    with path.open(encoding=encoding, newline="") as file:
        _, header = next(_records(file, delimiter, path), (1, []))
    if isinstance(header, Unreadable) or not header:
        raise DataError(f"{path} has no readable header", wanted="column names in its first row")
    names = [name.strip() or f"column {place}" for place, name in enumerate(header, start=1)]
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise DataError(f"{path} has the column {twice[0]!r} twice", wanted="different names", do="rename one of them")
    return tuple(names)


def chunks(path: Path, wanted: Sequence[str], *, encoding: str, delimiter: str) -> Iterator[Chunk]:
    """The rows, a chunk at a time; empty lines are no rows. Raises DataError for a quotation mark never closed."""
    names = columns(path, encoding=encoding, delimiter=delimiter)
    places = [names.index(name) for name in wanted]
    with path.open(encoding=encoding, newline="") as file:
        records = _records(file, delimiter, path)
        next(records)
        yield from in_chunks((_row(number, record, places, len(names)) for number, record in records if record), wanted)


def _row(number: int, record: list[str] | Unreadable, places: Sequence[int], width: int) -> Row | Unreadable:
    if isinstance(record, Unreadable):
        return record
    # Spreadsheets may write empty cells to the right of the table.
    if len(record) < width or any(record[width:]):
        return Unreadable(number, f"{len(record)} fields instead of {width}")
    return number, [record[place] for place in places]


def _records(file: TextIO, delimiter: str, path: Path) -> Iterator[tuple[int, list[str] | Unreadable]]:
    """(row number, fields), the header included; strict, so that a stray quotation mark is told and not guessed at."""
    lines: list[str] = []
    """Of the present record."""

    def kept() -> Iterator[str]:
        for text in file:
            lines.append(text)
            yield text

    reader = csv.reader(kept(), delimiter=delimiter, strict=True)
    width = 0
    for number in count(1):
        line = reader.line_num + 1
        lines.clear()
        # The limit belongs to the whole process: it is lifted only while a row is read.
        limit = csv.field_size_limit(LONGEST_FIELD)
        try:
            fields = next(reader)
            width = width or len(fields)
            yield number, _unless_swallowing(number, fields, lines, width=width, delimiter=delimiter, line=line)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                raise DataError(
                    f"{path}, row {number} (line {line}): a quotation mark is opened and never closed",
                    do="close it, or double the quotation marks inside a text",
                ) from None
            if len(lines) > 1:
                raise DataError(
                    f"{path}, row {number}: the quotation mark opened in line {line} takes in the lines up to "
                    f"{reader.line_num} and is closed in the middle of a text there",
                    wanted="a quotation mark closed where its text ends",
                    do="close it, or double the quotation marks inside a text",
                ) from None
            yield number, Unreadable(number, str(error))
        finally:
            csv.field_size_limit(limit)


def _unless_swallowing(
    number: int, fields: list[str], lines: Sequence[str], *, width: int, delimiter: str, line: int
) -> list[str] | Unreadable:
    """The fields, unless the lines in one of them are whole rows: then a quotation mark was probably never closed."""
    inner = lines[1:]
    if width < 3 or not inner or (width == 3 and len(inner) < 2):
        return fields
    if all(text.count(delimiter) == width - 1 and not text.startswith(delimiter) for text in inner):
        return Unreadable(
            number, f"the quotation mark opened in line {line} takes in {len(inner)} lines that look like rows"
        )
    return fields


def _evenness(sample: str, sign: str, *, whole: bool) -> tuple[float, int]:
    """(share of records as wide as the first one, its width); a first record of one field counts as no table."""
    lines = sample.splitlines(keepends=True)
    # The last line of a cut sample is torn.
    reader = csv.reader(lines if whole or len(lines) < 2 else lines[:-1], delimiter=sign)
    widths = [len(record) for record in reader if record]
    if not widths or widths[0] < 2:
        return 0.0, 0
    return sum(width == widths[0] for width in widths) / len(widths), widths[0]
