"""The regression set: examples that a champion mended and that must stay mended.

Every function takes the open connection first, so that a caller can put several into one transaction.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, insert, select

from loop.ledger import schema


def regression(connection: Connection) -> dict[str, int]:
    """Example id → the round whose model mended it, by id."""
    query = select(schema.regression).order_by(schema.regression.c.example_id)
    return {row.example_id: row.fixed_in for row in connection.execute(query).all()}


def add_regression(connection: Connection, example_ids: Collection[str], *, fixed_in: int) -> None:
    """Adds examples that a round's model mended; one that is there already stays as it is, and none ever leaves."""
    new = sorted(set(example_ids) - set(regression(connection)))
    if new:
        connection.execute(insert(schema.regression), [{"example_id": id_, "fixed_in": fixed_in} for id_ in new])
