"""The files of a bundle: which there are, how they are written, and what form they must have to be read.

to_text(file, content) ─► text         parsed(path) ─► content, its rows checked against the tables of the ledger
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Column, Table

from loop.ledger import schema
from loop.step_files import misfit, read_json, read_jsonl

OF_THE_TOOL = ("raw", "seen_in")
"""Columns of an answer that speak of the labeling tool, not of what was said."""
FILES = (
    "round.json",
    "data.json",
    "picks.jsonl",
    "measurements.json",
    "estimates.json",
    "spots.json",
    "decisions.json",
    "edits.json",
    "annotations.jsonl",
    "labels.jsonl",
    "preferences.jsonl",
    "leaks.jsonl",
    "regression.jsonl",
    "artifacts.json",
    "previous.json",
)
KINDS: Mapping[str, Any] = {
    "round.json": dict[str, Any],
    "data.json": dict[str, Any],
    "spots.json": dict[str, Any],
    "artifacts.json": dict[str, str],
    "previous.json": dict[str, int | str | None],
}
"""File → its type, where that is not a list of rows."""
TABLES = {
    "picks.jsonl": schema.picks,
    "measurements.json": schema.measurements,
    "estimates.json": schema.estimates,
    "decisions.json": schema.decisions,
    "edits.json": schema.spot_edits,
    "annotations.jsonl": schema.annotations,
    "labels.jsonl": schema.labels,
    "preferences.jsonl": schema.preferences,
    "leaks.jsonl": schema.leaks,
    "regression.jsonl": schema.regression,
}
PARTS: Mapping[str, Mapping[str, Table]] = {
    "round.json": {"steps": schema.steps},
    "spots.json": {
        "rounds": schema.spot_rounds,
        "lives": schema.spot_lives,
        "slices": schema.found_slices,
        "named": schema.spots,
    },
}
"""File → part of it → the table whose rows that part holds."""


def to_text(file: str, content: Any) -> str:
    """A file's text: the same bytes for the same content."""
    if file.endswith(".jsonl"):
        return "".join(json.dumps(row, sort_keys=True, ensure_ascii=False) + "\n" for row in content)
    return json.dumps(content, sort_keys=True, ensure_ascii=False, indent=1) + "\n"


def parsed(path: Path) -> Any:
    """What `to_text` was given. Raises ArtifactError when it is not of the form that a bundle has."""
    if path.suffix == ".jsonl":
        content: Any = read_jsonl(path, dict[str, Any])
    else:
        content = read_json(path, KINDS.get(path.name, list[dict[str, Any]]))
    for table, rows in _rows_of(path.name, content):
        what = _misfit(table, rows)
        if what:
            raise misfit(path, what)
    return content


def _rows_of(file: str, content: Any) -> Iterator[tuple[Table, Any]]:
    """The tables whose rows a file holds, with these rows."""
    if file in TABLES:
        yield TABLES[file], content
    for part, table in PARTS.get(file, {}).items():
        yield table, content.get(part)


def _misfit(table: Table, rows: Any) -> str:
    """Why these cannot be rows of the table, in words; empty when they can. Columns that came later may be missing."""
    columns = [column for column in table.columns if column.name not in OF_THE_TOOL]
    if not isinstance(rows, list):
        return f"there is no list of the rows of {table.name}"
    for n, row in enumerate(rows, start=1):
        for column in columns:
            must = not column.nullable and column.server_default is None
            value = row.get(column.name) if isinstance(row, dict) else None
            if value is None and must:
                return f"row {n} of {table.name} has no {column.name}"
            if value is not None and not isinstance(value, _types(column)):
                return f"row {n} of {table.name} has {column.name} {type(value).__name__}"
    return ""


def _types(column: Column[Any]) -> tuple[type, ...]:
    """The types JSON has for a column's values."""
    if isinstance(column.type, JSON):
        return (object,)
    kind = column.type.python_type
    return (int, float) if kind is float else (kind,)
