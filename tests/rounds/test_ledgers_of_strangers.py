"""A ledger from elsewhere whose schema computes, or whose files are pipes: one line at once, and nothing of it runs."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from command_line import complaint, here
from made_record import made_record

from labeling.label_studio.state_folder import DATABASE, lay_out
from loop.errors import LabelerError, LedgerError
from loop.ledger import Ledger
from loop.ledger.strangers import LONGEST

pytestmark = pytest.mark.slow

ENDLESS = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT max(x) FROM r"
GUARD_SECONDS = 300
"""Only against a test that hangs: what is refused at once takes a small part of it."""
SCHEMAS = {
    "view": (
        "ALTER TABLE meta RENAME TO meta_",
        f"CREATE VIEW meta AS SELECT key, value FROM meta_ WHERE ({ENDLESS}) > 0",
    ),
    "view of zeros": (
        "ALTER TABLE rounds RENAME TO rounds_",
        "CREATE VIEW rounds AS SELECT round, hex(zeroblob(450000000)) AS code_version FROM rounds_",
    ),
    "trigger": (f"CREATE TRIGGER t AFTER UPDATE ON meta BEGIN {ENDLESS}; END",),
    "generated column": ("ALTER TABLE meta ADD COLUMN more AS (zeroblob(200000000))",),
    "virtual table": ("CREATE VIRTUAL TABLE more USING fts5(words)",),
}
COMMANDS = (("status",), ("report",), ("verify",), ("promote", "0"))


def _change(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.execute("PRAGMA journal_mode=DELETE")


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_schema_that_computes_is_refused_by_every_command(tmp_path: Path, kind: str) -> None:
    desk = made_record(tmp_path / "desk")
    _change(desk / ".weakspot" / "ledger.db", *SCHEMAS[kind])
    for command in COMMANDS:
        told = complaint(here(*command, "--project", desk))
        assert f"ledger.db holds the {kind.removesuffix(' of zeros')} " in told
        assert "put back a copy" in told


@pytest.mark.parametrize("way", ["open", "read", "look"])
def test_no_way_to_open_a_ledger_takes_a_view(tmp_path: Path, way: str) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    Ledger.open(url).close()
    _change(tmp_path / "ledger.db", *SCHEMAS["view"])
    with pytest.raises(LedgerError, match="holds the view 'meta'"):
        _opened(url, way)


def _opened(url: str, way: str) -> None:
    if way != "look":
        Ledger.open(url, read_only=way == "read")
    elif (ledger := Ledger.look(url)) is not None:
        with ledger, ledger.read():
            pass


def test_a_connection_is_limited(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger, ledger.read() as connection:
        assert connection.exec_driver_sql("PRAGMA trusted_schema").scalar() == 0
        assert connection.exec_driver_sql("PRAGMA cell_size_check").scalar() == 1
        with pytest.raises(Exception, match="too big"):
            connection.exec_driver_sql(f"SELECT length(zeroblob({LONGEST + 1}))")


def _pipe(file: Path) -> None:
    file.unlink(missing_ok=True)
    os.mkfifo(file)


def _link(file: Path) -> None:
    file.unlink(missing_ok=True)
    file.symlink_to("/dev/zero")


@pytest.mark.parametrize("name", ["ledger.db", "ledger.db-journal", "ledger.db-wal"])
@pytest.mark.parametrize("make", [_pipe, _link])
def test_a_pipe_or_a_device_among_the_files_of_a_ledger_is_not_waited_for(
    tmp_path: Path, name: str, make: Callable[[Path], None]
) -> None:
    desk = made_record(tmp_path / "desk")
    make(desk / ".weakspot" / name)
    for command in ("status", "doctor"):
        said = subprocess.run(
            [sys.executable, "-c", "from loop.cli import main; main()", command, "--project", str(desk)],
            capture_output=True,
            text=True,
            timeout=GUARD_SECONDS,
            check=False,
        )
        assert said.returncode == 1
        assert "Traceback" not in said.stderr
        # The ledger itself may be a link: its target counts.
        odd = "/dev/zero" if make is _link and name == "ledger.db" else name
        assert f"{odd} is not a regular file" in said.stdout + said.stderr


@pytest.mark.parametrize("end", ["", "-journal", "-wal", "-shm"])
@pytest.mark.parametrize("way", ["open", "read", "look"])
def test_each_file_of_a_ledger_is_a_regular_one(tmp_path: Path, end: str, way: str) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    Ledger.open(url).close()
    file = tmp_path / f"ledger.db{end}"
    file.unlink(missing_ok=True)
    file.mkdir()  # Not a pipe: this process would wait if the law did not hold.
    with pytest.raises(LedgerError, match=f"ledger.db{end} is not a regular file"):
        _opened(url, way)


def test_a_label_studio_with_a_pipe_for_a_database_is_not_laid_out(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / f"{DATABASE}-journal").mkdir()
    with pytest.raises(LabelerError, match="is not a regular file"):
        lay_out(tmp_path, tmp_path / "template")
