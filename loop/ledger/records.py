"""Rows → records, checked: a ledger that was damaged or made by somebody else is reported, and never half read.

    row of a table ─► record(Pick, row) ─► Pick, or LedgerError with the column, what it holds and what was wanted
    JSON column ────► json_value(text) ──► value, or LedgerError

SQLite keeps any value in any column, so that a schema alone promises nothing about what a file holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import RowMapping

from loop.errors import LedgerError
from loop.json_reading import parse

Record = TypeVar("Record")
SHOWN = 60
DO = "put back a backup of the ledger; `weakspot verify` says what else is damaged"


def record(kind: type[Record], row: Mapping[str, Any] | RowMapping, **more: Any) -> Record:
    """A dataclass from the columns that carry its fields' names, and from `more`; enums and records inside too.

    Raises LedgerError for a value that its field does not take.
    """
    of: Any = kind
    adapter: TypeAdapter[Record]
    adapter, names = _adapter(of)
    values = {name: row[name] for name in names if name in row} | more
    try:
        return adapter.validate_python(values)
    except ValidationError as error:
        raise _ledger_error(kind, error) from None


def json_value(text: str) -> Any:
    """The value of a JSON column. Raises LedgerError when it is no JSON."""
    try:
        return parse(text)
    except ValueError:
        raise LedgerError(f"the ledger holds {_short(text)} where JSON was wanted", do=DO) from None


@cache
def _adapter(kind: Any) -> tuple[TypeAdapter[Any], tuple[str, ...]]:
    return TypeAdapter(kind), tuple(field.name for field in fields(kind))


def _ledger_error(kind: type[Any], error: ValidationError) -> LedgerError:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return LedgerError(
        f"the ledger holds a {kind.__name__} whose {where} is {_short(first['input'])}", wanted=first["msg"], do=DO
    )


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
