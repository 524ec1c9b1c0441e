"""From files to splits: what becomes pool, seed and gold, and every wrong input with its message."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_tables import Table

from loop.errors import DataError
from loop.pool import Built, Columns, build, recognise
from loop.pool.draws import shares, stratified
from loop.records import Split

LABELLED = Columns("text", label="label")


def built(path: Path, columns: Columns = LABELLED, *, gold: Path | None = None, seed: int = 0, **options: Any) -> Built:
    rng = np.random.default_rng(seed)
    return build(recognise(path), columns, rng=rng, gold=recognise(gold) if gold else None, **options)


def texts_of(result: Built, split: Split) -> list[str]:
    return [row["text"] for row in result.table.to_pylist() if row["split"] == split.value]


def test_without_a_label_column_all_is_pool(table: Table) -> None:
    result = built(table(["text"], [["no wifi"], ["bill too high"]]), Columns("text"), labels=["a", "b"])
    assert result.summary.sentence() == "2 messages: 2 pool, 0 seed, 0 gold"
    assert result.labels == ("a", "b")


def test_where_some_rows_have_a_label_these_are_the_seed(table: Table) -> None:
    rows = [("no wifi", "outage"), ("bill too high", ""), ("charged twice", " billing ")]
    result = built(table(["text", "label"], rows))
    assert texts_of(result, Split.SEED) == ["no wifi", "charged twice"]
    assert texts_of(result, Split.POOL) == ["bill too high"]
    assert result.summary.seed_labels == {"outage": 1, "billing": 1}


SIZES = {"a": 60, "b": 30, "c": 3}
ALL = [(f"{label} message number {number}", label) for label, size in SIZES.items() for number in range(size)]


def test_where_all_rows_have_a_label_the_size_of_the_seed_is_asked_for(table: Table) -> None:
    with pytest.raises(DataError, match=r"every row .* has a label .*nothing is left to ask.*--seed-labels N, 0 to 93"):
        built(table(["text", "label"], ALL))


def test_a_drawn_seed_has_every_label_and_the_same_one_for_the_same_seed(table: Table) -> None:
    path = table(["text", "label"], ALL)
    result = built(path, seed_labels=31)
    assert result.summary.seed_labels == {"a": 20, "b": 10, "c": 1}
    assert result.summary.pool == 62
    assert result.labels == ("a", "b", "c")
    assert texts_of(result, Split.SEED) == texts_of(built(path, seed_labels=31), Split.SEED)
    assert texts_of(result, Split.SEED) != texts_of(built(path, seed_labels=31, seed=1), Split.SEED)
    assert built(path, seed_labels=0).summary.seed == 0


def test_a_gold_share_is_drawn_in_the_proportions_of_the_labels(table: Table) -> None:
    result = built(table(["text", "label"], ALL), gold_share=1 / 3, seed_labels=9)
    assert result.summary.gold_labels == {"a": 20, "b": 10, "c": 1}
    assert (result.summary.gold, result.summary.seed) == (31, 9)


def test_a_gold_file_stays_whole_and_what_leaks_into_it_is_set_aside(table: Table) -> None:
    rows = [("My bill is too high!", ""), ("the internet is down again", "outage"), ("charged twice", "billing")]
    gold = [("my bill is too high", "billing"), ("router is blinking red", "outage"), ("charged twice", "billing")]
    path = table(["text", "label"], rows)
    result = built(path, gold=table(["text", "label"], gold, "gold.csv"), labels=["billing", "outage"], seed_labels=1)
    assert texts_of(result, Split.GOLD) == [text for text, _ in gold]
    assert texts_of(result, Split.QUARANTINED) == ["My bill is too high!", "charged twice"]
    reasons = {row["text"]: row["reason"] for row in result.table.to_pylist() if row["reason"]}
    assert reasons["charged twice"] == "the same text is in gold"
    assert result.summary.sentence() == "1 messages: 0 pool, 1 seed, 3 gold; 2 near gold quarantined"
    ids = result.table.column("id").to_pylist()
    assert len(set(ids)) == len(ids)


def test_a_leak_is_never_drawn_as_seed(table: Table) -> None:
    gold = table(["text", "label"], ALL[:50], "gold.csv")
    result = built(table(["text", "label"], ALL), gold=gold, seed_labels=20)
    assert not set(texts_of(result, Split.SEED)) & set(texts_of(result, Split.GOLD))


def test_gold_rows_without_label_and_gold_without_a_label_column_are_refused(table: Table) -> None:
    path = table(["text", "label"], [("a b", ""), ("c d", "x"), ("e f", "y")])
    with pytest.raises(DataError, match="1 gold texts have no label, the first is row 3"):
        built(path, gold=table(["text", "label"], [("g h", "x"), ("i j", "")], "gold.csv"))
    with pytest.raises(DataError, match="no label column is known"):
        built(path, Columns("text"), gold=table(["text"], [("g h",)], "gold.csv"))


def test_equal_texts_are_kept_once_and_disagreeing_labels_are_named(table: Table) -> None:
    rows = [("no wifi", ""), ("no wifi ", "outage"), ("no wifi", "wifi"), ("bill", "billing"), ("hello", "")]
    result = built(table(["text", "label"], rows))
    assert result.summary.duplicates == 2
    assert "2 exact duplicates dropped" in result.summary.sentence()
    assert texts_of(result, Split.SEED) == ["no wifi", "bill"]
    assert result.summary.seed_labels == {"billing": 1, "outage": 1}
    (warning,) = result.summary.warnings()
    assert warning == "1 texts have several labels in the data; the first was kept: 'no wifi' is 'outage' and 'wifi'."


def test_one_owner_id_for_two_texts_is_refused_with_the_first_places(table: Table) -> None:
    rows = [("1", "no wifi"), ("2", "bill"), ("1", "hello"), ("2", "bye")]
    with pytest.raises(
        DataError, match=r"2 ids stand more than once with different texts, first '1' \(row 2\), '2' \(row 3\)"
    ):
        built(table(["id", "text"], rows), Columns("text", id="id"))


def test_a_row_that_simply_stands_twice_is_a_duplicate_and_no_double_id(table: Table) -> None:
    result = built(table(["id", "text"], [("1", "no wifi"), ("1", "no wifi"), ("2", "bill")]), Columns("text", id="id"))
    assert (result.summary.pool, result.summary.duplicates) == (2, 1)


def test_rows_without_a_text_are_left_out_and_told(table: Table) -> None:
    result = built(table(["id", "text"], [("1", "a"), ("2", " "), ("3", ""), ("4", "b")]), Columns("text", id="id"))
    assert result.summary.pool == 2
    assert result.summary.warnings() == ("2 rows without a text left out: row 3, 4.",)
    assert result.summary.sentence().endswith("; 2 without text left out")


def test_a_column_of_empty_texts_only_is_refused(table: Table) -> None:
    path = table(["id", "note", "text"], [("1", "a", ""), ("2", "b", " ")])
    with pytest.raises(DataError, match=r"all 2 texts in column 'text' are empty.*--text: id, note, text"):
        built(path, Columns("text"))


def test_a_table_without_rows_is_refused(table: Table) -> None:
    with pytest.raises(DataError, match="has no rows"):
        built(table(["text"], []), Columns("text"))


def test_one_class_only_is_refused(table: Table) -> None:
    with pytest.raises(DataError, match=r"one label only, 'spam' \(2 rows\)"):
        built(table(["text", "label"], [("a", "spam"), ("b", "spam"), ("c", "")]))


def test_a_seed_of_one_class_among_several_is_a_warning(table: Table) -> None:
    result = built(table(["text", "label"], [("a", "spam"), ("b", "")]), labels=["spam", "ham"])
    assert result.summary.warnings() == ("All seed examples have the label 'spam'.",)


def test_labels_that_the_given_ones_lack_are_told_with_the_nearest(table: Table) -> None:
    rows = [("a", "billing"), ("b", "Billing"), ("c", "otage"), ("d", "")]
    with pytest.raises(DataError) as told:
        built(table(["text", "label"], rows), labels=["billing", "outage"])
    assert "2 labels that the given ones lack" in str(told.value)
    assert "'Billing' (1 rows; did you mean \"billing\"?)" in str(told.value)
    assert "'otage' (1 rows; did you mean \"outage\"?)" in str(told.value)


def test_a_text_of_a_megabyte_is_refused_with_its_row_unless_allowed(table: Table) -> None:
    path = table(["text"], [["short"], ["x" * 1_000_000]])
    with pytest.raises(DataError, match=r"row 3: a text of 1,000,000 characters.*at most 100,000.*--max-characters"):
        built(path, Columns("text"))
    assert built(path, Columns("text"), max_characters=None).summary.pool == 2


def test_a_wrong_column_names_the_option(table: Table) -> None:
    path = table(["message", "label"], [("a", "b")])
    with pytest.raises(DataError, match=r"no column 'text'.*message, label.*name a column with --text"):
        built(path)


def test_few_unreadable_rows_are_told_and_many_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    good = "".join(f"{number},message {number}\n" for number in range(30))
    path.write_text("id,text\n" + good + "1,2,3\n")
    result = built(path, Columns("text"))
    assert result.summary.warnings() == ("1 unreadable row left out: row 32 (3 fields instead of 2).",)
    path.write_text("id,text\n1,a\n2,b\n1,2,3\n")
    with pytest.raises(DataError, match=r"1 of 3 rows cannot be read, the first is row 4 \(3 fields instead of 2\)"):
        built(path, Columns("text"))


def test_half_characters_from_json_are_told_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    records = ['"half \\ud83d"', '"whole \\ud83d\\udc4b"', *(f'"message {number}"' for number in range(20))]
    path.write_text("".join(f'{{"text": {record}}}\n' for record in records))
    result = built(path, Columns("text"))
    assert [one.row for _, one in result.summary.unreadable] == [1]
    assert "whole 👋" in texts_of(result, Split.POOL)


def test_more_seed_labels_than_there_are_and_seed_labels_without_labels_are_refused(table: Table) -> None:
    path = table(["text", "label"], [("a", "x"), ("b", "y"), ("c", "")])
    with pytest.raises(DataError, match=r"--seed-labels 3, but .* has 2 labelled rows"):
        built(path, seed_labels=3)
    with pytest.raises(DataError, match=r"--seed-labels draws from labelled rows .*no label column is known"):
        built(path, Columns("text"), seed_labels=3)


def test_metadata_travels_and_may_be_missing_in_gold(table: Table) -> None:
    path = table(["text", "label", "channel"], [("a b c", "x", "chat"), ("d e f", "", "mail")])
    gold = table(["text", "label"], [("g h i", "y")], "gold.csv")
    result = built(path, Columns("text", label="label", metadata=("channel",)), gold=gold)
    assert result.table.column("meta.channel").to_pylist() == ["chat", "mail", None]


@pytest.mark.slow
def test_real_data_becomes_pool_seed_and_gold(datasets: Path) -> None:
    folder = datasets / "banking77"
    result = built(
        folder / "train.jsonl", Columns("text", label="label", id="id"), gold=folder / "test.jsonl", seed_labels=77
    )
    assert len(result.labels) == 77
    assert set(result.summary.seed_labels.values()) == {1}
    assert result.summary.quarantined >= 7
    assert result.summary.gold >= 3079
    total = result.summary.pool + result.summary.seed + result.summary.quarantined
    assert total + 5 >= 10_003


@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=12), data=st.data())
def test_a_stratified_draw_has_the_asked_size_and_every_label_it_can(sizes: list[int], data: st.DataObject) -> None:
    count = data.draw(st.integers(0, sum(sizes)))
    codes = np.concatenate([[-1, -1], *(np.full(size, label) for label, size in enumerate(sizes))]).astype(np.int64)
    drawn = stratified(codes, count, rng=np.random.default_rng(0))
    assert len(set(drawn.tolist())) == len(drawn) == count
    found = Counter(codes[drawn].tolist())
    assert -1 not in found
    assert len(found) == min(count, len(sizes))


def test_shares_follow_the_sizes() -> None:
    rng = np.random.default_rng(0)
    assert shares(np.array([80, 15, 5]), 20, rng=rng).tolist() == [16, 3, 1]
    assert shares(np.array([100, 1, 1]), 50, rng=rng).tolist() == [48, 1, 1]
