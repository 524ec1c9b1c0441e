"""The default strategy: cover first, then weak and different, twins last."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from loop.protocols import PoolView
from loop.records import FloatArray
from loop.selection.phases import FEW
from loop.selection.strategies import basic
from loop.selection.strategies.weak_spots import weak_spots


def make_view(rows: FloatArray, probabilities: FloatArray | None = None, known: FloatArray | None = None) -> PoolView:
    """Enough labels for doubts to count; all of them far from the rows unless `known` says where."""
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    known = np.eye(16)[15:] if known is None else known
    labelled = np.resize(known, (FEW, known.shape[1]))
    return PoolView(
        ids=tuple(f"{row:04d}" for row in range(len(rows))),
        embeddings=rows,
        probabilities=probabilities,
        spots=np.zeros(len(rows), dtype=np.int64),
        spot_estimates=None,
        labelled_embeddings=labelled,
        labelled=np.zeros(len(labelled), dtype=np.int64),
    )


def blobs(groups: int, size: int, *, spread: float = 0.1, seed: int = 0) -> FloatArray:
    """Row i belongs to group i // size."""
    rng = np.random.default_rng(seed)
    return np.repeat(np.eye(groups, 16), size, axis=0) + spread * rng.normal(size=(groups * size, 16))


def hesitant(groups: int, size: int, weak: set[int]) -> FloatArray:
    """(n, 2) probabilities: the rows of the weak groups are close calls, the others sure."""
    rows = np.repeat([[0.52, 0.48] if group in weak else [0.99, 0.01] for group in range(groups)], size, axis=0)
    return np.asarray(rows)


def test_it_asks_each_weak_group_and_no_sure_one() -> None:
    view = make_view(blobs(8, 40), hesitant(8, 40, {1, 4, 6}))
    choice = weak_spots(view, budget=6, rng=np.random.default_rng(0))
    assert {row // 40 for row in choice.rows} == {1, 4, 6}
    assert choice.note == "Chosen for doubt, also near other picks: 20.0 labels a class."


def test_margin_alone_asks_the_same_weak_group_again_and_again() -> None:
    probabilities = hesitant(8, 40, {1, 4, 6})
    probabilities[40:80] = [0.51, 0.49]
    view = make_view(blobs(8, 40), probabilities)
    assert {row // 40 for row in basic.margin(view, budget=6, rng=np.random.default_rng(0)).rows} == {1}
    assert {row // 40 for row in weak_spots(view, budget=6, rng=np.random.default_rng(0)).rows} == {1, 4, 6}


def test_with_few_labels_it_covers_sure_groups_too_and_says_so() -> None:
    view = make_view(blobs(8, 40), hesitant(8, 40, {1, 4, 6}))
    few = replace(view, labelled_embeddings=view.labelled_embeddings[:5], labelled=view.labelled[:5])
    choice = weak_spots(few, budget=8, rng=np.random.default_rng(0))
    assert sorted(row // 40 for row in choice.rows) == list(range(8))
    assert choice.note == f"Chosen to cover the pool: 5 labels so far, doubts count from {FEW} on."
    assert choice.scores.tolist() == pytest.approx([0.96 if row // 40 in {1, 4, 6} else 0.02 for row in choice.rows])


def test_it_asks_no_near_duplicate_of_what_was_asked_or_picked() -> None:
    rows = np.concatenate([np.repeat(np.eye(4, 16), 20, axis=0), blobs(6, 1, seed=1)])
    view = make_view(rows, np.full((86, 2), 0.5), known=np.eye(4, 16)[:2])
    choice = weak_spots(view, budget=5, rng=np.random.default_rng(0))
    similarity = view.embeddings[choice.rows] @ view.embeddings[choice.rows].T - np.eye(5)
    assert similarity.max() < 0.97
    assert (view.embeddings[choice.rows] @ view.labelled_embeddings.T).max() < 0.97


def test_it_asks_near_duplicates_only_when_nothing_else_is_left() -> None:
    rows = np.concatenate([np.repeat(np.eye(1, 16), 9, axis=0), np.eye(3, 16)[1:]])
    choice = weak_spots(make_view(rows, np.full((11, 2), 0.5)), budget=5, rng=np.random.default_rng(0))
    assert {9, 10} <= set(choice.rows.tolist())
    assert len(choice.rows) == 5


def test_before_the_first_model_it_is_coverage() -> None:
    view = make_view(blobs(10, 30))
    chosen = [strategy(view, budget=10, rng=np.random.default_rng(0)) for strategy in (weak_spots, basic.coverage)]
    assert chosen[0].rows.tolist() == chosen[1].rows.tolist()
    assert chosen[0].note == "Chosen to cover the pool: there is no model yet."


@pytest.mark.parametrize("settled", [3, FEW])
def test_the_order_of_the_rows_changes_nothing_in_any_phase(settled: int) -> None:
    view = make_view(blobs(8, 12, spread=0.4), np.random.default_rng(3).dirichlet(np.ones(5), 96))
    view = replace(view, labelled=np.where(np.arange(FEW) < settled, 0, -1))
    order = np.random.default_rng(9).permutation(96)
    turned = replace(
        view,
        ids=tuple(view.ids[row] for row in order),
        embeddings=view.embeddings[order],
        probabilities=None if view.probabilities is None else view.probabilities[order],
    )
    chosen = [weak_spots(one, budget=9, rng=np.random.default_rng(1)) for one in (view, turned)]
    assert [view.ids[row] for row in chosen[0].rows] == [turned.ids[row] for row in chosen[1].rows]


@pytest.mark.parametrize("settled", [3, FEW])
@pytest.mark.parametrize("budget", [0, 1, 95, 96, 200])
def test_as_many_different_rows_as_asked_for_or_as_there_are(settled: int, budget: int) -> None:
    view = make_view(blobs(8, 12, spread=0.4), np.random.default_rng(3).dirichlet(np.ones(5), 96))
    view = replace(view, labelled=np.where(np.arange(FEW) < settled, 0, -1))
    rows = weak_spots(view, budget=budget, rng=np.random.default_rng(1)).rows.tolist()
    assert len(rows) == len(set(rows)) == min(budget, 96)
