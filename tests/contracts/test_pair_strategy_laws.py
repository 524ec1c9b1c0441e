"""What every pair strategy of the menu promises, whatever it is good for."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from loop import registry
from loop.errors import DataError
from loop.protocols import PairChoice, PairStrategy, PairView

NAMES = registry.names("pair_strategy")


def make_view(n: int, *, k: int = 4, d: int = 6, asked: int = 5, seed: int = 0, alike: bool = False) -> PairView:
    """Rows with two to k candidates, at random columns; the padding holds figures no strategy may be drawn by."""
    rng = np.random.default_rng(seed)
    valid = np.zeros((n, k))
    for row in valid:
        row[rng.choice(k, size=rng.integers(2, k + 1), replace=False)] = 1
    padding = valid == 0
    figures = [np.where(padding, 1e6, 0.5 if alike else rng.normal(size=(n, k))) for _ in range(3)]
    features = np.where(padding[..., None], 1e6, np.ones((n, k, d)) if alike else rng.normal(size=(n, k, d)))
    return PairView(
        ids=tuple(f"{number:04x}" for number in rng.permutation(5000)[:n]),
        valid=valid,
        logprobs=-np.abs(figures[0]),
        implicit=figures[1],
        rewards=figures[2],
        doubt=np.full(n, 0.3) if alike else rng.random(n),
        features=features,
        asked=rng.normal(size=(asked, d)),
    )


def turned(view: PairView, order: np.ndarray) -> PairView:
    per_row = {
        field.name: getattr(view, field.name)[order] for field in fields(view) if field.name not in ("ids", "asked")
    }
    return replace(view, ids=tuple(view.ids[row] for row in order), **per_row)


def pick(name: str, view: PairView, *, budget: int, seed: int = 1) -> PairChoice:
    strategy: PairStrategy = registry.load("pair_strategy", name)
    return strategy(view, budget=budget, rng=np.random.default_rng(seed))


def asked(name: str, view: PairView, *, budget: int) -> list[tuple[str, int, int]]:
    choice = pick(name, view, budget=budget)
    return [(view.ids[row], *pair) for row, pair in zip(choice.rows, choice.pairs.tolist(), strict=True)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("alike", [False, True], ids=["all different", "all the same"])
@pytest.mark.parametrize(("n", "budget"), [(60, 10), (60, 59), (7, 7), (5, 20), (1, 1), (1, 3), (0, 4), (20, 0)])
def test_the_rows_are_different_and_exactly_as_many_as_there_can_be_and_the_columns_hold_candidates(
    name: str, alike: bool, n: int, budget: int
) -> None:
    view = make_view(n, alike=alike)
    choice = pick(name, view, budget=budget)
    rows = choice.rows.tolist()
    assert len(rows) == len(choice.scores) == len(choice.pairs) == min(budget, n)
    assert choice.pairs.shape == (len(rows), 2)
    assert len(set(rows)) == len(rows)
    assert all(0 <= row < n for row in rows)
    assert (choice.pairs[:, 0] != choice.pairs[:, 1]).all()
    assert (view.valid[choice.rows[:, None], choice.pairs] > 0).all()
    assert np.issubdtype(choice.rows.dtype, np.integer)
    assert np.issubdtype(choice.pairs.dtype, np.integer)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_view_and_seed_give_the_same_pairs(name: str) -> None:
    first, second = (pick(name, make_view(80), budget=12) for _ in range(2))
    for part in ("rows", "pairs", "scores"):
        np.testing.assert_array_equal(getattr(first, part), getattr(second, part))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("alike", [False, True], ids=["all different", "all the same"])
def test_the_order_of_the_rows_does_not_change_what_is_asked(name: str, alike: bool) -> None:
    view = make_view(80, alike=alike)
    order = np.random.default_rng(3).permutation(80)
    assert asked(name, view, budget=12) == asked(name, turned(view, order), budget=12)


@pytest.mark.parametrize("name", NAMES)
def test_what_stands_in_the_padding_plays_no_part(name: str) -> None:
    view = make_view(40)
    padding = view.valid == 0
    other = replace(
        view,
        logprobs=np.where(padding, np.nan, view.logprobs),
        implicit=np.where(padding, np.nan, view.implicit),
        rewards=np.where(padding, np.nan, view.rewards),
        features=np.where(padding[..., None], np.nan, view.features),
    )
    assert asked(name, view, budget=15) == asked(name, other, budget=15)


@pytest.mark.parametrize("name", NAMES)
def test_the_view_is_left_as_it_was(name: str) -> None:
    view, before = make_view(50), make_view(50)
    for field in fields(view):
        if field.name != "ids":
            getattr(view, field.name).setflags(write=False)
    pick(name, view, budget=9)
    for field in fields(view):
        np.testing.assert_array_equal(getattr(view, field.name), getattr(before, field.name))


@pytest.mark.parametrize("name", NAMES)
def test_scores_fall_with_the_rank_or_there_are_none(name: str) -> None:
    scores = pick(name, make_view(60), budget=10).scores
    assert np.isnan(scores).all() or (np.diff(scores) <= 1e-12).all()


@pytest.mark.parametrize("name", NAMES)
def test_with_nothing_known_a_strategy_works_or_says_in_words_that_it_cannot(name: str) -> None:
    view = make_view(10)
    blank = np.full_like(view.implicit, np.nan)
    empty = replace(
        view,
        logprobs=blank,
        implicit=blank,
        rewards=blank,
        doubt=np.full(10, np.nan),
        features=np.zeros((10, 4, 0)),
        asked=np.zeros((0, 0)),
    )
    if name == "random":
        assert len(pick(name, empty, budget=5).rows) == 5
    else:
        with pytest.raises(DataError, match=f"the pair strategy '{name}' has nothing to go by; wanted: "):
            pick(name, empty, budget=5)


@pytest.mark.parametrize("name", NAMES)
def test_rows_of_which_nothing_is_known_come_last(name: str) -> None:
    view = make_view(30)
    unknown = np.arange(30) % 3 == 0
    half = replace(
        view,
        implicit=np.where(unknown[:, None], np.nan, view.implicit),
        rewards=np.where(unknown[:, None], np.nan, view.rewards),
        doubt=np.where(unknown, np.nan, view.doubt),
        features=np.where(unknown[:, None, None], np.nan, view.features),
    )
    rows = pick(name, half, budget=30).rows
    assert sorted(rows.tolist()) == list(range(30))
    if name != "random":
        assert unknown[rows[-10:]].all()
