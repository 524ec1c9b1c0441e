"""Leaks in the ledger: one row an example, and what was known in an earlier round can still be asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from loop.ledger import Ledger
from loop.ledger.leaks import drop_leaks, leaks, put_leaks
from loop.records import Leak

SEED = Leak("a" * 16, "b" * 16, "dev", "folded", 1.0, None)
LATER = Leak("c" * 16, "d" * 16, "audit", "near", 0.9, 2)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


def test_leaks_come_back_as_they_went_in_and_writing_twice_changes_nothing(ledger: Ledger) -> None:
    for _ in range(2):
        with ledger.begin() as connection:
            put_leaks(connection, [LATER, SEED])
    with ledger.read() as connection:
        assert leaks(connection) == (SEED, LATER)


def test_an_example_has_one_row_the_newest(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        put_leaks(connection, [LATER])
        put_leaks(connection, [replace(LATER, ground="gold", grade="same", similarity=1.0)])
        (found,) = leaks(connection)
    assert (found.ground, found.round) == ("gold", 2)


def test_what_a_round_trained_without_is_what_was_found_before_it(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        put_leaks(connection, [SEED, LATER])
        assert leaks(connection, before=2) == (SEED,)
        assert leaks(connection, before=3) == (SEED, LATER)


def test_a_leak_whose_cause_is_gone_leaves(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        put_leaks(connection, [SEED, LATER])
        drop_leaks(connection, [SEED.example_id])
        drop_leaks(connection, [])
        assert leaks(connection) == (LATER,)
