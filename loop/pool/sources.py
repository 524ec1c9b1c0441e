"""A path or hf:// address → a recognised Source → chunks of rows as texts.

    messages.csv ─► recognise (format, encoding, delimiter, columns) ─► Source ─► chunks ─► Chunk, Chunk, ...

A chunk holds at most CHUNK rows, so that a large file is never held whole as Python objects.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from loop.errors import DataError
from loop.files import is_regular, kind_of
from loop.pool import delimited, hub, json_files, parquet_files
from loop.pool.chunks import Chunk
from loop.pool.encodings import checked_encoding
from loop.pool.formats import require_format

FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
}


MOST_COLUMNS = 2_000
LONGEST_NAME = 200
"""Characters of a column's name; figures of slices are called by it."""


@dataclass(frozen=True, slots=True)
class Source:
    """Data that was recognised but not yet read."""

    where: str
    """Path or hf:// address, as the person gave it."""
    format: str
    """"csv", "jsonl", "json", "parquet" or "hub"."""
    columns: tuple[str, ...]
    encoding: str | None = None
    """Python's name of the encoding of a text file; None for the others."""
    delimiter: str | None = None
    """Between the fields of a CSV file; None for the others."""


def recognise(where: str | Path, *, encoding: str | None = None, delimiter: str | None = None) -> Source:
    """What kind of data lies at `where`, and its columns; `encoding` and `delimiter` overrule the guess.

    Raises DataError: no such file (with the nearest name), unknown format, not decodable (with the byte offset),
    empty, or a header with a column twice.
    """
    name = str(where)
    if name.startswith(hub.PREFIX):
        return Source(name, "hub", hub.columns(name))
    path = Path(where)
    _require_file(path)
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise DataError(
            f"{name}: weakspot does not read {path.suffix or 'files without an ending'}",
            wanted="one of " + ", ".join(FORMATS),
            do="save the table as CSV in UTF-8",
        )
    if path.stat().st_size == 0 or not _first_byte(path):
        raise DataError(f"{name} is empty", wanted="a table of messages", do="write the file again")
    if kind == "parquet":
        require_format(path, kind, encoding=None)
        return Source(name, kind, _few(name, parquet_files.columns(path)))
    encoding = checked_encoding(path, encoding)
    require_format(path, kind, encoding=encoding)
    if kind == "csv":
        delimiter = delimiter or delimited.delimiter(path, encoding=encoding)
        columns = delimited.columns(path, encoding=encoding, delimiter=delimiter)
        return Source(name, kind, _few(name, columns), encoding, delimiter)
    columns = json_files.columns(path, encoding=encoding, lines=kind == "jsonl")
    return Source(name, kind, _few(name, columns), encoding)


def chunks(source: Source, columns: Sequence[str]) -> Iterator[Chunk]:
    """The rows of a source, only `columns`, in file order. Raises DataError for a column it lacks."""
    for column in columns:
        require_column(source, column)
    path, wanted = Path(source.where), tuple(columns)
    if source.format == "hub":
        return hub.chunks(source.where, wanted)
    if source.format == "parquet":
        return parquet_files.chunks(path, wanted)
    encoding = source.encoding or "utf-8"
    if source.format == "csv":
        return delimited.chunks(path, wanted, encoding=encoding, delimiter=source.delimiter or ",")
    return json_files.chunks(path, wanted, encoding=encoding, lines=source.format == "jsonl")


def require_column(source: Source, column: str, *, option: str = "") -> None:
    """Raises DataError when the source lacks a column, with the nearest one and all of them."""
    if column in source.columns:
        return
    near = difflib.get_close_matches(column, source.columns, n=1, cutoff=0.5)
    ways = [f'did you mean "{near[0]}"?' if near else "", f"name a column with {option}" if option else ""]
    raise DataError(
        f"{source.where} has no column {column!r}",
        wanted="one of its columns: " + ", ".join(source.columns),
        do=", or ".join(way for way in ways if way),
    )


def _few(name: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    """The columns. Raises DataError for more than a table of messages can have, and for names that are no names."""
    if len(columns) > MOST_COLUMNS:
        raise DataError(
            f"{name} has {len(columns):,} columns",
            wanted=f"at most {MOST_COLUMNS:,}",
            do="keep the columns with text, label, id and what experts should see; check the delimiter",
        )
    if long := next((column for column in columns if len(column) > LONGEST_NAME), None):
        raise DataError(
            f"{name} has a column with a name of {len(long):,} characters, {long[:40]!r}...",
            wanted=f"names of at most {LONGEST_NAME} characters in its first row",
            do="give it a row of column names, or rename that column",
        )
    return columns


def _first_byte(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(1)
    except OSError as fault:
        raise DataError(f"{path} cannot be read: {fault.strerror}", wanted="a readable file") from fault


def _require_file(path: Path) -> None:
    if is_regular(path):
        return
    try:
        kind = kind_of(path)
    except FileNotFoundError:
        kind = None
    except (OSError, ValueError) as fault:
        why = getattr(fault, "strerror", None) or str(fault)
        raise DataError(f"{str(path)[:200]} cannot be read: {why}", wanted="an existing file") from fault
    if path.is_dir():
        raise DataError(f"{path} is a folder", wanted="a file", do="name the file in it")
    if kind:
        raise DataError(f"{path} is {kind}", wanted="a regular file", do="copy what it holds into a file and name that")
    if not path.parent.is_dir():
        raise DataError(f"no file {path}: there is no folder {path.parent}", wanted="an existing file")
    names = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.4)
    raise DataError(
        f"no file {path}",
        wanted="an existing file",
        do=f'did you mean "{path.parent / near[0]}"?' if near else f"look into the folder {path.parent.resolve()}",
    )
