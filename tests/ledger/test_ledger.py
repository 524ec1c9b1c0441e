"""The ledger on SQLite and on PostgreSQL: the same laws on both."""

from __future__ import annotations

import contextlib
import importlib
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from loop.errors import LedgerError
from loop.ledger import Ledger, figures, people, progress
from loop.ledger.figures import Decision, ModelRow
from loop.ledger.migrating import head
from loop.ledger.progress import Event, Heartbeat, RoundRow
from loop.ledger.schema import metadata
from loop.records import (
    Annotation,
    AnswerState,
    Comparison,
    Label,
    Measurement,
    Pick,
    PickKind,
    Role,
    SentTask,
    Spot,
)

AT = "2026-01-01T00:00:00.000000+00:00"
PICK = Pick("a" * 16, PickKind.WEAK, "margin", "because", None, 0.5, 3, "refund", 0.4, True)
ANSWER = Annotation(
    "7:1", "t1", "ann@example.com", AnswerState.ANSWERED, "refund", ("ambiguous",), "hm", None, 2.5, AT, AT, {"x": 1}
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    found: str = request.getfixturevalue("postgresql_url")
    engine = create_engine(found.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        for table in [*inspect(connection).get_table_names()]:
            connection.execute(text(f'DROP TABLE "{table}" CASCADE'))
    engine.dispose()
    return found


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with Ledger.open(url) as opened:
        with opened.begin() as connection:
            progress.open_round(connection, RoundRow(0, {"b": 1, "a": {"z": 2, "y": 3}}, "d", "0.1", AT, None))
        yield opened


def test_the_migrations_make_exactly_the_schema_the_code_speaks_of(ledger: Ledger) -> None:
    with ledger.read() as connection:
        made = inspect(connection)
        for table in metadata.sorted_tables:
            columns = {column["name"]: column["nullable"] for column in made.get_columns(table.name)}
            assert columns == {column.name: bool(column.nullable) for column in table.columns}
        assert set(made.get_table_names()) == {*metadata.tables, "alembic_version"}


def test_a_round_keeps_its_config_with_the_order_of_its_keys(ledger: Ledger) -> None:
    with ledger.read() as connection:
        (row,) = progress.rounds(connection)
    assert list(row.config["a"]) == ["z", "y"]


def test_an_interrupted_transaction_leaves_nothing(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError), ledger.begin() as connection:
        progress.put(connection, "key", "value")
        raise ZeroDivisionError
    with ledger.read() as connection:
        assert progress.get(connection, "key") is None


def test_a_step_that_begins_again_is_running_again(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        progress.begin_step(connection, 0, "train", at=AT)
        progress.finish_step(connection, 0, "train", outcome={"n": 1}, inputs="d", at=AT, seconds=1.5, peak_mb=9.0)
        assert progress.steps(connection, 0)[0].outcome == {"n": 1}
        progress.begin_step(connection, 0, "train", at=AT)
        (row,) = progress.steps(connection)
    assert (row.state, row.outcome, row.seconds) == ("running", None, None)


def test_picks_and_tasks_come_back_as_they_went_in_and_writing_twice_changes_nothing(ledger: Ledger) -> None:
    audit = replace(PICK, example_id="b" * 16, kind=PickKind.AUDIT, inclusion_probability=0.25)
    for _ in range(2):
        with ledger.begin() as connection:
            people.add_picks(connection, 0, {"t2": audit, "t1": PICK})
            people.add_tasks(connection, [SentTask("t1", "11", "http://x/11")], project_id="5", at=AT)
    with ledger.read() as connection:
        first, second = people.picks(connection, round_=0)
        assert (first.ext_id, first.pick, first.task) == ("t2", audit, None)
        assert (second.pick, second.task, second.task_state) == (PICK, SentTask("t1", "11", "http://x/11"), "sent")
        assert people.asked(connection) == {"a" * 16, "b" * 16}


def test_annotations_that_vanish_are_kept_as_deleted_and_edits_replace(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        people.add_picks(connection, 0, {"t1": PICK})
        assert people.replace_annotations(connection, {"t1": [ANSWER], "stranger": [ANSWER]}) == 1
        assert people.replace_annotations(connection, {"t1": [ANSWER]}) == 0
        edited = replace(ANSWER, label="other")
        assert people.replace_annotations(connection, {"t1": [edited]}) == 1
        assert people.answers(connection) == (edited,)
        assert people.replace_annotations(connection, {"t1": []}) == 1
        (kept,) = people.answers(connection)
    assert (kept.state, kept.label) == (AnswerState.DELETED, "other")


def test_a_task_that_is_gone_is_told_once(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        people.add_picks(connection, 0, {"t1": PICK})
        people.add_tasks(connection, [SentTask("t1", "11", "u")], project_id="5", at=AT)
        assert people.mark_present(connection, {"t1"}) == ()
        assert people.mark_present(connection, set()) == ("t1",)
        assert people.mark_present(connection, set()) == ()


def test_labels_are_replaced_by_example_and_can_leave(ledger: Ledger) -> None:
    label = Label("a" * 16, "refund", Role.TRAIN, "people", 0, 1, 1.0)
    with ledger.begin() as connection:
        people.put_labels(connection, [label, Label("b" * 16, "x", Role.DEV, "seed", None, 0, None)])
        people.put_labels(connection, [replace(label, label="other")])
        assert [row.label for row in people.labels(connection)] == ["other", "x"]
        assert people.labels(connection, roles=[Role.DEV])[0].round is None
        people.drop_labels(connection, ["a" * 16])
        assert people.count_labels(connection) == {Role.TRAIN: 0, Role.DEV: 1, Role.AUDIT: 0}


def test_the_champion_is_the_last_model_that_was_not_held_back(ledger: Ledger) -> None:
    comparison = Comparison(n=10, fixed=1, broken=2, difference=0.1, low=-0.1, high=0.3, p_value=1.0, on="gold",
                            champion_errors=3)  # fmt: skip
    with ledger.begin() as connection:
        assert figures.champion(connection) is None
        for model, action in ((0, "promote"), (1, "hold"), (2, "promote"), (0, "rollback")):
            figures.decide(connection, Decision(model, model, None, action, "gate", "why", comparison, AT))
        assert figures.champion(connection) == 0
        assert figures.decisions(connection)[1].comparison == comparison


def test_models_measurements_and_spots_come_back_as_they_went_in(ledger: Ledger) -> None:
    model = ModelRow(0, "rounds/000/train", "minilm", "lora", 3, 40, 8, "digest", 1.2, {"steps": 5}, AT)
    figure = Measurement("error_rate", 0.2, 0.1, 0.3, 50, "gold", "channel=chat", "wilson")
    spot = Spot(3, "bill", 9, 5, 2, 1, 3, 1, 0.3, 0.25, 0.1, 0.5, 1.25, ("bill", "twice"), ("a", "b"))
    with ledger.begin() as connection:
        figures.add_model(connection, model)
        figures.put_measurements(connection, 0, [figure])
        figures.put_measurements(connection, 0, [figure])
        figures.put_spots(connection, 0, [replace(spot, name="another name")])
        figures.put_spots(connection, 0, [spot])
        assert figures.models(connection) == (model,)
        assert figures.measurements(connection) == {0: (figure,)}
        assert [row.spot for row in figures.spots(connection)] == [spot]


def test_events_and_heartbeats_tell_the_newest_first(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        for line in ("one", "two"):
            progress.add_event(connection, Event(AT, "info", 0, "train", line))
        before = progress.revision(connection)
        progress.add_event(connection, Event(AT, "info", 0, "train", "three"))
        assert progress.revision(connection) != before
        assert [event.message for event in progress.events(connection, limit=2)] == ["three", "two"]
        beat = Heartbeat("run", 1, AT, 0, "train", 1, 2, "")
        progress.beat(connection, beat)
        progress.beat(connection, replace(beat, done=2))
        assert progress.heartbeats(connection)[0].done == 2
        progress.stop_beating(connection, "run")
        assert progress.heartbeats(connection) == ()


def test_a_reader_sees_the_ledger_but_cannot_write(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    Ledger.open(url).close()
    refused = pytest.raises(LedgerError, match="readonly")
    with Ledger.open(url, read_only=True) as reader, refused, reader.begin() as connection:
        progress.put(connection, "key", "value")


def test_a_missing_ledger_is_not_made_by_a_reader(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="no ledger at .*weakspot init"):
        Ledger.open(f"sqlite:///{tmp_path}/none.db", read_only=True)
    assert not (tmp_path / "none.db").exists()


def test_a_driver_that_is_not_installed_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(
        LedgerError, match=r"the driver psycopg for postgresql is not installed.*weakspot\[postgresql\]"
    ):
        Ledger.open("postgresql://nobody@127.0.0.1:1/nothing")


def test_a_module_that_a_caller_lacks_is_not_taken_for_a_driver(ledger: Ledger) -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_module"), ledger.read():
        importlib.import_module("no_such_module")


def test_a_locked_database_is_told_in_one_line(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    with Ledger.open(url, busy_seconds=0.05) as ledger:
        other = sqlite3.connect(tmp_path / "ledger.db")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="locked by another process") as told, ledger.begin() as connection:
            progress.put(connection, "key", "value")
        other.close()
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "schema 9999, unknown to this weakspot"),
        ("DROP TABLE alembic_version", "tables without a weakspot version"),
    ],
)
def test_a_foreign_schema_is_refused(tmp_path: Path, sql: str, message: str) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    Ledger.open(url).close()
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        connection.execute(sql)
    for read_only in (False, True):
        with pytest.raises(LedgerError, match=message):
            Ledger.open(url, read_only=read_only)


def test_an_older_schema_is_refused_for_readers_with_the_mend_and_upgraded_for_writers(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    sqlite3.connect(tmp_path / "ledger.db").close()
    with pytest.raises(LedgerError, match=f"schema none; wanted: schema {head()}.*doctor --mend"):
        Ledger.open(url, read_only=True)
    Ledger.open(url).close()
    Ledger.open(url, read_only=True).close()


def test_a_file_that_is_no_database_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(LedgerError, match="damaged"):
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db")


@pytest.mark.parametrize("wrong", ["nonsense", "mysql+nothing://x", "sqlite://"])
def test_an_address_that_is_none_says_what_is_wanted(wrong: str) -> None:
    with pytest.raises(LedgerError, match="sqlite:///path/ledger.db"):
        Ledger.open(wrong)


def test_a_password_never_stands_in_a_message() -> None:
    with pytest.raises(LedgerError) as told:
        Ledger.open("postgresql://user:geheim@127.0.0.1:1/nothing")
    assert "geheim" not in str(told.value)


def test_a_ledger_beside_the_wal_file_of_another_day_is_told_with_what_to_move(tmp_path: Path) -> None:
    file, wal = tmp_path / "ledger.db", tmp_path / "ledger.db-wal"

    def fill(ledger: Ledger, keys: range) -> None:
        for n in keys:
            with ledger.begin() as connection:
                progress.put(connection, f"key {n}", "x" * 5000)

    with Ledger.open(f"sqlite:///{file}") as ledger:
        fill(ledger, range(20))
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        old = file.read_bytes()
        fill(ledger, range(20, 400))
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        fill(ledger, range(350, 450))
        later = wal.read_bytes()
    for path in tmp_path.iterdir():
        path.unlink()
    file.write_bytes(old)
    wal.write_bytes(later)
    with (
        pytest.raises(LedgerError, match=r"move ledger\.db-wal and ledger\.db-shm out of its folder"),
        Ledger.open(f"sqlite:///{file}") as ledger,
    ):
        ledger.refuse_damage()
    wal.unlink()
    (tmp_path / "ledger.db-shm").unlink(missing_ok=True)
    file.write_bytes(old)
    with Ledger.open(f"sqlite:///{file}") as ledger:
        ledger.refuse_damage()
