"""Rows as they stand, for bundles, and the hash of each round's bundle.

Every function takes the open connection first, so that a caller can put several into one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

from loop.ledger import schema
from loop.ledger.records import record
from loop.ledger.tables import upsert


@dataclass(frozen=True, slots=True)
class BundleRow:
    """The bundle of one finished round."""

    round: int
    digest: str
    """Of the bundle's manifest, and so of every file in it."""
    at: str
    """The moment the round was finished."""


def put_bundle(connection: Connection, row: BundleRow) -> None:
    """Notes a bundle; call it in the transaction that finishes the round."""
    upsert(connection, schema.bundles, [{name: getattr(row, name) for name in BundleRow.__slots__}])


def bundles(connection: Connection) -> tuple[BundleRow, ...]:
    """All bundles, oldest first."""
    found = connection.execute(select(schema.bundles).order_by(schema.bundles.c.round)).mappings()
    return tuple(record(BundleRow, row) for row in found)


def rows(connection: Connection, table: Table, *where: ColumnElement[bool]) -> list[dict[str, Any]]:
    """Whole rows of a table as plain values, by primary key."""
    query = select(table).where(*where).order_by(*table.primary_key.columns)
    return [dict(row) for row in connection.execute(query).mappings()]
