"""The throw-away PostgreSQL of the test run is a real one."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

pytestmark = pytest.mark.postgresql


def test_the_test_runs_own_postgresql_answers(postgresql_url: str) -> None:
    engine = create_engine(postgresql_url)
    with engine.connect() as connection:
        assert "PostgreSQL" in connection.execute(text("select version()")).scalar_one()
    engine.dispose()
