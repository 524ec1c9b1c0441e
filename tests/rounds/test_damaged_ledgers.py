"""A ledger whose rows hold what weakspot never writes there: each command says so in a line, or does without.

a project after two rounds ─► one column of one table damaged ─► commands that read ─► no traceback, no hang
"""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from command_line import LOOKING, here
from made_record import made_record

from loop.ledger.schema import metadata

pytestmark = pytest.mark.slow
VALUES = (b"\xff\xfe", "x", "", -1, 10**15, "[", "[[[1]]]", '{"a": {"b": 1}}', "NaN", None, 1.5, "\x1b]0;owned\x07")
COMMANDS = (("report",), *LOOKING)
COLUMNS = tuple((name, column.name) for name, table in metadata.tables.items() for column in table.columns)
FEW = 60


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_record(tmp_path_factory.mktemp("damaged") / "desk")


@pytest.fixture
def connection(desk: Path) -> Iterator[sqlite3.Connection]:
    ledger = desk / ".weakspot" / "ledger.db"
    whole = ledger.read_bytes()
    with contextlib.closing(sqlite3.connect(ledger, isolation_level=None)) as opened:
        yield opened
    for path in (ledger, ledger.with_name("ledger.db-wal"), ledger.with_name("ledger.db-shm")):
        path.unlink(missing_ok=True)
    ledger.write_bytes(whole)


def _damaged(connection: sqlite3.Connection, column: tuple[str, str], value: object) -> bool:
    """Whether the database took it; its own rules keep some of it out."""
    table, name = column
    try:
        return connection.execute(f'UPDATE "{table}" SET "{name}" = ?', [value]).rowcount > 0
    except sqlite3.IntegrityError:
        return False


def _check(desk: Path, connection: sqlite3.Connection, column: tuple[str, str], value: object, *words: str) -> None:
    example = connection.execute("SELECT example_id FROM labels LIMIT 1").fetchone()
    said = here(*(word.format(example=(example or ["x"])[0]) for word in words), "--project", desk)
    assert said.status in (0, 1), (words, column, value, said.err)
    assert "Traceback" not in said.err
    assert said.status == 0 or words == ("verify",) or said.err.count("weakspot: ") == 1, (words, column, value, said)
    assert "\x1b]0;" not in said.out + said.err


def test_a_damaged_value_is_told_in_a_line(desk: Path, connection: sqlite3.Connection) -> None:
    draw = random.Random(5)
    taken = 0
    for column in draw.sample(COLUMNS, len(COLUMNS)):
        value = draw.choice(VALUES)
        saved = sqlite3.connect(":memory:")
        connection.backup(saved)
        if _damaged(connection, column, value):
            taken += 1
            _check(desk, connection, column, value, *draw.choice(COMMANDS))
        saved.backup(connection)
        saved.close()
    assert taken >= FEW


@pytest.mark.bench
@pytest.mark.timeout(3600)
def test_every_damaged_value_is_told_in_a_line(desk: Path, connection: sqlite3.Connection) -> None:
    for column, value in product(COLUMNS, VALUES):
        saved = sqlite3.connect(":memory:")
        connection.backup(saved)
        if _damaged(connection, column, value):
            for words in COMMANDS:
                _check(desk, connection, column, value, *words)
        saved.backup(connection)
        saved.close()
