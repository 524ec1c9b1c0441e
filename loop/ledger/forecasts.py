"""What the planner expected, one row a round.

Every function takes the open connection first, so that a caller can put several into one transaction.
"""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Connection, select

from loop.ledger import schema
from loop.ledger.records import record
from loop.ledger.tables import upsert
from loop.records import Forecast


def put_forecast(connection: Connection, forecast: Forecast) -> None:
    """Writes the forecast made after a round, or replaces it."""
    values = asdict(forecast)
    values["details"] = dict(forecast.details)
    upsert(connection, schema.forecasts, [values])


def forecasts(connection: Connection) -> tuple[Forecast, ...]:
    """All forecasts, oldest first."""
    rows = connection.execute(select(schema.forecasts).order_by(schema.forecasts.c.round)).mappings()
    return tuple(record(Forecast, row) for row in rows)
