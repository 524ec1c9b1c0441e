"""Greedy coverage: weights, portions and edges."""

from __future__ import annotations

import numpy as np
import pytest

from loop.records import FloatArray
from loop.selection import herding
from loop.selection.herding import herd

NONE = np.empty((0, 8))


def rows_of_length_one(n: int) -> FloatArray:
    rows = np.random.default_rng(0).normal(size=(n, 8))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def test_it_goes_where_the_weight_lies() -> None:
    points = np.repeat(np.eye(3, 8), 10, axis=0)
    weights = np.repeat([1.0, 5.0, 2.0], 10)
    chosen = herd(points, np.arange(30), NONE, budget=3, bandwidth=0.7, weights=weights)
    assert [row // 10 for row in chosen] == [1, 2, 0]


def test_what_is_known_is_covered_already() -> None:
    points = np.repeat(np.eye(3, 8), 10, axis=0)
    chosen = herd(points, np.arange(30), np.eye(3, 8)[1:2], budget=2, bandwidth=0.7)
    assert [row // 10 for row in chosen] == [0, 2]


def test_rows_without_weight_are_taken_only_to_fill_the_budget() -> None:
    points = rows_of_length_one(20)
    weights = (np.arange(20) >= 15).astype(float)
    chosen = herd(points, np.arange(20), NONE, budget=20, bandwidth=0.7, weights=weights)
    assert sorted(chosen) == list(range(20))


def test_only_the_rows_named_are_chosen_and_by_their_own_numbers() -> None:
    named = np.array([19, 3, 11, 7])
    assert set(herd(rows_of_length_one(20), named, NONE, budget=3, bandwidth=0.7)) <= set(named.tolist())


def test_a_budget_larger_than_one_portion_is_met_without_doubles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(herding, "CANDIDATES", 16)
    chosen = herd(rows_of_length_one(100), np.arange(100), NONE, budget=70, bandwidth=0.7)
    assert len(chosen) == len(set(chosen.tolist())) == 70


def test_nothing_to_choose_from_and_nothing_to_choose_are_empty() -> None:
    assert len(herd(rows_of_length_one(5), np.empty(0, dtype=np.int64), NONE, budget=3, bandwidth=0.7)) == 0
    assert len(herd(rows_of_length_one(5), np.arange(5), NONE, budget=0, bandwidth=0.7)) == 0
