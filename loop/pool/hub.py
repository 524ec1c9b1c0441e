"""hf://OWNER/NAME?split=train&config=...&revision=... → chunks, through the `datasets` library.

`split` is "train" unless named. A row number counts from 1. Label numbers become the names the data set gives them;
the turns of a chat, which `datasets` may hand out as one object of lists, become a list of turns again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl

from loop.errors import DataError
from loop.pool.chunks import CHUNK, Chunk, Row, as_text, in_chunks

PREFIX = "hf://"
OPTIONS = ("split", "config", "revision")
TURN = (("role", "content"), ("from", "value"))
"""What every turn of a chat says, in the two common formats."""


def columns(address: str) -> tuple[str, ...]:
    """The names of the columns. Raises DataError when the data set cannot be had."""
    return tuple(_loaded(address).column_names)


def chunks(address: str, wanted: Sequence[str]) -> Iterator[Chunk]:
    """The rows, a chunk at a time, read from the memory-mapped copy that `datasets` keeps."""
    return in_chunks(_rows(_loaded(address), wanted), wanted)


def parsed(address: str) -> tuple[str, dict[str, str]]:
    """hf://OWNER/NAME?split=test → ("OWNER/NAME", {"split": "test"}). Raises DataError for another form."""
    name, _, query = address.removeprefix(PREFIX).partition("?")
    options = {"split": "train", **dict(parse_qsl(query))}
    unknown = [key for key in options if key not in OPTIONS]
    if not name or unknown:
        raise DataError(
            f"{address}: " + (f"unknown part {unknown[0]!r}" if unknown else "no name"),
            wanted="hf://OWNER/NAME, with ?split=...&config=...&revision=... where needed",
        )
    return name, options


def _rows(loaded: Any, wanted: Sequence[str]) -> Iterator[Row]:
    names = {column: getattr(loaded.features[column], "names", None) for column in wanted}
    for start in range(0, len(loaded), CHUNK):
        batch = loaded[start : start + CHUNK]
        for place, values in enumerate(zip(*(batch[column] for column in wanted), strict=True)):
            cells = zip(wanted, values, strict=True)
            yield start + place + 1, [_cell(value, names[column]) for column, value in cells]


def _cell(value: object, names: Sequence[str] | None) -> str | None:
    """A class label is kept as a number; -1 means that there is none."""
    if names and isinstance(value, int):
        return names[value] if value >= 0 else None
    return as_text(_turns(value))


def _turns(value: object) -> object:
    """{"role": ["user", ...], "content": ["no signal", ...]} → a list of turns; anything else as it is."""
    if not isinstance(value, dict) or not all(isinstance(part, list) for part in value.values()):
        return value
    same = len({len(part) for part in value.values()}) == 1
    if not same or not any(set(pair) <= set(value) for pair in TURN):
        return value
    return [dict(zip(value, turn, strict=True)) for turn in zip(*value.values(), strict=True)]


def _loaded(address: str) -> Any:
    name, options = parsed(address)
    try:
        import datasets
    except ModuleNotFoundError:
        raise DataError(
            f"{address} needs the `datasets` library, which is not installed", do="pip install 'weakspot[hub]'"
        ) from None
    try:
        return datasets.load_dataset(
            name, options.get("config"), split=options["split"], revision=options.get("revision")
        )
    # Not found, no network, unknown split or configuration: `datasets` tells them by these.
    except (OSError, ValueError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DataError(
            f"{address} cannot be loaded: {first}",
            do="check the name, ?split= and ?config=, and the network; or download it and name the file",
        ) from None
