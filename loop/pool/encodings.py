"""Bytes → the encoding of a text file, checked over the whole file before a row is read."""

from __future__ import annotations

import codecs
from pathlib import Path

from loop.errors import DataError

BLOCK = 1 << 20

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks; UTF-32 before UTF-16, whose mark it starts with."""


def checked_encoding(path: Path, named: str | None = None) -> str:
    """The encoding of a file: `named`, or by its byte order mark, or UTF-16 by its zeros, or UTF-8.

    Raises DataError with the offset of the first byte that does not fit.
    """
    encoding = _known(named) if named else _guess(path)
    if (fault := _fault(path, encoding)) is None:
        return encoding
    offset, byte, line = fault
    raise DataError(
        f"{path} is not {encoding.upper()}: byte 0x{byte:02x} at offset {offset} (line {line})",
        wanted="another encoding" if named else "UTF-8 or UTF-16",
        do="save it as UTF-8, or name its encoding: --encoding cp1252 (Western Windows), latin-1, cp1250, gb18030, ...",
    )


def _known(named: str) -> str:
    try:
        return codecs.lookup(named).name
    except LookupError:
        raise DataError(f"unknown encoding {named!r}", wanted="a name such as utf-8, cp1252, latin-1, utf-16") from None


def _guess(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(4096)
    for mark, encoding in MARKS:
        if start.startswith(mark):
            return encoding
    # Without a mark, mostly Latin UTF-16 shows as a zero in every second byte.
    half = max(1, len(start) // 2)
    if start[1::2].count(0) > 0.6 * half:
        return "utf-16-le"
    if start[0::2].count(0) > 0.6 * half:
        return "utf-16-be"
    return "utf-8"


def _fault(path: Path, encoding: str) -> tuple[int, int, int] | None:
    """(offset, byte, line) of the first byte that does not decode; None when all do."""
    decoder = codecs.getincrementaldecoder(encoding)()
    offset, line = 0, 1
    with path.open("rb") as file:
        while True:
            block = file.read(BLOCK)
            # A decoder keeps the bytes of an unfinished character; its error counts from their start.
            kept = len(decoder.getstate()[0])
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                bad: bytes = error.object
                lines = line + bad[: error.start].count(b"\n")
                return offset - kept + error.start, bad[error.start], lines
            offset += len(block)
            line += text.count("\n")
            if not block:
                return None
