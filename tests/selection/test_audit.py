"""Who is drawn for the audit: exactly those whose lot lies below their chance, and chances that are true."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.errors import DataError
from loop.records import FloatArray
from loop.selection.audit import Drawn, draw, size_measure


def lots_of(n: int, seed: int) -> FloatArray:
    return np.random.default_rng(seed).permutation(np.arange(1, n + 1) / (n + 1))


def rounds(lots: FloatArray, sizes: Sequence[FloatArray], counts: Sequence[int]) -> list[Drawn]:
    before, found = np.zeros(len(lots)), []
    for size, count in zip(sizes, counts, strict=True):
        found.append(draw(lots, size, before, count=count))
        before = found[-1].inclusion
    return found


def test_the_smallest_lots_come_first_when_all_sizes_are_equal() -> None:
    lots = np.array([0.5, 0.1, 0.9, 0.3])
    first, second = rounds(lots, [np.ones(4)] * 2, [2, 1])
    assert first.rows.tolist() == [1, 3]
    assert first.inclusion.tolist() == [0.5] * 4
    assert second.rows.tolist() == [0]


def test_a_larger_size_is_drawn_before_a_smaller_lot() -> None:
    found = draw(np.array([0.2, 0.3, 0.8]), np.array([0.1, 0.5, 0.2]), np.zeros(3), count=1)
    assert found.rows.tolist() == [1]
    assert found.inclusion == pytest.approx([0.2, 1.0, 0.4])


@pytest.mark.slow
@given(st.data())
def test_the_drawn_are_exactly_those_whose_lot_lies_below_their_chance(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 25))
    lots = data.draw(st.lists(st.floats(1e-6, 0.999999), min_size=n, max_size=n, unique=True).map(np.array))
    sizes = [
        data.draw(st.lists(st.sampled_from([0.1, 0.25, 0.5, 1 / 3]), min_size=n, max_size=n).map(np.array))
        for _ in range(3)
    ]
    counts = data.draw(st.lists(st.integers(0, 12), min_size=3, max_size=3))
    drawn: set[int] = set()
    before = np.zeros(n)
    for found, count in zip(rounds(lots, sizes, counts), counts, strict=True):
        assert len(found.rows) == min(count, n - len(drawn))
        assert not drawn & set(found.rows.tolist())
        drawn |= set(found.rows.tolist())
        assert drawn == set(np.flatnonzero(lots < found.inclusion).tolist())
        assert (found.inclusion >= before).all()
        assert (found.inclusion <= 1.0).all()
        before = found.inclusion


def test_equal_ratios_at_the_threshold_are_still_told_apart() -> None:
    lots, sizes = np.array([0.2, 0.1, 0.4]), np.array([0.4, 0.2, 0.8])
    found = draw(lots, sizes, np.zeros(3), count=2)
    assert found.rows.tolist() == [1, 0]
    assert (lots < found.inclusion).tolist() == [True, True, False]


def test_the_order_of_rows_does_not_matter() -> None:
    rng = np.random.default_rng(3)
    lots, sizes, order = lots_of(50, 3), rng.random((2, 50)) + 0.1, rng.permutation(50)
    one = rounds(lots, list(sizes), [7, 9])
    other = rounds(lots[order], list(sizes[:, order]), [7, 9])
    for first, second in zip(one, other, strict=True):
        assert order[second.rows].tolist() == first.rows.tolist()
        assert (first.inclusion[order] == second.inclusion).all()


def test_more_than_all_gives_all_with_certainty() -> None:
    found = draw(lots_of(5, 0), np.ones(5), np.zeros(5), count=9)
    assert len(found.rows) == 5
    assert (found.inclusion == 1.0).all()


def test_asking_nobody_changes_nothing() -> None:
    before = np.array([0.5, 0.2])
    found = draw(np.array([0.3, 0.4]), np.ones(2), before, count=0)
    assert not len(found.rows)
    assert (found.inclusion == before).all()


def test_an_empty_reserve_gives_nobody() -> None:
    assert not len(draw(np.zeros(0), np.zeros(0), np.zeros(0), count=3).rows)


@pytest.mark.slow
@pytest.mark.parametrize("counts", [(12,), (6, 6), (3, 3, 3, 3)])
def test_answers_weighted_by_their_chances_add_up_to_the_truth_on_average(counts: tuple[int, ...]) -> None:
    rng = np.random.default_rng(len(counts))
    wrong = rng.random(60) < 0.3
    sizes = [size_measure(rng.beta(0.5, 1.5, size=60)) for _ in counts]
    totals = []
    for _ in range(4000):
        lots = rng.random(60)
        chances = rounds(lots, sizes, counts)[-1].inclusion
        totals.append((wrong / np.maximum(chances, 1e-12))[lots < chances].sum())
    error = np.std(totals) / np.sqrt(len(totals))
    assert abs(np.mean(totals) - wrong.sum()) < 3.5 * error


def test_doubtful_examples_are_drawn_more_often_and_sure_ones_are_drawn_too() -> None:
    sizes = size_measure(np.array([0.0, 0.1, 0.5, 0.9, 1.0]))
    assert sizes[0] > 0.05
    assert sizes[0] < sizes[1] < sizes[2] == 0.5
    assert sizes[3:] == pytest.approx(sizes[1::-1])


@pytest.mark.parametrize("lots", [[0.0, 0.5], [0.5, 1.0], [0.5, 0.5]])
def test_impossible_lots_are_told(lots: list[float]) -> None:
    with pytest.raises(DataError, match="lot"):
        draw(np.array(lots), np.ones(2), np.zeros(2), count=1)


@pytest.mark.parametrize("size", [0.0, -1.0, np.nan, np.inf])
def test_a_size_that_would_never_be_drawn_is_told(size: float) -> None:
    with pytest.raises(DataError, match="never be drawn"):
        draw(np.array([0.2, 0.5]), np.array([1.0, size]), np.zeros(2), count=1)
