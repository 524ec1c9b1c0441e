"""Leaks: labels kept out of training because a twin of the example measures the model.

One row an example, with the twin most like it. Every function takes the open connection first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, select

from loop.ledger import schema
from loop.ledger.records import record
from loop.ledger.tables import upsert
from loop.records import Leak


def put_leaks(connection: Connection, found: Iterable[Leak]) -> None:
    """Adds leaks, or replaces what is known of the same examples."""
    upsert(connection, schema.leaks, [{name: getattr(one, name) for name in Leak.__slots__} for one in found])


def drop_leaks(connection: Connection, example_ids: Collection[str]) -> None:
    """Nothing that measures the model is like these any more: they are trained on again."""
    connection.execute(schema.leaks.delete().where(schema.leaks.c.example_id.in_(example_ids)))


def leaks(connection: Connection, *, before: int | None = None) -> tuple[Leak, ...]:
    """Leaks by example id; with `before` only those found at `weakspot init` or in an earlier round."""
    query = select(schema.leaks).order_by(schema.leaks.c.example_id)
    if before is not None:
        query = query.where(schema.leaks.c.round.is_(None) | (schema.leaks.c.round < before))
    return tuple(record(Leak, row) for row in connection.execute(query).mappings())
