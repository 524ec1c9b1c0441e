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
from loop.pool import delimited, hub, json_files, parquet_files
from loop.pool.chunks import Chunk
from loop.pool.encodings import checked_encoding

FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
}


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
    if path.stat().st_size == 0:
        raise DataError(f"{name} is empty", wanted="a table of messages", do="write the file again")
    if kind == "parquet":
        return Source(name, kind, parquet_files.columns(path))
    encoding = checked_encoding(path, encoding)
    if kind == "csv":
        delimiter = delimiter or delimited.delimiter(path, encoding=encoding)
        return Source(name, kind, delimited.columns(path, encoding=encoding, delimiter=delimiter), encoding, delimiter)
    return Source(name, kind, json_files.columns(path, encoding=encoding, lines=kind == "jsonl"), encoding)


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


def _require_file(path: Path) -> None:
    if path.is_file():
        return
    if path.is_dir():
        raise DataError(f"{path} is a folder", wanted="a file", do="name the file in it")
    if not path.parent.is_dir():
        raise DataError(f"no file {path}: there is no folder {path.parent}", wanted="an existing file")
    names = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.4)
    raise DataError(
        f"no file {path}",
        wanted="an existing file",
        do=f'did you mean "{path.parent / near[0]}"?' if near else f"look into the folder {path.parent.resolve()}",
    )
