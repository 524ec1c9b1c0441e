"""A migration that is killed leaves the old schema or the new one, and the same command goes through.

child ─► Ledger.open, SIGKILL before its k-th statement, for every k ─► schema as before or as after ─► Ledger.open
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, inspect, text

from loop.errors import LedgerError
from loop.ledger import Ledger
from loop.ledger.engine import sqlite_engine, writing
from loop.ledger.migrating import head, upgrade, version

pytestmark = pytest.mark.slow

LABEL = "INSERT INTO labels VALUES ('a', 'refund', 'train', 'seed', NULL, 0, NULL)"


def child(work: Callable[[], None], *, kill_before: int | None = None) -> int:
    """Runs `work` in a fork that dies before its so-many-th statement; its exit status, negative for a signal."""
    pid = os.fork()
    if pid == 0:
        count = 0

        def counted(*_: object) -> None:
            nonlocal count
            count += 1
            if count == kill_before:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(Engine, "before_cursor_execute", counted)
        try:
            work()
        except BaseException:  # noqa: BLE001 the fork must not go on as a second test run
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def opened(url: str) -> None:
    Ledger.open(url).close()


def older(file: Path, revision: str | None) -> None:
    """A ledger of an earlier version that holds a label; an empty file for None."""
    engine = sqlite_engine(create_engine(f"sqlite:///{file}").url, read_only=False, busy_seconds=5, copy=None)
    with writing(engine) as connection:
        if revision is not None:
            upgrade(connection, revision)
            connection.execute(text(LABEL))
    engine.dispose()


def schema(file: Path) -> tuple[set[str], str | None]:
    """Tables with their columns, and the version."""
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        made = inspect(connection)
        tables = {f"{t} {sorted(c['name'] for c in made.get_columns(t))}" for t in made.get_table_names()}
        found = version(connection)
    engine.dispose()
    return tables, found


def labels(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute("SELECT count(*) FROM labels").fetchone()[0])


EVERY = [7, pytest.param(1, marks=pytest.mark.bench)]
"""How many statements lie between two kills."""


@pytest.mark.parametrize("step", EVERY)
@pytest.mark.parametrize("start", [None, "0001", "0002"])
def test_a_kill_at_any_statement_leaves_the_old_or_the_new_schema(tmp_path: Path, start: str | None, step: int) -> None:
    first, finished = tmp_path / "first.db", tmp_path / "finished.db"
    older(first, start)
    Ledger.open(f"sqlite:///{finished}").close()
    status, k = -signal.SIGKILL, 0
    while status == -signal.SIGKILL:
        k += step
        file = Path(shutil.copy(first, tmp_path / f"{k}.db"))
        before = schema(file)
        status = child(partial(opened, f"sqlite:///{file}"), kill_before=k)
        assert schema(file) in (before, schema(finished))
        Ledger.open(f"sqlite:///{file}").close()
        assert schema(file) == schema(finished)
        assert labels(file) == (0 if start is None else 1)
    assert (status, k > 20) == (0, True)


@pytest.mark.parametrize("step", EVERY)
@pytest.mark.parametrize("start", [None, "0001", "0002"])
def test_what_an_older_weakspot_left_half_made_is_finished(tmp_path: Path, start: str | None, step: int) -> None:
    """Up to 0.1 each CREATE and ALTER was committed by itself."""

    def as_before(file: Path) -> None:
        with create_engine(f"sqlite:///{file}").connect() as connection:
            upgrade(connection, "0003")
            connection.commit()

    first = tmp_path / "first.db"
    older(first, start)
    status, k, halves = -signal.SIGKILL, 0, 0
    while status == -signal.SIGKILL:
        k += step
        file = Path(shutil.copy(first, tmp_path / f"{k}.db"))
        before = schema(file)
        status = child(partial(as_before, file), kill_before=k)
        halves += status != 0 and schema(file) != before
        Ledger.open(f"sqlite:///{file}").close()
        assert schema(file)[1] == head()
        assert labels(file) == (0 if start is None else 1)
    assert (status, halves > 0) == (0, True)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE bundles (round INTEGER); INSERT INTO bundles VALUES (1)",
        "CREATE TABLE notes (words TEXT); INSERT INTO notes VALUES ('mine')",
        "ALTER TABLE labels ADD COLUMN mine TEXT; "
        "INSERT INTO labels VALUES ('b', 'x', 'dev', 'seed', NULL, 0, NULL, 'y')",
    ],
)
def test_leftovers_that_hold_rows_are_kept_and_the_advice_works(tmp_path: Path, sql: str) -> None:
    file, copy = tmp_path / "ledger.db", tmp_path / "copy.db"
    older(copy, "0002")
    file.write_bytes(copy.read_bytes())
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(sql)
    before = schema(file)
    with pytest.raises(LedgerError, match="put back a copy of the file"):
        Ledger.open(f"sqlite:///{file}")
    assert schema(file) == before
    file.write_bytes(copy.read_bytes())
    Ledger.open(f"sqlite:///{file}").close()


@pytest.mark.parametrize("start", [None, "0001"])
def test_four_at_once_all_go_through(tmp_path: Path, start: str | None) -> None:
    file = tmp_path / "ledger.db"
    if start:
        older(file, start)
    assert together(4, partial(opened, f"sqlite:///{file}")) == [0] * 4
    assert schema(file)[1] == head()


def together(count: int, work: Callable[[], None]) -> list[int]:
    """`work` in so many forks that begin at the same moment."""
    ready, go = os.pipe(), os.pipe()
    pids = []
    for _ in range(count):
        pid = os.fork()
        if pid == 0:
            os.write(ready[1], b".")
            os.read(go[0], 1)
            try:
                work()
            except BaseException:  # noqa: BLE001 the fork must not go on as a second test run
                os._exit(1)
            os._exit(0)
        pids.append(pid)
    for _ in pids:
        os.read(ready[0], 1)
    os.write(go[1], b"." * count)
    return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]


@pytest.fixture
def empty_postgresql(postgresql_url: str) -> str:
    engine = create_engine(postgresql_url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
    engine.dispose()
    return postgresql_url


@pytest.mark.postgresql
def test_on_postgresql_a_kill_leaves_nothing_and_four_at_once_all_go_through(empty_postgresql: str) -> None:
    url = empty_postgresql
    for k in (3, 12, 30, 45):
        assert child(partial(opened, url), kill_before=k) == -signal.SIGKILL
        engine = create_engine(url)
        with engine.connect() as connection:
            assert inspect(connection).get_table_names() == []
        engine.dispose()
    assert together(4, partial(opened, url)) == [0] * 4
    Ledger.open(url, read_only=True).close()
