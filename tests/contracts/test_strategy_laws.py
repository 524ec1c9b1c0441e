"""What every strategy of the menu promises, whatever it is good for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from loop import registry
from loop.errors import DataError
from loop.protocols import Choice, PoolView, Strategy

NAMES = registry.names("strategy")
MEASURES = {"least_confidence", "margin", "entropy"}
"""The strategies that take the rows with the largest measure, one after the other."""
NEED_A_MODEL = MEASURES | {
    "badge",
    "bald",
    "cal",
    "cluster_margin",
    "drop_query",
    "real",
    "uncertainty_herding",
}
"""The strategies that say so in words when there is no model yet; the others work without."""


def make_view(
    n: int, *, k: int = 4, known: int = 6, seed: int = 0, doubles: bool = False, model: bool = True
) -> PoolView:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n + known, 8)).astype(np.float32)
    if doubles:
        rows[:] = rows[:1]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return PoolView(
        ids=tuple(f"{number:04x}" for number in rng.permutation(5000)[:n]),
        embeddings=rows[:n],
        probabilities=rng.dirichlet(np.ones(k), n) if model else None,
        spots=rng.integers(3, size=n),
        spot_estimates=rng.random(3) if model else None,
        labelled_embeddings=rows[n:],
        labelled=rng.integers(-1, k, size=known),
    )


def pick(name: str, view: PoolView, *, budget: int, seed: int = 1) -> Choice:
    strategy: Strategy = registry.load("strategy", name)
    return strategy(view, budget=budget, rng=np.random.default_rng(seed))


def asked(name: str, view: PoolView, *, budget: int) -> list[str]:
    return [view.ids[row] for row in pick(name, view, budget=budget).rows]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("doubles", [False, True], ids=["all different", "all the same text"])
@pytest.mark.parametrize(("n", "budget"), [(60, 10), (60, 59), (7, 7), (5, 20), (1, 1), (1, 3), (0, 4), (20, 0)])
def test_the_rows_are_different_in_range_and_exactly_as_many_as_there_can_be(
    name: str, doubles: bool, n: int, budget: int
) -> None:
    choice = pick(name, make_view(n, doubles=doubles), budget=budget)
    rows = choice.rows.tolist()
    assert len(rows) == len(choice.scores) == min(budget, n)
    assert len(set(rows)) == len(rows)
    assert all(0 <= row < n for row in rows)
    assert np.issubdtype(choice.rows.dtype, np.integer)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_view_and_seed_give_the_same_rows(name: str) -> None:
    first, second = (pick(name, make_view(80), budget=12) for _ in range(2))
    assert first.rows.tolist() == second.rows.tolist()
    np.testing.assert_array_equal(first.scores, second.scores)


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_the_rows_does_not_change_which_examples_are_asked(name: str) -> None:
    view = make_view(80)
    order = np.random.default_rng(3).permutation(80)
    assert view.probabilities is not None
    turned = replace(
        view,
        ids=tuple(view.ids[row] for row in order),
        embeddings=view.embeddings[order],
        probabilities=view.probabilities[order],
        spots=view.spots[order],
    )
    assert asked(name, view, budget=12) == asked(name, turned, budget=12)


@pytest.mark.parametrize("name", NAMES)
def test_two_labels_are_enough(name: str) -> None:
    assert len(pick(name, make_view(30, k=2), budget=5).rows) == 5


@pytest.mark.parametrize("name", NAMES)
def test_a_model_without_any_doubt_and_an_empty_training_set_are_no_crash(name: str) -> None:
    view = replace(make_view(30, known=0), probabilities=np.eye(4)[[0] * 30])
    assert len(pick(name, view, budget=5).rows) == 5


@pytest.mark.parametrize("name", NAMES)
def test_the_view_is_left_as_it_was(name: str) -> None:
    view, before = make_view(50), make_view(50)
    for part in (view.embeddings, view.probabilities, view.spots, view.spot_estimates, view.labelled_embeddings):
        assert part is not None
        part.setflags(write=False)
    pick(name, view, budget=9)
    np.testing.assert_array_equal(view.embeddings, before.embeddings)
    assert view.ids == before.ids


@pytest.mark.parametrize("name", NAMES)
def test_before_the_first_model_a_strategy_works_or_says_in_words_that_it_cannot(name: str) -> None:
    view = make_view(30, model=False)
    if name in NEED_A_MODEL:
        with pytest.raises(DataError, match=f"the strategy '{name}' needs a model's probabilities"):
            pick(name, view, budget=5)
    else:
        assert len(pick(name, view, budget=5).rows) == 5


@pytest.mark.parametrize("name", NAMES)
def test_scores_fall_with_the_rank_or_there_are_none(name: str) -> None:
    scores = pick(name, make_view(60), budget=10).scores
    assert np.isnan(scores).all() or (scores >= 0).all()
    if name in MEASURES:
        assert (np.diff(scores) <= 0).all()
