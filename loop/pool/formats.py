"""The first bytes of a file against its name: what is really there, when it is not what the name says.

messages.csv that holds {"text": ...} ─► DataError: it is JSON, name it .json or .jsonl
"""

from __future__ import annotations

from pathlib import Path

from loop.errors import DataError
from loop.json_reading import parse

SIGNATURES = (
    (b"PAR1", "a Parquet file", "name it .parquet"),
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "save the table as CSV in UTF-8"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file", "save the table as CSV in UTF-8"),
    (b"\x1f\x8b", "compressed with gzip", "decompress it first"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "decompress it first"),
    (b"SQLite format 3", "an SQLite database", "save the table as CSV in UTF-8"),
    (b"%PDF-", "a PDF document", "save the table as CSV in UTF-8"),
    (b"version https://git-lfs", "a pointer of Git LFS", "run `git lfs pull`"),
)
"""(first bytes, what such a file is, what to do)."""
START = 1 << 16


def require_format(path: Path, kind: str, *, encoding: str | None) -> None:
    """Raises DataError when a file of this format ("csv", "jsonl", "json", "parquet") holds another one."""
    with path.open("rb") as file:
        start = file.read(START)
    for signature, words, do in SIGNATURES:
        if start.startswith(signature) and not (kind == "parquet" and signature == b"PAR1"):
            raise DataError(f"{path} is {words}, not {_named(kind)}", wanted=_named(kind), do=do)
    text = start.decode(encoding or "utf-8", "replace").lstrip("\ufeff \t\r\n")
    if kind != "parquet" and text[:15].casefold().startswith(("<!doctype", "<html", "<?xml")):
        raise DataError(f"{path} is a web page or XML, not {_named(kind)}", do="download the file itself")
    if kind == "csv" and (ending := _as_json(text)):
        raise DataError(f"{path} is JSON, not a CSV table", wanted="a table", do=f"name it {ending}")


def _as_json(text: str) -> str | None:
    """The ending such a text should have; None for a text that is no JSON. A `[` or `{` alone may begin a CSV text."""
    first = text.split("\n", 1)[0].strip()
    if text[:1] == "{" and _parses(first):
        return ".jsonl"
    opened = text[:1] in ("[", "{") and text[1:].lstrip()[:1] in ("{", '"', "}", "]")
    return ".json" if opened and (_parses(text) or (text[:1] == "[" and _is_record(text))) else None


def _is_record(text: str) -> bool:
    """Whether a list begins with an object; the text may be cut off later on."""
    inner = text[1:].lstrip()
    return inner.startswith("{") and inner[1:].lstrip().startswith('"') and ":" in inner


def _parses(text: str) -> bool:
    try:
        return isinstance(parse(text), dict | list)
    except ValueError:
        return False


def _named(kind: str) -> str:
    return {"csv": "a CSV table", "jsonl": "JSON Lines", "json": "JSON", "parquet": "a Parquet file"}[kind]
