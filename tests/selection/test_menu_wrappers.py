"""Strategies made of strategies."""

from __future__ import annotations

import numpy as np
import pytest

from loop import registry
from loop.protocols import Choice, PoolView
from loop.records import IntArray
from loop.selection.strategies.basic import margin, random
from loop.selection.wrappers import rare_classes, subsampled, without_near_duplicates
from loop.selection.wrappers.rare_classes import rare
from loop.selection.wrappers.subset import only


def make_view(groups: int, size: int, *, labelled: IntArray | None = None, spread: float = 0.2) -> PoolView:
    """Row i belongs to group i // size; of the labelled ones each lies in the middle of its label's group."""
    rng = np.random.default_rng(0)
    rows = np.repeat(np.eye(groups, 12), size, axis=0) + spread * rng.normal(size=(groups * size, 12))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    labelled = np.empty(0, dtype=np.int64) if labelled is None else labelled
    return PoolView(
        ids=tuple(f"{row:06d}" for row in range(len(rows))),
        embeddings=rows,
        probabilities=rng.dirichlet(np.ones(groups), len(rows)),
        spots=np.zeros(len(rows), dtype=np.int64),
        spot_estimates=None,
        labelled_embeddings=np.eye(groups, 12)[labelled],
        labelled=labelled,
    )


def test_a_label_is_rare_below_half_of_the_mean_count_and_unsettled_answers_count_for_none() -> None:
    assert rare(np.repeat([0, 1, 2, -1], [10, 9, 2, 40])).tolist() == [2]
    assert rare(np.repeat([0, 1], [10, 8])).tolist() == []
    assert rare(np.array([-1, -1])).tolist() == []


def test_half_of_the_batch_lies_beside_the_rare_label() -> None:
    view = make_view(6, 50, labelled=np.repeat(np.arange(6), [10, 10, 10, 10, 10, 1]))
    plain = random(view, budget=20, rng=np.random.default_rng(1)).rows
    sought = rare_classes(random)(view, budget=20, rng=np.random.default_rng(1)).rows
    assert (sought // 50 == 5).sum() >= 9 > (plain // 50 == 5).sum()


def test_where_no_label_is_rare_the_strategy_is_itself() -> None:
    view = make_view(4, 20, labelled=np.repeat(np.arange(4), 5))
    one, other = (found(view, budget=9, rng=np.random.default_rng(0)) for found in (margin, rare_classes(margin)))
    assert one.rows.tolist() == other.rows.tolist()


def test_no_near_duplicate_is_asked_while_anything_else_is_left() -> None:
    view = make_view(6, 10, spread=0.0, labelled=np.array([0]))
    rows = without_near_duplicates(margin)(view, budget=5, rng=np.random.default_rng(0)).rows
    assert sorted(rows // 10) == [1, 2, 3, 4, 5]
    assert len(set(without_near_duplicates(margin)(view, budget=9, rng=np.random.default_rng(0)).rows.tolist())) == 9


def test_a_huge_pool_is_shown_in_part_and_a_huge_batch_is_picked_in_portions() -> None:
    shown: list[tuple[int, int, int]] = []

    @subsampled(most=40, portion=15)
    def watched(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
        """Told as it was."""
        shown.append((len(view.ids), budget, len(view.labelled_embeddings)))
        assert list(view.ids) == sorted(view.ids)
        return random(view, budget=budget, rng=rng)

    choice = watched(make_view(5, 20), budget=35, rng=np.random.default_rng(0))
    assert shown == [(40, 15, 0), (40, 15, 15), (40, 5, 30)]
    assert len(set(choice.rows.tolist())) == 35
    assert watched.__doc__ == "Told as it was."


def test_every_row_of_a_huge_pool_may_be_shown() -> None:
    rare_sight = subsampled(most=10)(margin)
    view = make_view(4, 10)
    seen = np.concatenate([rare_sight(view, budget=5, rng=np.random.default_rng(seed)).rows for seed in range(200)])
    assert len(set(seen.tolist())) > 30


def test_a_narrower_view_keeps_ids_and_arrays_together() -> None:
    view = make_view(3, 5)
    part = only(view, np.array([7, 2]))
    assert part.ids == ("000007", "000002")
    assert part.embeddings.tolist() == view.embeddings[[7, 2]].tolist()
    assert view.probabilities is not None
    assert part.probabilities is not None
    assert part.probabilities.tolist() == view.probabilities[[7, 2]].tolist()


@pytest.mark.slow
@pytest.mark.parametrize("name", registry.names("strategy"))
def test_a_pool_of_a_hundred_thousand_fits_in_memory(name: str) -> None:
    import resource

    rng = np.random.default_rng(0)
    rows = rng.normal(size=(100_000, 64)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    view = PoolView(
        ids=tuple(f"{number:06d}" for number in range(100_000)),
        embeddings=rows,
        probabilities=rng.dirichlet(np.ones(20), 100_000).astype(np.float32),
        spots=rng.integers(60, size=100_000),
        spot_estimates=rng.random(60),
        labelled_embeddings=rows[:200],
        labelled=rng.integers(20, size=200),
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    choice = registry.load("strategy", name)(view, budget=100, rng=rng)
    assert len(set(choice.rows.tolist())) == 100
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_500_000, "kilobytes more than before"
