"""Champion against challenger on the same examples."""

from __future__ import annotations

import numpy as np
import pytest

from loop.errors import DataError
from loop.evaluation.compare import compare_wrong, counted, p_worse, wrong_of
from loop.records import Predictions


def _outcomes(letters: str) -> dict[str, bool]:
    """One letter an example: x is wrong."""
    return {f"{row:03d}": letter == "x" for row, letter in enumerate(letters)}


def test_models_with_different_label_orders_are_compared_by_name() -> None:
    truth = {"a": "yes", "b": "no"}
    before = wrong_of(Predictions(("a", "b"), ("no", "yes"), np.array([[0.1, 0.9], [0.2, 0.8]])), truth)
    after = wrong_of(Predictions(("b", "a"), ("yes", "no"), np.array([[0.3, 0.7], [0.9, 0.1]])), truth)
    assert (before, after) == ({"a": False, "b": True}, {"a": False, "b": False})
    assert compare_wrong(before, after, on="gold").fixed == 1


def test_no_shared_example_is_an_error_in_words() -> None:
    with pytest.raises(DataError, match="share no example on gold"):
        compare_wrong({"a": True}, {"b": True}, on="gold")


def test_wrong_answers_are_paired_by_id() -> None:
    found = compare_wrong({"a": True, "b": True, "c": False}, {"c": True, "b": False, "x": True}, on="gold")
    assert (found.n, found.fixed, found.broken, found.champion_errors) == (2, 1, 1, 1)
    assert found.low < found.difference == 0 < found.high


def test_equal_chances_change_nothing() -> None:
    before, after = _outcomes("xxx......"), _outcomes("..xx.....")
    assert compare_wrong(before, after, on="audit", chances=dict.fromkeys(before, 0.2)) == compare_wrong(
        before, after, on="audit"
    )


def test_an_example_drawn_half_as_likely_counts_twice() -> None:
    before, after = _outcomes("xx.."), _outcomes("..x.")
    found = compare_wrong(before, after, on="audit", chances={"000": 0.1, "001": 0.2, "002": 0.2, "003": 0.2})
    assert found.difference == pytest.approx((1 - 2 - 1) / 5)
    assert (found.fixed, found.broken, found.n) == (2, 1, 4)
    # weights 2, 1, 1: the eight sums are ±4, ±2 twice, 0 twice; the one seen is -2
    assert found.p_value == pytest.approx(6 / 8)
    assert found.low < found.difference < found.high


def test_only_the_ratios_of_chances_matter() -> None:
    before, after = _outcomes("xx......"), _outcomes("..x...x.")
    chances = {id_: 0.05 * (1 + int(id_) % 3) for id_ in before}
    doubled = {id_: 2 * chance for id_, chance in chances.items()}
    one, other = (compare_wrong(before, after, on="audit", chances=drawn) for drawn in (chances, doubled))
    assert (one.low, one.high, one.p_value) == pytest.approx((other.low, other.high, other.p_value))


def test_an_example_without_a_chance_is_an_error_in_words() -> None:
    before, after = _outcomes("x."), _outcomes(".x")
    for chances in ({"000": 0.1}, {"000": 0.1, "001": 0.0}):
        with pytest.raises(DataError, match="example 001 has no chance of having been drawn"):
            compare_wrong(before, after, on="audit", chances=chances)


def test_the_one_sided_p_value_is_half_where_it_is_worse_and_one_where_it_is_not() -> None:
    assert p_worse(counted(0, 10, champion_errors=5, n=50, on="gold")) == pytest.approx(2**-10)
    assert p_worse(counted(3, 3, champion_errors=5, n=50, on="gold")) == 1.0
    assert p_worse(counted(10, 0, champion_errors=15, n=50, on="gold")) == 1.0
