"""No row changes what it is about, and nothing that people said is lost: laws over tables, ids and histories."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Table, create_engine, select

from loop.errors import LedgerError
from loop.ledger import Ledger, answers, people, progress, schema, tasks
from loop.ledger.migrating import _config
from loop.ledger.progress import RoundRow
from loop.ledger.schema import is_fixed, metadata
from loop.ledger.tables import upsert
from loop.records import UNKNOWN, Annotation, AnswerState, Pick, PickKind, SentTask
from loop.records.vocabulary import JUDGE_ID_PREFIX

AT = "2026-01-01T00:00:00.000000+00:00"
LATER = "2026-01-01T00:00:09.000000+00:00"
PICK = Pick("a" * 16, PickKind.WEAK, "margin", "because", None, 0.5, 3, "refund", 0.4, True)
FIXED = [table for table in metadata.sorted_tables if any(is_fixed(column) for column in table.columns)]


def answer(ext_id: str, id_: str, **changed: Any) -> Annotation:
    row = Annotation(id_, ext_id, "ann@x", AnswerState.ANSWERED, "fee", (), "", None, 1.0, AT, AT, {"id": 1})
    return replace(row, **changed)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as opened:
        with opened.begin() as connection:
            progress.open_round(connection, RoundRow(0, {}, "d", "0.1", AT, None))
            people.add_picks(connection, 0, {id_: replace(PICK, example_id=id_ * 16) for id_ in "abc"})
            people.add_tasks(connection, [SentTask(id_, id_, "u") for id_ in "abc"], project_id="1", at=AT)
        yield opened


def test_the_tables_whose_rows_are_about_something_say_so() -> None:
    assert {table.name for table in FIXED} == {"picks", "annotations", "preferences"}


@pytest.mark.parametrize("table", FIXED, ids=lambda table: str(table.name))
@given(data=st.data())
def test_no_row_ever_changes_what_it_is_about(table: Table, data: st.DataObject) -> None:
    """Whatever is written in whatever order, each key keeps the first subject it had, or the write is refused whole."""
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    subjects = [column.name for column in table.columns if is_fixed(column)]
    first: dict[str, tuple[Any, ...]] = {}
    rows = st.dictionaries(st.sampled_from("kmn"), st.tuples(*[st.sampled_from([0, 1]) for _ in subjects]), min_size=1)
    for batch in data.draw(st.lists(rows, max_size=6)):
        found = [_row(table, key, dict(zip(subjects, subject, strict=True))) for key, subject in batch.items()]
        if any(key in first and first[key] != subject for key, subject in batch.items()):
            with pytest.raises(LedgerError, match="no row changes what it is about"), engine.begin() as connection:
                upsert(connection, table, found)
        else:
            with engine.begin() as connection:
                upsert(connection, table, found)
            first |= batch
        with engine.connect() as connection:
            kept = {str(row[0]): row for row in connection.execute(select(table)).all()}
        for key, subject in first.items():
            assert tuple(kept[key]._mapping[name] for name in subjects) == tuple(
                _value(table, name, value) for name, value in zip(subjects, subject, strict=True)
            )
    engine.dispose()


def _row(table: Table, key: str, subject: dict[str, int]) -> dict[str, Any]:
    (primary,) = table.primary_key.columns
    row: dict[str, Any] = {
        column.name: _value(table, column.name, 0)
        for column in table.columns
        if not column.nullable and column.server_default is None
    }
    return {**row, **{name: _value(table, name, value) for name, value in subject.items()}, primary.name: key}


def _value(table: Table, name: str, value: int) -> Any:
    kind = table.columns[name].type.python_type
    return kind(value) if kind in (str, int, float, bool) else value


def test_a_tool_whose_ids_repeat_is_refused_and_loses_nothing(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        people.replace_annotations(connection, {"a": [answer("a", "7")]})
    with pytest.raises(LedgerError, match="row 7 of annotations has ext_id a"), ledger.begin() as connection:
        people.replace_annotations(connection, {"b": [answer("b", "7", created_at=LATER)]})
    with ledger.read() as connection:
        assert people.answers(connection) == (answer("a", "7"),)


def test_an_answer_of_an_older_ledger_keeps_its_id_and_is_not_doubled(ledger: Ledger) -> None:
    old, new = answer("a", "1"), answer("a", "a:0f3c")
    with ledger.begin() as connection:
        people.replace_annotations(connection, {"a": [old]})
        assert people.replace_annotations(connection, {"a": [new]}) == 0
        edited = replace(new, label="refund", updated_at=LATER)
        assert people.replace_annotations(connection, {"a": [edited]}) == 1
        assert people.answers(connection) == (replace(edited, id="1"),)


@pytest.mark.parametrize("id_", ["a:0f3c", "1"], ids=["by its id", "by its number, of an older ledger"])
@pytest.mark.parametrize("by_now", [UNKNOWN, "account 7", "ann.lee@x"], ids=["deleted", "not listed", "renamed"])
def test_an_answer_keeps_its_author_whatever_becomes_of_the_account(ledger: Ledger, id_: str, by_now: str) -> None:
    edited = answer("a", "a:0f3c", annotator=by_now, label="refund", updated_at=LATER)
    with ledger.begin() as connection:
        people.replace_annotations(connection, {"a": [answer("a", id_)]})
        people.replace_annotations(connection, {"a": [edited]})
        assert people.answers(connection) == (replace(edited, id=id_, annotator="ann@x"),)
        assert people.replace_annotations(connection, {"a": [edited]}) == 0


def test_an_author_who_was_unknown_at_first_is_named_when_the_tool_does(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        people.replace_annotations(connection, {"a": [answer("a", "x", annotator=UNKNOWN)]})
        people.replace_annotations(connection, {"a": [answer("a", "x")]})
        assert people.answers(connection) == (answer("a", "x"),)


@pytest.mark.parametrize("ext_id", ["a", "b"])
def test_a_new_answer_with_the_number_of_an_older_one_is_another(ledger: Ledger, ext_id: str) -> None:
    with ledger.begin() as connection:
        people.replace_annotations(connection, {"a": [answer("a", "1")]}, history="first")
        again = answer(ext_id, f"{ext_id}:0f3c", created_at=LATER, updated_at=LATER)
        people.replace_annotations(connection, {ext_id: [again]}, history="second")
        assert people.answers(connection) == (answer("a", "1"), again)


def test_what_is_missing_in_another_history_was_not_deleted_and_in_the_same_one_was(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        people.replace_annotations(connection, {"a": [answer("a", "x")], "b": [answer("b", "y")]}, history="first")
        people.replace_annotations(connection, {"a": [], "b": [answer("b", "y")]}, history="second")
        assert {row.state for row in people.answers(connection)} == {AnswerState.ANSWERED}
        people.replace_annotations(connection, {"a": [], "b": []}, history="second")
        assert [row.state for row in people.answers(connection)] == [AnswerState.ANSWERED, AnswerState.DELETED]


def test_an_answer_that_comes_back_with_a_restored_backup_counts_again(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        people.replace_annotations(connection, {"a": [answer("a", "x")]}, history="h")
        people.replace_annotations(connection, {"a": []}, history="h")
        people.replace_annotations(connection, {"a": [answer("a", "x")]}, history="k")
        assert [row.state for row in people.answers(connection)] == [AnswerState.ANSWERED]


def test_tasks_of_another_history_were_not_removed_by_people(ledger: Ledger) -> None:
    def states() -> list[str | None]:
        return [row.task_state for row in people.picks(connection)]

    with ledger.begin() as connection:
        assert people.mark_present(connection, set("abc"), history="first") == ()
        assert people.mark_present(connection, {"c"}, history="second") == ()
        assert people.mark_absent(connection, {"a", "c"}, history="second") == ("c",)
        assert states() == ["sent", "sent", "deleted"]
        assert people.mark_present(connection, set("abc"), history="third") == ()
        assert states() == ["sent", "sent", "sent"], "a backup brought it back"
        assert people.mark_present(connection, {"b"}, history="third") == ("a", "c")


def test_a_missing_answer_is_unexplained_unless_its_task_has_changed_since(ledger: Ledger) -> None:
    given = answer("a", "x", updated_at=LATER)
    with ledger.begin() as connection:
        people.replace_annotations(connection, {"a": [given]}, history="h")

        def missing(changed_at: dict[str, str], history: str = "h") -> tuple[str, ...]:
            return answers.unexplained(connection, {"a": []}, changed_at, history=history)

        assert missing({"a": AT}) == ("x",)
        assert missing({"a": LATER}) == ()
        assert missing({}) == (), "a tool that does not say when"
        assert missing({"a": AT}, history="k") == ()
        assert answers.unexplained(connection, {"a": [given]}, {"a": AT}, history="h") == ()
        people.replace_annotations(connection, {"a": []}, history="h")
        assert missing({"a": AT}) == (), "known to be deleted"


def test_what_an_older_weakspot_noted_is_adopted_once_and_a_judges_answers_never(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        people.replace_annotations(connection, {"a": [answer("a", "1")]})
        people.add_answers(connection, [answer("b", f"{JUDGE_ID_PREFIX}b")])
        for history in ("first", "second"):
            tasks.adopt(connection, history)
            answers.adopt(connection, history)
        rows = connection.execute(select(schema.annotations.c.id, schema.annotations.c.seen_in)).all()
        seen = {row.id: row.seen_in for row in rows}
        assert seen == {"1": "first", f"{JUDGE_ID_PREFIX}b": None}
        assert set(connection.execute(select(schema.tasks.c.seen_in)).scalars()) == {"first"}


def test_a_ledger_of_the_schema_before_keeps_its_answers(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    config = _config()
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
    engine.dispose()
    with sqlite3.connect(tmp_path / "ledger.db") as old:
        old.execute("INSERT INTO rounds VALUES (0, '{}', 'd', '0.1', ?, NULL)", (AT,))
        old.execute(
            "INSERT INTO picks (ext_id, round, position, example_id, kind, strategy, reason, show_suggestion)"
            " VALUES ('a', 0, 0, 'e', 'weak', 's', 'r', 1)"
        )
        old.execute("INSERT INTO tasks VALUES ('a', '1', '1', 'u', 'sent', ?)", (AT,))
        old.execute(
            "INSERT INTO annotations VALUES ('1', 'a', 'ann@x', 'answered', 'fee', '[]', '', NULL, 1.0, ?, ?, ?)",
            (AT, AT, '{"id": 1}'),
        )
    with Ledger.open(url) as ledger, ledger.begin() as connection:
        assert people.replace_annotations(connection, {"a": [answer("a", "a:0f3c")]}) == 0
        assert people.answers(connection) == (answer("a", "1"),)
        assert people.picks(connection)[0].task_state == "sent"
