"""The shape in which every reader hands over rows: at most CHUNK rows, by column, as texts."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

CHUNK = 10_000

Value = str | None
"""A cell: a text, or None where there is none."""


class Nested(str):
    """The JSON of a cell that held a list or a mapping, told apart from a text that only looks like one."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that cannot be read."""

    row: int
    why: str
    """For example "5 fields instead of 4"."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a source."""

    rows: Sequence[int]
    """(n,) row numbers as the person's own program shows them: a CSV header is row 1."""
    columns: Mapping[str, Sequence[Value]]
    """Column → its n cells."""
    unreadable: Sequence[Unreadable] = ()
    """Rows met on the way and left out."""


def as_text(value: object) -> Value:
    """A cell as text: None and NaN are missing, lists and mappings become JSON."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, list | dict):
        return Nested(json.dumps(value, ensure_ascii=False, default=str))
    if isinstance(value, bool):
        return json.dumps(value)
    return str(value)


Row = tuple[int, Sequence[Value]]
"""A row number and the cells of the wanted columns."""


def in_chunks(rows: Iterable[Row | Unreadable], wanted: Sequence[str]) -> Iterator[Chunk]:
    """Single rows → chunks of at most CHUNK rows, read or unreadable, in order."""
    stream = iter(rows)
    while piece := list(islice(stream, CHUNK)):
        good = [one for one in piece if not isinstance(one, Unreadable)]
        cells = list(zip(*(values for _, values in good), strict=True)) or [()] * len(wanted)
        yield Chunk(
            rows=[number for number, _ in good],
            columns=dict(zip(wanted, cells, strict=True)),
            unreadable=[one for one in piece if isinstance(one, Unreadable)],
        )
