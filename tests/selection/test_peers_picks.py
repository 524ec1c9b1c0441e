"""The same picks as scikit-activeml and small-text make where nothing is random, as good ones where something is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from loop import registry
from loop.protocols import PoolView
from loop.records import FloatArray, IntArray
from loop.selection import uncertainty
from loop.selection.herding import herd
from loop.selection.strategies.prob_cover import covering
from loop.selection.strategies.surrogate import softmax

pytestmark = pytest.mark.slow  # importing them takes seconds

GROUPS, SIZE, D = 12, 50, 24
N = GROUPS * SIZE


def groups(*, seed: int = 0) -> FloatArray:
    """(600, 24) rows of length 1; row i belongs to group i // 50."""
    rng = np.random.default_rng(seed)
    rows = np.repeat(rng.normal(size=(GROUPS, D)), SIZE, axis=0) + 0.6 * rng.normal(size=(N, D))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def linear(rows: FloatArray) -> FloatArray:
    """A fixed model that knows the groups roughly."""
    middles = groups().reshape(GROUPS, SIZE, D).mean(axis=1)
    return softmax(8.0 * rows @ middles.T)


def make_view(rows: FloatArray, known: FloatArray) -> PoolView:
    return PoolView(
        ids=tuple(f"{row:04d}" for row in range(len(rows))),
        embeddings=rows,
        probabilities=linear(rows),
        spots=np.zeros(len(rows), dtype=np.int64),
        spot_estimates=None,
        labelled_embeddings=known,
        labelled=np.zeros(len(known), dtype=np.int64),
    )


def ours(name: str, *, budget: int, known: int = 0, seed: int = 0) -> IntArray:
    """Rows of `groups` picked when the first `known` ones are labelled."""
    rows = groups()
    view = make_view(rows[known:], rows[:known])
    found: IntArray = registry.load("strategy", name)(view, budget=budget, rng=np.random.default_rng(seed)).rows + known
    return found


def labels(known: int) -> FloatArray:
    """In scikit-activeml's way: NaN is unlabelled."""
    return np.where(np.arange(N) < known, 0.0, np.nan)


def skactiveml_model() -> Any:
    base = pytest.importorskip("skactiveml.base")

    class Fixed(base.SkactivemlClassifier):  # type: ignore[misc, name-defined]
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:  # noqa: N803 - its seam
            return self

        def predict_proba(self, X: Any) -> FloatArray:  # noqa: N803 - its seam
            return linear(np.asarray(X))

        def predict(self, X: Any) -> IntArray:  # noqa: N803 - its seam
            return np.asarray(linear(np.asarray(X)).argmax(axis=1))

    return Fixed(classes=list(range(GROUPS)))


def test_the_core_set_is_that_of_scikit_activeml() -> None:
    pool = pytest.importorskip("skactiveml.pool")
    theirs = pool.CoreSet(random_state=0).query(groups(), labels(20), batch_size=40)
    assert ours("core_set", budget=40, known=20).tolist() == list(theirs)


def test_the_core_set_is_that_of_small_text() -> None:
    coresets = pytest.importorskip("small_text.query_strategies.coresets")
    rows = groups()
    # Its new picks are numbers among the unlabelled, used as numbers among all: right when these come first.
    turned = np.concatenate([rows[20:], rows[:20]])
    theirs = coresets.greedy_coreset(turned, np.arange(N - 20), np.arange(N - 20, N), 40, distance_metric="euclidean")
    assert (ours("core_set", budget=40, known=20) - 20).tolist() == theirs.tolist()


@pytest.mark.parametrize("known", [0, 15])
def test_max_herding_is_that_of_scikit_activeml(known: int) -> None:
    pool = pytest.importorskip("skactiveml.pool")
    theirs = pool.MaxHerding(metric="rbf", metric_dict={"gamma": 1.0}, random_state=0).query(
        groups(), labels(known), batch_size=30
    )
    assert ours("max_herding", budget=30, known=known).tolist() == list(theirs)
    rows = groups()
    alone = herd(rows[known:], np.arange(N - known), rows[:known], budget=30, bandwidth=1.0) + known
    assert alone.tolist() == list(theirs)


@pytest.mark.filterwarnings("ignore:The maximum purity")
def test_each_pick_of_prob_cover_is_one_of_the_best_of_scikit_activeml() -> None:
    pool = pytest.importorskip("skactiveml.pool")
    rows, radius = groups(), 0.7
    found = covering(rows[20:], rows[:20], radius=radius, budget=15)
    asked = labels(20)
    for row in found:
        _, degree = pool.ProbCover(n_classes=GROUPS, deltas=[radius], random_state=0).query(
            rows, asked, return_utilities=True
        )
        assert degree[0, row + 20] == np.nanmax(degree[0])
        asked[row + 20] = 0.0


def test_central_rows_are_as_central_as_those_of_small_text() -> None:
    small_text = pytest.importorskip("small_text")
    rows = groups()
    theirs = [
        spread(rows, small_text.EmbeddingKMeans().sample(None, None, np.arange(N), None, None, 24, rows))
        for _ in range(5)
    ]
    own = [spread(rows, ours("k_means", budget=24, seed=seed)) for seed in range(5)]
    assert np.mean(own) == pytest.approx(np.mean(theirs), rel=0.05)


def test_typiclust_finds_as_many_groups_as_that_of_scikit_activeml() -> None:
    pool = pytest.importorskip("skactiveml.pool")
    rows = groups()
    theirs = [
        spread(rows, pool.TypiClust(random_state=seed, k=20).query(rows, labels(10), batch_size=14))
        for seed in range(5)
    ]
    own = [spread(rows, ours("typiclust", budget=14, known=10, seed=seed)) for seed in range(5)]
    assert np.mean(own) <= 1.05 * np.mean(theirs)


def test_badge_is_as_unsure_and_as_spread_as_that_of_scikit_activeml() -> None:
    pool = pytest.importorskip("skactiveml.pool")
    theirs = [
        pool.Badge(random_state=seed).query(groups(), labels(0), skactiveml_model(), fit_clf=False, batch_size=24)
        for seed in range(8)
    ]
    own = [ours("badge", budget=24, seed=seed) for seed in range(8)]
    _alike(own, theirs)
    assert len({tuple(rows.tolist()) for rows in own}) == 8


def test_drop_query_is_as_unsure_and_as_spread_as_that_of_scikit_activeml() -> None:
    pool = pytest.importorskip("skactiveml.pool")
    theirs = [
        pool.DropQuery(dropout_rate=0.75, n_dropout_samples=3, random_state=seed).query(
            groups(), labels(0), skactiveml_model(), fit_clf=False, batch_size=24
        )
        for seed in range(8)
    ]
    _alike([ours("drop_query", budget=24, seed=seed) for seed in range(8)], theirs)


def _alike(own: list[IntArray], theirs: list[IntArray]) -> None:
    """Mean uncertainty within 0.1, and the rows are no farther from the nearest pick than theirs and 5 %."""
    rows = groups()
    unsure = uncertainty.margin(linear(rows))
    assert np.mean([unsure[picks].mean() for picks in own]) == pytest.approx(
        np.mean([unsure[picks].mean() for picks in theirs]), abs=0.1
    )
    far = np.mean([spread(rows, picks) for picks in theirs])
    assert np.mean([spread(rows, picks) for picks in own]) <= 1.05 * far


def spread(rows: FloatArray, picks: IntArray) -> float:
    """Mean squared distance of a row to the nearest pick."""
    return float((2.0 - 2.0 * (rows @ rows[np.asarray(picks)].T)).min(axis=1).mean())
