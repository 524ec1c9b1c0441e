"""The shipped messages are what data/README.md says; checked here without weakspot's own readers."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy.sparse import csr_array, triu

pytestmark = pytest.mark.slow

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
COLUMNS = ["id", "text", "intent", "channel", "language", "customer_tier", "received_at"]
NEAR = 0.6
"""Jaccard similarity of word sets above which two messages count as one; two words in ten may differ."""

Row = dict[str, str]


def read(name: str) -> list[Row]:
    with (SAMPLE / name).open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        assert reader.fieldnames == COLUMNS
        return list(reader)


@pytest.fixture(scope="module")
def pool() -> list[Row]:
    return read("pool.csv")


@pytest.fixture(scope="module")
def gold() -> list[Row]:
    return read("gold.csv")


@pytest.fixture(scope="module")
def rows(pool: list[Row], gold: list[Row]) -> list[Row]:
    return [*pool, *gold]


def words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.lower())) or frozenset([text])


def grams(text: str) -> frozenset[str]:
    flat = " ".join(["", *re.findall(r"[^\W_]+", text.lower()), ""])
    return frozenset(flat[start : start + 4] for start in range(max(1, len(flat) - 3)))


def twins(texts: Sequence[str], parts: Callable[[str], frozenset[str]]) -> list[tuple[str, str]]:
    """Pairs of texts whose sets of parts have a Jaccard similarity above NEAR."""
    column: dict[str, int] = {}
    sets = [[column.setdefault(part, len(column)) for part in parts(text)] for text in texts]
    ends = np.cumsum([0, *map(len, sets)])
    held = csr_array((np.ones(ends[-1], np.int32), np.concatenate(sets), ends), shape=(len(texts), len(column)))
    shared = triu(held @ held.T, k=1).tocoo()
    sizes = np.diff(ends)
    either = sizes[shared.row] + sizes[shared.col] - shared.data
    near = shared.data > NEAR * either
    return [(texts[a], texts[b]) for a, b in zip(shared.row[near], shared.col[near], strict=True)]


def test_there_are_two_thousand_messages_and_five_hundred_gold_ones(pool: list[Row], gold: list[Row]) -> None:
    assert len(pool) >= 2000
    assert len(gold) >= 500


def test_every_cell_is_filled_and_means_what_the_readme_says(rows: list[Row]) -> None:
    assert all(row[column] == row[column].strip() != "" for row in rows for column in COLUMNS)
    assert {row["channel"] for row in rows} == {"chat", "email", "app", "voice", "sms", "social"}
    assert {row["language"] for row in rows} == {"en", "de-en", "es-en"}
    assert {row["customer_tier"] for row in rows} == {"basic", "plus", "business"}


def test_ids_are_unique_and_tell_neither_intent_nor_file(rows: list[Row], gold: list[Row]) -> None:
    ids = [row["id"] for row in rows]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"msg-\d{4}", id_) for id_ in ids)
    in_order = sorted(rows, key=lambda row: row["id"])
    same_as_next = sum(one["intent"] == other["intent"] for one, other in pairwise(in_order))
    assert same_as_next / len(rows) < 0.1
    first_half = {row["id"] for row in in_order[: len(rows) // 2]}
    assert 0.4 < sum(row["id"] in first_half for row in gold) / len(gold) < 0.6


def test_all_24_intents_are_in_both_files_described_and_of_uneven_size(pool: list[Row], gold: list[Row]) -> None:
    described = yaml.safe_load((SAMPLE / "labels.yaml").read_text(encoding="utf-8"))
    sizes = Counter(row["intent"] for row in pool)
    assert len(sizes) == 24
    assert "out_of_scope" in sizes
    assert set(sizes) == {row["intent"] for row in gold} == set(described)
    assert all(isinstance(line, str) and len(line) < 110 for line in described.values())
    assert max(sizes.values()) >= 2.5 * min(sizes.values())


def test_gold_is_drawn_in_proportion_to_the_intents(pool: list[Row], gold: list[Row]) -> None:
    share = len(gold) / (len(pool) + len(gold))
    sizes, tested = (Counter(row["intent"] for row in part) for part in ([*pool, *gold], gold))
    assert all(abs(tested[intent] - share * size) <= 1 for intent, size in sizes.items())


def test_no_message_is_repeated_or_nearly_repeated_in_or_across_pool_and_gold(rows: list[Row]) -> None:
    texts = [row["text"] for row in rows]
    assert twins(texts, words) == []
    assert twins(texts, grams) == []
    flat = Counter(" ".join(re.findall(r"\w+", row["text"].lower())) or row["text"] for row in rows)
    assert [text for text, count in flat.items() if count > 1] == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("my bill is far too high this month", "My bill is far too high this month!!"),
        ("can you take the money on the 20th and not the 2nd", "can you take the money on the 21st and not the 2nd"),
        ("refund??", "refund"),
    ],
)
def test_the_check_for_twins_sees_twins(one: str, other: str) -> None:
    unlike = ["where is my engineer", "esim", "the wifi ends at the kitchen door"]
    assert [(one, other)] == twins([*unlike, one, other], words) == twins([*unlike, one, other], grams)


def test_mixed_languages_short_and_long_messages_have_their_shares(rows: list[Row]) -> None:
    languages = Counter(row["language"] for row in rows)
    lengths = [len(row["text"].split()) for row in rows]
    for language in ("de-en", "es-en"):
        assert 0.05 < languages[language] / len(rows) < 0.12
    assert sum(length == 1 for length in lengths) >= 30
    assert 0.03 < sum(length <= 3 for length in lengths) / len(rows) < 0.12
    assert 0.04 < sum(length >= 50 for length in lengths) / len(rows) < 0.15


def test_no_text_is_a_formula_to_a_spreadsheet(rows: list[Row]) -> None:
    assert [row["id"] for row in rows if row["text"][0] in "=+-@\t\r"] == []


def test_no_text_holds_an_address_a_number_of_a_person_or_a_link(rows: list[Row]) -> None:
    private = re.compile(
        r"[\w.]+@(?!example\.)\w+\.\w+|https?://|www\.|\+?\d[\d /-]{8,}\d|\b[A-Z]{2}\d{2} ?\d{4} ?\d{4}"
    )
    assert [row["id"] for row in rows if private.search(row["text"])] == []


def test_times_are_utc_and_span_about_nine_months(rows: list[Row]) -> None:
    times = [datetime.strptime(row["received_at"], "%Y-%m-%dT%H:%M:%SZ") for row in rows]
    assert timedelta(days=240) < max(times) - min(times) < timedelta(days=300)
