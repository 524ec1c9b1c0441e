"""Laws of every strategy of the menu, on views of any shape."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loop import registry
from loop.errors import DataError
from loop.protocols import Choice, PoolView, Strategy
from loop.selection.wrappers import rare_classes, subsampled, without_near_duplicates

NAMES = registry.names("strategy")
NAMED_IN_THE_ISSUE = {
    *("random", "stratified", "least_confidence", "entropy", "margin", "bald", "committee", "badge", "core_set"),
    *("k_means", "cluster_margin", "drop_query", "cal", "real", "typiclust", "max_herding", "uncertainty_herding"),
    *("prob_cover", "discriminative", "weak_spots", "coverage", "rare_classes"),
}


@st.composite
def views(draw: st.DrawFn) -> PoolView:
    """1 to 30 candidates, 0 to 12 asked ones, 1 to 5 labels, rows that may all be the same, ids in any order."""
    n, m, k = draw(st.integers(1, 30)), draw(st.integers(0, 12)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = rng.normal(size=(n + m, 6)).astype(np.float32)
    rows[rng.random(n + m) < draw(st.sampled_from([0.0, 0.5, 1.0]))] = rows[0]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    sure = draw(st.booleans())
    probabilities = np.eye(k)[rng.integers(k, size=n)] if sure else rng.dirichlet(np.ones(k), n)
    return PoolView(
        ids=tuple(f"{number:03d}" for number in rng.permutation(999)[:n]),
        embeddings=rows[:n],
        probabilities=probabilities if draw(st.booleans()) else None,
        spots=rng.integers(3, size=n),
        spot_estimates=rng.random(3),
        labelled_embeddings=rows[n:],
        labelled=rng.integers(-1, k, size=m),
    )


def pick(strategy: Strategy, view: PoolView, budget: int, seed: int = 0) -> Choice | None:
    """None where the strategy says in words that it needs a model."""
    try:
        return strategy(view, budget=budget, rng=np.random.default_rng(seed))
    except DataError as error:
        if view.probabilities is None and "needs a model's probabilities" in error.found:
            return None
        raise


def turned(view: PoolView) -> PoolView:
    """The same examples in another order."""
    order = np.random.default_rng(9).permutation(len(view.ids))
    return replace(
        view,
        ids=tuple(view.ids[row] for row in order),
        embeddings=view.embeddings[order],
        probabilities=None if view.probabilities is None else view.probabilities[order],
        spots=view.spots[order],
    )


def test_the_menu_has_every_strategy_that_was_asked_for() -> None:
    assert set(NAMES) >= NAMED_IN_THE_ISSUE


@pytest.mark.parametrize("name", NAMES)
def test_the_first_line_says_in_one_sentence_what_is_asked(name: str) -> None:
    told = (inspect.getdoc(registry.load("strategy", name)) or "").split("\n")
    assert 20 < len(told[0]) <= 120
    assert told[0].endswith(".")
    assert len(told) == 1 or told[1] == ""


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(view=views(), budget=st.integers(0, 40))
def test_as_many_different_rows_as_there_can_be_the_same_again_in_any_order(
    name: str, view: PoolView, budget: int
) -> None:
    check(registry.load("strategy", name), view, budget)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(view=views(), budget=st.integers(0, 40))
def test_the_same_on_many_views(name: str, view: PoolView, budget: int) -> None:
    check(registry.load("strategy", name), view, budget)


def check(strategy: Strategy, view: PoolView, budget: int) -> None:
    """Count, uniqueness, range, determinism, and no word of the rows' order."""
    choice = pick(strategy, view, budget)
    if choice is None:
        return
    rows = choice.rows.tolist()
    assert len(rows) == len(set(rows)) == len(choice.scores) == min(budget, len(view.ids))
    assert all(0 <= row < len(view.ids) for row in rows)
    assert np.isnan(choice.scores).all() or (choice.scores >= 0).all()
    again = pick(strategy, view, budget)
    other = pick(strategy, turned(view), budget)
    assert again is not None
    assert other is not None
    assert again.rows.tolist() == rows
    assert [turned(view).ids[row] for row in other.rows] == [view.ids[row] for row in rows]


@pytest.mark.parametrize("name", NAMES)
def test_half_precision_and_memory_mapped_like_rows_are_as_good(name: str) -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(40, 6))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    view = PoolView(
        ids=tuple(f"{number:03d}" for number in range(30)),
        embeddings=rows[:30].astype(np.float16),
        probabilities=rng.dirichlet(np.ones(3), 30).astype(np.float32),
        spots=np.zeros(30, dtype=np.int32),
        spot_estimates=None,
        labelled_embeddings=rows[30:].astype(np.float16),
        labelled=rng.integers(3, size=10),
    )
    assert len(set(registry.load("strategy", name)(view, budget=7, rng=rng).rows.tolist())) == 7


@pytest.mark.parametrize("wrapper", [rare_classes, without_near_duplicates, subsampled(most=12, portion=5)])
@pytest.mark.parametrize("name", ["random", "margin", "badge", "core_set"])
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(view=views(), budget=st.integers(0, 40))
def test_a_wrapped_strategy_is_a_strategy(
    wrapper: Callable[[Strategy], Strategy], name: str, view: PoolView, budget: int
) -> None:
    check(wrapper(registry.load("strategy", name)), view, budget)
