"""The same measures as scikit-activeml, small-text, baal and cleanlab give, on the same arrays."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from loop.records import FloatArray
from loop.selection import uncertainty
from loop.selection.strategies.badge import after
from loop.selection.strategies.committee import votes
from loop.selection.strategies.contrastive import divergences
from loop.selection.strategies.disagreement import mutual_information
from loop.selection.strategies.discriminative import told_apart
from loop.selection.strategies.surrogate import softmax
from loop.selection.strategies.typiclust import typicality

pytestmark = pytest.mark.slow  # importing them takes seconds

N, D, K = 200, 12, 5
MEASURES = {
    "least_confidence": uncertainty.least_confidence,
    "margin": uncertainty.margin,
    "entropy": uncertainty.entropy,
}


def some_probabilities(*shape: int, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).dirichlet(np.full(K, 0.5), size=shape)


def unit_rows(n: int = N, *, seed: int = 0) -> FloatArray:
    rows = np.random.default_rng(seed).normal(size=(n, D))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def linear(rows: FloatArray) -> FloatArray:
    """A fixed model: the same probabilities for the same rows."""
    return softmax(4.0 * rows @ np.random.default_rng(8).normal(size=(D, K)))


def skactiveml_model() -> Any:
    """`linear` in the shape scikit-activeml wants; its classes are 0..k-1."""
    base = pytest.importorskip("skactiveml.base")

    class Fixed(base.SkactivemlClassifier):  # type: ignore[misc, name-defined]
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:  # noqa: N803 - its seam
            self._validate_data(X, y, sample_weight) if hasattr(self, "_validate_data") else None
            return self

        def predict_proba(self, X: Any) -> FloatArray:  # noqa: N803 - its seam
            return linear(np.asarray(X))

    return Fixed(classes=list(range(K)))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("least_confidence", "least_confident"), ("margin", "margin_sampling"), ("entropy", "entropy")],
)
def test_uncertainties_are_those_of_scikit_activeml(ours: str, theirs: str) -> None:
    pool = pytest.importorskip("skactiveml.pool")
    probabilities = some_probabilities(N)
    wanted = pool.uncertainty_scores(probabilities, method=theirs)
    scale = np.log(K) if ours == "entropy" else 1.0
    assert scale * MEASURES[ours](probabilities) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize(
    ("ours", "theirs", "offset", "sign"),
    [
        ("least_confidence", "LeastConfidence", 1.0, -1.0),
        ("margin", "BreakingTies", 1.0, -1.0),
        ("entropy", "PredictionEntropy", 0.0, 1.0),
    ],
)
def test_uncertainties_are_those_of_small_text(ours: str, theirs: str, offset: float, sign: float) -> None:
    small_text = pytest.importorskip("small_text")
    probabilities = some_probabilities(N)
    model = SimpleNamespace(predict_proba=lambda rows: probabilities)
    found = getattr(small_text, theirs)().get_confidence(model, np.arange(N), None, None, None)
    scale = np.log(K) if ours == "entropy" else 1.0
    assert scale * MEASURES[ours](probabilities) == pytest.approx(offset + sign * found, abs=1e-6)


@pytest.mark.parametrize(
    ("ours", "theirs", "offset", "sign"),
    [
        ("least_confidence", "Certainty", 1.0, -1.0),
        ("margin", "Margin", 1.0, -1.0),
        ("entropy", "Entropy", 0.0, 1.0),
    ],
)
def test_uncertainties_are_those_of_baal(ours: str, theirs: str, offset: float, sign: float) -> None:
    heuristics = pytest.importorskip("baal.active.heuristics")
    probabilities = some_probabilities(N)
    found = getattr(heuristics, theirs)().compute_score(probabilities)
    scale = np.log(K) if ours == "entropy" else 1.0
    assert scale * MEASURES[ours](probabilities) == pytest.approx(offset + sign * np.asarray(found), abs=1e-6)


def test_entropy_is_that_of_cleanlab() -> None:
    quality = pytest.importorskip("cleanlab.internal.label_quality_utils")
    probabilities = some_probabilities(N)
    assert uncertainty.entropy(probabilities) == pytest.approx(quality.get_normalized_entropy(probabilities), abs=1e-6)


def test_unlabelled_examples_stand_in_the_order_of_cleanlabs_activelab() -> None:
    multiannotator = pytest.importorskip("cleanlab.multiannotator")
    probabilities = some_probabilities(N)
    _, quality = multiannotator.get_active_learning_scores(pred_probs_unlabeled=probabilities.copy())
    unsure = uncertainty.least_confidence(probabilities)
    assert np.argsort(-unsure, kind="stable").tolist() == np.argsort(quality, kind="stable").tolist()


def test_disagreement_is_bald_of_baal() -> None:
    heuristics = pytest.importorskip("baal.active.heuristics")
    members = some_probabilities(8, N)
    theirs = heuristics.BALD().compute_score(np.moveaxis(members, 0, -1))
    assert mutual_information(members) == pytest.approx(theirs, abs=1e-6)


def test_disagreement_is_bald_of_small_text() -> None:
    bayesian = pytest.importorskip("small_text.query_strategies.bayesian")
    members = some_probabilities(8, N)
    # Theirs is in bits and adds 1e-8 inside the logarithm.
    theirs = np.log(2) * bayesian._bald(np.moveaxis(members, 0, 1))
    assert mutual_information(members) == pytest.approx(theirs, abs=1e-6)


def test_disagreement_is_the_committees_divergence_and_greedy_bald_of_scikit_activeml() -> None:
    pool = pytest.importorskip("skactiveml.pool")
    members = np.maximum(some_probabilities(8, N), 1e-4)
    members /= members.sum(axis=2, keepdims=True)
    ours = mutual_information(members)
    assert ours == pytest.approx(pool.average_kl_divergence(members.copy()), abs=1e-6)
    assert ours == pytest.approx(pool.batch_bald(members.copy(), batch_size=1)[0], abs=1e-6)


def test_entropy_of_votes_is_that_of_scikit_activeml() -> None:
    pool = pytest.importorskip("skactiveml.pool")
    members = some_probabilities(7, N)
    theirs = pool.vote_entropy(members.argmax(axis=2).T, classes=np.arange(K))
    assert mutual_information(votes(one) for one in members) == pytest.approx(theirs, abs=1e-6)


def test_chances_of_badge_are_those_of_scikit_activeml_after_each_of_its_picks() -> None:
    pool = pytest.importorskip("skactiveml.pool")
    rows = unit_rows()
    probabilities = linear(rows)
    picked, chances = pool.Badge(random_state=0).query(
        rows, np.full(N, np.nan), skactiveml_model(), fit_clf=False, batch_size=12, return_utilities=True
    )
    pulls = probabilities - np.eye(K)[probabilities.argmax(axis=1)]
    square = np.square(pulls).sum(axis=1) * np.square(rows).sum(axis=1)
    assert picked[0] == square.argmax()
    distance: FloatArray | None = None
    for place in range(11):
        distance = after(distance, picked[place], pulls, rows, square=square)
        # Theirs counts zero among the picks, which neither the paper nor its code does.
        with_zero = np.minimum(distance, square)
        assert with_zero / with_zero.sum() == pytest.approx(np.nan_to_num(chances[place + 1]), abs=1e-6)


def test_contrast_is_that_of_scikit_activeml() -> None:
    pool = pytest.importorskip("skactiveml.pool")
    rows, known = unit_rows(), unit_rows(30, seed=1)
    labels = np.concatenate([np.full(N, np.nan), np.arange(30) % K])
    _, theirs = pool.ContrastiveAL(nearest_neighbors_dict={"n_neighbors": 10}, random_state=0).query(
        np.concatenate([rows, known]), labels, skactiveml_model(), fit_clf=False, return_utilities=True
    )
    ours = divergences(rows, linear(rows), known, linear(known), neighbours=10)
    assert ours == pytest.approx(theirs[0][:N], abs=1e-6)


def test_asked_and_not_asked_are_told_apart_as_by_scikit_activeml() -> None:
    pool, classifier = pytest.importorskip("skactiveml.pool"), pytest.importorskip("skactiveml.classifier")
    from sklearn.linear_model import LogisticRegression

    rows, known = unit_rows(), unit_rows(30, seed=1) + 0.3
    labels = np.concatenate([np.full(N, np.nan), np.zeros(30)])
    judge = classifier.SklearnClassifier(LogisticRegression(class_weight="balanced", max_iter=200), classes=[0, 1])
    _, theirs = pool.DiscriminativeAL(greedy_selection=True, random_state=0).query(
        np.concatenate([rows, known]), labels, judge, return_utilities=True
    )
    ours = told_apart(rows, known, rng=np.random.default_rng(0))
    assert ours == pytest.approx(theirs[0][:N], abs=1e-6)


def test_typicality_is_that_of_scikit_activeml() -> None:
    pytest.importorskip("skactiveml.pool")
    theirs = sys.modules["skactiveml.pool._typi_clust"]._typicality(unit_rows(), np.arange(N), 5)
    assert typicality(unit_rows(), neighbours=5) == pytest.approx(theirs, rel=1e-6)
