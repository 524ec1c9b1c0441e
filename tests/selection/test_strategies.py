"""What single strategies are for, beyond the laws all of them keep."""

from __future__ import annotations

import numpy as np
import pytest

from loop.protocols import PoolView
from loop.records import FloatArray
from loop.selection.strategies import basic


def make_view(rows: FloatArray, probabilities: FloatArray | None = None, known: FloatArray | None = None) -> PoolView:
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return PoolView(
        ids=tuple(f"{row:04d}" for row in range(len(rows))),
        embeddings=rows,
        probabilities=probabilities,
        spots=np.zeros(len(rows), dtype=np.int64),
        spot_estimates=None,
        labelled_embeddings=np.empty((0, rows.shape[1])) if known is None else known,
        labelled=np.empty(0 if known is None else len(known), dtype=np.int64),
    )


def blobs(groups: int, size: int, *, spread: float = 0.1, seed: int = 0) -> FloatArray:
    """Row i belongs to group i // size."""
    rng = np.random.default_rng(seed)
    return np.repeat(np.eye(groups, 16), size, axis=0) + spread * rng.normal(size=(groups * size, 16))


def test_margin_and_its_kin_take_the_weakest_rows_and_ties_go_by_id() -> None:
    probabilities = np.array([[0.9, 0.1], [0.5, 0.5], [0.6, 0.4], [0.5, 0.5]])
    for strategy in (basic.margin, basic.least_confidence, basic.entropy):
        choice = strategy(make_view(np.eye(4), probabilities), budget=3, rng=np.random.default_rng(0))
        assert choice.rows.tolist() == [1, 3, 2]


def test_random_draws_every_row_equally_often() -> None:
    rng = np.random.default_rng(0)
    view = make_view(np.eye(8))
    drawn = np.concatenate([basic.random(view, budget=2, rng=rng).rows for _ in range(2000)])
    assert np.bincount(drawn) == pytest.approx(np.full(8, 500), abs=90)


def test_coverage_takes_one_of_each_group_before_a_second_of_any() -> None:
    choice = basic.coverage(make_view(blobs(10, 30)), budget=10, rng=np.random.default_rng(0))
    assert sorted(row // 30 for row in choice.rows) == list(range(10))


def test_coverage_leaves_out_what_is_labelled_already() -> None:
    rows = blobs(10, 30)
    choice = basic.coverage(make_view(rows, known=np.eye(10, 16)[:4]), budget=6, rng=np.random.default_rng(0))
    assert sorted(row // 30 for row in choice.rows) == [4, 5, 6, 7, 8, 9]


def test_coverage_is_the_plain_greedy_choice() -> None:
    rows = blobs(3, 20, spread=0.6)
    view = make_view(rows)
    kernel = np.exp(-np.maximum(2 - 2 * view.embeddings @ view.embeddings.T, 0))
    covered = np.zeros(60)
    greedy: list[int] = []
    for _ in range(8):
        gains = np.maximum(kernel - covered, 0).sum(axis=1)
        gains[greedy] = -1
        greedy.append(int(gains.argmax()))
        covered = np.maximum(covered, kernel[greedy[-1]])
    assert basic.coverage(view, budget=8, rng=np.random.default_rng(0)).rows.tolist() == greedy


@pytest.mark.slow
def test_coverage_of_a_large_pool_looks_at_a_sample_and_still_covers() -> None:
    rows = blobs(16, 600)
    choice = basic.coverage(make_view(rows), budget=16, rng=np.random.default_rng(0))
    assert sorted(row // 600 for row in choice.rows) == list(range(16))
