"""A text → a cell of a CSV that no spreadsheet takes for a formula (OWASP, CSV Injection).

One policy for every CSV that weakspot writes: a text that a spreadsheet would run gets an apostrophe before it; nothing
else is changed. Programs that need every text as it is read the JSON of the same command.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a formula begins with, full-width signs among them, which some spreadsheets read alike."""
SPLITS = ("\t", "\r", "\n", "\x00")
"""A cell that begins so may be cut there, and the rest read as a formula."""


def cell(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would run it."""
    return f"'{text}" if text.lstrip().startswith(FORMULA) or text.startswith(SPLITS) else text


def line(cells: Iterable[object]) -> str:
    """A line of a CSV that ends in a line feed. A bare carriage return in a cell is quoted too."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerow(cells)
    return file.getvalue().removesuffix("\r\n") + "\n"
