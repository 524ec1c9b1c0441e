"""Which labels stand for a weak spot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loop.records import FloatArray
from loop.selection.spot_labels import Mistakes, confused_labels, main_labels


def mistakes(*rows: tuple[int, int, int], weight: float = 1.0) -> Mistakes:
    """(spot, true label, guess) of each."""
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return Mistakes(table[:, 0], table[:, 1], table[:, 2], np.full(len(table), weight))


def rows(n: int, *line: float) -> FloatArray:
    return np.tile(np.array(line, dtype=np.float64), (n, 1))


def confused(n: int, line: Sequence[float], *seen: tuple[int, int, int]) -> tuple[int, ...]:
    """The confused labels of one spot whose n open rows all have these probabilities."""
    return confused_labels(np.zeros(n, dtype=np.int64), rows(n, *line), mistakes(*seen), count=1)[0]


def test_the_two_labels_the_model_hesitates_between_are_the_pair() -> None:
    assert confused(20, (0.6, 0.35, 0.05)) == (0, 1)
    assert confused(20, (0.35, 0.05, 0.6)) == (2, 0)


def test_a_sure_model_confuses_nothing_until_mistakes_are_seen() -> None:
    assert confused(50, (1.0, 0.0, 0.0)) == ()
    assert confused(50, (1.0, 0.0, 0.0), (0, 2, 0)) == ()
    assert confused(50, (1.0, 0.0, 0.0), (0, 2, 0), (0, 0, 2)) == (0, 2)


def test_one_mistake_is_nothing_and_of_two_equal_pairs_only_the_label_they_share_is_clear() -> None:
    assert confused(0, (1.0, 0.0, 0.0, 0.0), (0, 0, 1)) == ()
    assert confused(0, (1.0, 0.0, 0.0, 0.0), (0, 0, 1), (0, 1, 0)) == (0, 1)
    assert confused(0, (1.0, 0.0, 0.0, 0.0), (0, 0, 1), (0, 1, 0), (0, 0, 2), (0, 2, 0)) == (0,)
    assert confused(0, (1.0, 0.0, 0.0, 0.0), (0, 0, 1), (0, 1, 0), (0, 2, 3), (0, 3, 2)) == ()


def test_corrections_weigh_less_than_mistakes_of_the_present_model() -> None:
    nothing, model = np.empty(0, dtype=np.int64), np.empty((0, 3))
    old = mistakes((0, 0, 1), (0, 1, 0), weight=0.5)
    assert confused_labels(nothing, model, old, count=1) == ((),)
    assert confused_labels(nothing, model, mistakes((0, 0, 1), (0, 1, 0)), count=1) == ((0, 1),)


def test_a_model_that_takes_one_label_for_all_others_names_that_one() -> None:
    spread = np.full((19, 20), 0.2 / 18)
    spread[:, 0] = 0.5
    spread[np.arange(19), np.arange(1, 20)] = 0.3
    assert confused_labels(np.zeros(19, dtype=np.int64), spread, mistakes(), count=1) == ((0,),)


def test_empty_spots_and_a_single_class_confuse_nothing() -> None:
    nothing = np.empty(0, dtype=np.int64)
    assert confused_labels(nothing, np.empty((0, 3)), mistakes(), count=2) == ((), ())
    assert confused_labels(np.zeros(4, dtype=np.int64), np.ones((4, 1)), mistakes(), count=1) == ((),)
    assert main_labels(nothing, nothing, count=2) == ((), ())


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4)), max_size=40))
def test_main_labels_are_in_the_spot_and_do_not_depend_on_the_order(rows: list[tuple[int, int]]) -> None:
    table = np.array(rows, dtype=np.int64).reshape(-1, 2)
    names = main_labels(table[:, 0], table[:, 1], count=3)
    turned = table[::-1]
    assert names == main_labels(turned[:, 0], turned[:, 1], count=3)
    for spot, labels in enumerate(names):
        assert len(labels) <= 2
        assert set(labels) <= set(table[table[:, 0] == spot, 1].tolist())


def test_a_spot_is_called_by_one_label_by_two_or_by_none() -> None:
    def of(*counts: int) -> tuple[int, ...]:
        labels = np.repeat(np.arange(len(counts)), counts)
        return main_labels(np.zeros(len(labels), dtype=np.int64), labels, count=1)[0]

    assert of(9, 1) == (0,)
    assert of(4, 5, 1) == (1, 0)
    assert of(5, 5) == (0, 1)
    assert of(6, 1, 1, 1, 1) == (0,)
    assert of(2, 2, 2, 2, 2) == ()
    assert of(10) == (0,)
