"""The stored pool: by id, by column, in batches; labels of the pool stay hidden; a large one opens at once."""

from pathlib import Path

import pytest

from loop.errors import ArtifactError, DataError
from loop.pool import Pool, example_id, read, write
from loop.records import Example, Split


def example(text: str, split: Split, label: str | None = None, **metadata: str) -> Example:
    return Example(example_id(text, None), text, split, label, None, metadata)


EXAMPLES = [
    example("no wifi", Split.POOL, "outage", channel="chat"),
    example("bill too high", Split.SEED, "billing", channel="mail"),
    example("charged twice", Split.GOLD, "billing"),
    example("router blinks", Split.POOL, channel="mail"),
]


@pytest.fixture
def pool(tmp_path: Path) -> Pool:
    path = tmp_path / "new folder" / "examples.parquet"
    write(EXAMPLES, path, metadata=("channel",))
    return Pool.open(path)


def test_what_is_written_is_read_back(pool: Pool) -> None:
    assert list(read(pool.path)) == EXAMPLES
    assert not list(pool.path.parent.glob("*.tmp"))


def test_texts_and_metadata_come_in_the_order_asked_for(pool: Pool) -> None:
    ids = [EXAMPLES[3].id, EXAMPLES[0].id, EXAMPLES[3].id]
    assert pool.texts(ids) == ("router blinks", "no wifi", "router blinks")
    assert pool.metadata("channel", ids) == ("mail", "chat", "mail")
    assert pool.metadata("channel", [EXAMPLES[2].id]) == (None,)
    assert pool.texts([]) == ()


def test_ids_are_told_by_split_in_file_order(pool: Pool) -> None:
    assert pool.ids(Split.POOL) == (EXAMPLES[0].id, EXAMPLES[3].id)
    assert pool.ids(Split.SEED, Split.GOLD) == (EXAMPLES[1].id, EXAMPLES[2].id)
    assert pool.ids(Split.QUARANTINED) == ()
    assert pool.ids() == tuple(one.id for one in EXAMPLES)
    assert pool.counts() == {Split.POOL: 2, Split.SEED: 1, Split.GOLD: 1, Split.QUARANTINED: 0}
    assert pool.rows == 4


def test_labels_of_the_pool_are_told_to_simulated_experts_only(pool: Pool) -> None:
    shown = pool.examples([one.id for one in EXAMPLES])
    assert [one.label for one in shown] == [None, "billing", "billing", None]
    assert [one.text for one in shown] == [one.text for one in EXAMPLES]
    assert pool.seed_labels() == {EXAMPLES[1].id: "billing"}
    assert pool.truth() == {EXAMPLES[2].id: "billing"}
    assert pool.answers_for_simulation() == {EXAMPLES[0].id: "outage"}


def test_batches_give_every_text_of_a_split_once(pool: Pool) -> None:
    batches = list(pool.batches(Split.POOL, size=1))
    assert [(batch.ids, batch.texts) for batch in batches] == [
        ((EXAMPLES[0].id,), ("no wifi",)),
        ((EXAMPLES[3].id,), ("router blinks",)),
    ]


@pytest.mark.parametrize("wrong", ["0123456789abcdef", "not an id", "f" * 17, "-1"])
def test_an_unknown_id_is_told(pool: Pool, wrong: str) -> None:
    with pytest.raises(DataError, match=f"no example '{wrong}'"):
        pool.texts([EXAMPLES[0].id, wrong])


def test_an_unknown_metadata_column_is_told(pool: Pool) -> None:
    with pytest.raises(DataError, match="no metadata 'tier'; wanted: one of channel"):
        pool.metadata("tier", [])


def test_a_missing_damaged_or_foreign_file_is_told(tmp_path: Path) -> None:
    import pandas as pd

    path = tmp_path / "examples.parquet"
    with pytest.raises(ArtifactError, match=r"no file of examples .*weakspot init"):
        Pool.open(path)
    path.write_bytes(b"PAR1 half a file")
    with pytest.raises(ArtifactError, match="is damaged"):
        Pool.open(path)
    pd.DataFrame({"text": ["a"]}).to_parquet(path)
    with pytest.raises(ArtifactError, match="lacks the columns id, split"):
        Pool.open(path)


def test_an_interrupted_write_leaves_the_old_file(pool: Pool) -> None:
    def dying() -> object:
        yield EXAMPLES[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(dying(), pool.path)  # type: ignore[arg-type]
    assert Pool.open(pool.path).rows == 4


def test_an_empty_pool_opens(tmp_path: Path) -> None:
    write([], tmp_path / "examples.parquet")
    pool = Pool.open(tmp_path / "examples.parquet")
    assert (pool.rows, pool.ids(), pool.truth()) == (0, (), {})


def test_ten_thousand_examples_are_found_by_id(tmp_path: Path) -> None:
    path = tmp_path / "examples.parquet"
    write((example(f"message number {number}", Split.POOL) for number in range(10_000)), path)
    pool = Pool.open(path)
    assert pool.rows == 10_000
    ids = pool.ids()
    assert pool.texts([ids[9_999], ids[0]]) == ("message number 9999", "message number 0")
