"""The error rate of every round's model, measured anew whenever answers came.

Every function takes the open connection first, so that a caller can put several into one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from loop.ledger import schema
from loop.ledger.records import record
from loop.records import Estimate


@dataclass(frozen=True, slots=True)
class EstimateRow:
    """One estimate, and when it was made."""

    at_round: int
    """Made in this round, from the answers there were."""
    round: int
    """Of this round's model."""
    estimate: Estimate
    headline: bool
    """The one people are shown."""
    gold_version: str
    """Hash of the examples and answers it was measured on."""


def put_estimates(connection: Connection, at_round: int, rows: Iterable[EstimateRow]) -> None:
    """Replaces what was estimated in this round."""
    connection.execute(delete(schema.estimates).where(schema.estimates.c.at_round == at_round))
    values = [_fields(row) for row in rows]
    if values:
        connection.execute(insert(schema.estimates), values)


def estimates(connection: Connection, *, at_round: int | None = None) -> tuple[EstimateRow, ...]:
    """What was estimated in this round; None: in the newest that estimated anything. By model and estimator."""
    table = schema.estimates
    at = at_round if at_round is not None else connection.execute(select(func.max(table.c.at_round))).scalar()
    query = select(table).where(table.c.at_round == at).order_by(table.c.round, table.c.on, table.c.estimator)
    return tuple(
        record(EstimateRow, row, estimate=record(Estimate, row)) for row in connection.execute(query).mappings()
    )


def _fields(row: EstimateRow) -> dict[str, Any]:
    own = {name: getattr(row, name) for name in ("at_round", "round", "headline", "gold_version")}
    return {**own, **asdict(row.estimate)}
