"""One worker a ledger, kept by the database: refused, taken over from the dead, and fenced; on both databases."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from loop.errors import LedgerError
from loop.ledger import Ledger, progress, worker

TAKE_AND_DIE = """
import os, signal, sys
from loop.ledger import Ledger
with Ledger.open(sys.argv[1]) as ledger, ledger.only_worker("run"):
    print("held", flush=True)
    sys.stdin.read(1)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/ledger.db"
        return
    found: str = request.getfixturevalue("postgresql_url")
    execute(found, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    yield found


def execute(url: str, sql: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(sql))
    engine.dispose()


def write(ledger: Ledger, value: str) -> None:
    with ledger.begin() as connection:
        progress.put(connection, "key", value)


def value(ledger: Ledger) -> str | None:
    with ledger.read() as connection:
        return progress.get(connection, "key")


def test_a_second_worker_is_refused_and_told_who_works(url: str) -> None:
    with Ledger.open(url) as one, Ledger.open(url) as two, one.only_worker("run"):
        message = f"another `weakspot run` works on this ledger .process {os.getpid()} on {socket.gethostname()}"
        with pytest.raises(LedgerError, match=message), two.only_worker("promote"):
            pytest.fail("two workers")
        write(one, "mine")
    with Ledger.open(url) as two, two.only_worker("promote"):
        write(two, "mine too")


def test_a_living_worker_of_another_process_is_named_and_a_dead_one_is_succeeded(url: str) -> None:
    command = [sys.executable, "-c", TAKE_AND_DIE, url]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other,
        Ledger.open(url) as ledger,
    ):
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(LedgerError, match=f"process {other.pid} on"), ledger.only_worker("run"):
            pytest.fail("two workers")
        other.stdin.write(".")
        other.stdin.flush()
        assert other.wait() == -signal.SIGKILL
        with ledger.only_worker("run"):
            write(ledger, "taken over")


def test_an_owner_with_the_same_id_in_another_boot_is_dead(url: str) -> None:
    with Ledger.open(url) as ledger:
        with ledger.begin() as connection:
            stale = f'{{"token": "t", "host": "{socket.gethostname()}", "boot": "b", "pid": 1, "started": 1.0}}'
            progress.put(connection, worker.WORKER, stale)
        with ledger.only_worker("run"):
            write(ledger, "mine")


def test_who_lost_the_lock_to_another_writes_nothing_more(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "RETRY_SECONDS", 0.01)
    with Ledger.open(url) as one, Ledger.open(url) as two, one.only_worker("run"):
        write(one, "one")
        lose(url)
        with two.only_worker("run"):
            write(two, "two")
            with pytest.raises(LedgerError, match="another weakspot has taken this ledger over"):
                write(one, "one again")
            assert value(two) == "two"
        # Also when the other one has come to its end since.
        with pytest.raises(LedgerError, match="taken this ledger over"):
            write(one, "one again")
        assert value(two) == "two"


def lose(url: str) -> None:
    """The lock of whoever holds it goes: its session is ended, or somebody deletes the file."""
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///") + ".lock").unlink()
        return
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"))
        # A session ends some time after it was told to.
        while connection.execute(text("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'")).first():
            time.sleep(0.01)
    engine.dispose()


def test_two_names_of_one_file_are_one_ledger(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").symlink_to(tmp_path / "a")
    refused = pytest.raises(LedgerError, match="works on this ledger")
    with Ledger.open(f"sqlite:///{tmp_path}/a/l.db") as one, Ledger.open(f"sqlite:///{tmp_path}/b/l.db") as two:  # noqa: SIM117
        with one.only_worker("run"), refused, two.only_worker("run"):
            pytest.fail("two workers")


@pytest.mark.postgresql
def test_a_lock_whose_connection_was_cut_is_taken_again(postgresql_url: str) -> None:
    with Ledger.open(postgresql_url) as one, Ledger.open(postgresql_url) as two, one.only_worker("run"):
        for n in range(3):
            lose(postgresql_url)
            write(one, str(n))
            with pytest.raises(LedgerError, match="works on this ledger"), two.only_worker("run"):
                pytest.fail("two workers")
        assert value(two) == "2"


def test_rows_read_in_a_transaction_that_writes_stay_true(tmp_path: Path) -> None:
    """A reader that turns writer halfway would overwrite what came in between."""
    with (
        Ledger.open(f"sqlite:///{tmp_path}/l.db", busy_seconds=0.05) as one,
        Ledger.open(f"sqlite:///{tmp_path}/l.db", busy_seconds=0.05) as two,
    ):
        with one.begin() as connection:
            assert progress.get(connection, "key") is None
            with pytest.raises(LedgerError, match="locked"):
                write(two, "between")
            progress.put(connection, "key", "one")
        assert value(two) == "one"
