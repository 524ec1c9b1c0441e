"""The regression set, and the line of champions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loop.ledger import Ledger, figures, guards, progress
from loop.ledger.figures import Decision
from loop.ledger.progress import RoundRow
from loop.records import Comparison, SliceComparison, Veto

AT = "2026-01-01T00:00:00.000000+00:00"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as opened:
        with opened.begin() as connection:
            progress.open_round(connection, RoundRow(0, {}, "d", "0.1", AT, None))
        yield opened


def _line(ledger: Ledger, *moves: tuple[str, int]) -> tuple[int, ...]:
    """Action, round of the model: one after the other."""
    with ledger.begin() as connection:
        for action, model in moves:
            before = figures.champion(connection)
            figures.decide(connection, Decision(0, model, before, action, "gate", "because", None, AT))
        return figures.succession(connection)


def test_an_example_that_was_mended_once_never_leaves_and_keeps_its_round(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        guards.add_regression(connection, ["a", "b"], fixed_in=1)
        guards.add_regression(connection, ["b", "c"], fixed_in=4)
        guards.add_regression(connection, [], fixed_in=5)
        assert guards.regression(connection) == {"a": 1, "b": 1, "c": 4}


def test_champions_stand_in_a_line_and_held_models_do_not(ledger: Ledger) -> None:
    assert _line(ledger) == ()
    assert _line(ledger, ("promote", 0), ("hold", 1), ("promote", 2), ("promote_by_hand", 1)) == (0, 2, 1)


def test_a_rollback_takes_away_what_came_after(ledger: Ledger) -> None:
    assert _line(ledger, ("promote", 0), ("promote", 1), ("promote", 2), ("rollback", 1)) == (0, 1)
    assert _line(ledger, ("rollback", 0)) == (0,)
    assert _line(ledger, ("promote", 3)) == (0, 3)


def test_a_champion_may_come_back_by_hand(ledger: Ledger) -> None:
    assert _line(ledger, ("promote", 0), ("promote", 1), ("promote_by_hand", 0)) == (0, 1, 0)
    assert _line(ledger, ("rollback", 1)) == (0, 1)


def test_a_decision_keeps_what_was_told_its_vetoes_and_all_that_was_watched(ledger: Ledger) -> None:
    compared = Comparison(40, 1, 12, 4, 0.275, 0.1, 0.4, 0.003, "gold", alpha=0.01, needed=None)
    made = Decision(
        0, 0, None, "hold", "gate", "because", compared, AT, "worse",
        (Veto("class", "refund", "Worse."),), (SliceComparison("class", "refund", compared, 0.002, 0.05),),
    )  # fmt: skip
    with ledger.begin() as connection:
        figures.decide(connection, made)
        assert figures.decisions(connection) == (made,)
