"""What PostgreSQL refuses, a NUL or a text longer than its column, is written alike to both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from loop.ledger import Ledger, schema
from loop.ledger.tables import upsert

LONG = "channel=" + "x" * 500


def _written(url: str) -> list[str]:
    rows = [
        {"round": 0, "name": name, "columns": ["channel"], "n": 20, "errors": 1}
        | dict.fromkeys(("rate", "low", "high", "rest", "p_value"), 0.1)
        for name in (LONG + "a", LONG + "b", "a\x00b", "short")
    ]
    with Ledger.open(url) as ledger, ledger.begin() as connection:
        upsert(
            connection,
            schema.rounds,
            [
                {
                    "round": 0,
                    "config": {},
                    "config_digest": "x",
                    "code_version": "1",
                    "started_at": "2026-01-01",
                    "finished_at": None,
                }
            ],
        )
        upsert(connection, schema.found_slices, rows)
        upsert(connection, schema.found_slices, rows)
        return sorted(connection.execute(select(schema.found_slices.c.name)).scalars())


def _right(names: list[str]) -> bool:
    long = [name for name in names if len(name) == 255]
    return len(names) == 4 and len(set(long)) == 2 and {"short", "a\ufffdb"} < set(names)


def test_long_texts_stay_apart_and_nul_is_replaced(tmp_path: Path) -> None:
    assert _right(_written(f"sqlite:///{tmp_path / 'ledger.db'}"))


@pytest.mark.postgresql
def test_the_same_on_postgresql(postgresql_url: str) -> None:
    assert _right(_written(postgresql_url))
