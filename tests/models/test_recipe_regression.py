"""The regression under the recipe "head" against scikit-learn, and what its shortcuts promise."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from loop.models.recipes.regression import fit, logistic, rotate
from loop.models.recipes.representation import of_length_one

RNG = np.random.default_rng(0)
LABELS = RNG.integers(4, size=80)
TRUTH = np.eye(4, dtype=np.float32)[LABELS]
ROWS = of_length_one(RNG.normal(size=(80, 12)) + np.eye(12)[LABELS])
ONES = np.ones(80, np.float32)


@pytest.mark.parametrize("c", [0.5, 10.0])
@pytest.mark.parametrize("width", [12, 200])
def test_probabilities_are_those_of_scikit_learn(c: float, width: int) -> None:
    rows = of_length_one(np.concatenate([ROWS, RNG.normal(size=(80, width - 12)) * 0.1], axis=1))
    weights = RNG.uniform(0.5, 2.0, 80).astype(np.float32)
    rotated = rotate(rows)
    ours = fit(rotated, TRUTH, weights, c=c)
    logits = rotated.rows @ ours[:-1] + ours[-1]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    theirs = LogisticRegression(C=c, max_iter=1000, tol=1e-8).fit(rows, LABELS, sample_weight=weights)
    assert np.allclose(shares, theirs.predict_proba(rows), atol=0.01)


def test_a_row_of_weight_zero_is_as_if_it_were_not_there() -> None:
    kept = np.arange(80) < 60
    inside, without = rotate(ROWS), rotate(ROWS[kept])
    masked = fit(inside, TRUTH, kept.astype(np.float32), c=2.0)
    alone = fit(without, TRUTH[kept], ONES[kept], c=2.0)
    assert np.allclose(inside.axes @ masked[:-1], without.axes @ alone[:-1], atol=0.02)


def test_an_earlier_answer_to_begin_at_changes_the_way_and_not_the_end() -> None:
    rotated = rotate(ROWS)
    begun = fit(rotated, TRUTH, ONES, c=10.0, start=fit(rotated, TRUTH, ONES, c=0.5))
    assert np.allclose(begun[:-1], fit(rotated, TRUTH, ONES, c=10.0)[:-1], atol=0.05)


@pytest.mark.parametrize(("n", "d"), [(5, 12), (40, 12), (12, 12)])
def test_rotated_rows_keep_their_products(n: int, d: int) -> None:
    rows = RNG.normal(size=(n, d)).astype(np.float32)
    rotated = rotate(rows)
    assert np.allclose(rotated.rows @ rotated.rows.T, rows @ rows.T, atol=1e-3)
    assert np.allclose(rotated.axes.T @ rotated.axes, np.eye(rotated.axes.shape[1]), atol=1e-3)


def test_labels_as_they_come_say_what_scikit_learn_says_and_nothing_of_a_class_without_labels() -> None:
    labels = LABELS * 2
    said = logistic(ROWS[:60], labels[:60], ROWS, classes=8, c=5.0)
    theirs = LogisticRegression(C=5.0, max_iter=1000, tol=1e-8).fit(ROWS[:60], labels[:60])
    assert (said.argmax(axis=1) == theirs.predict(ROWS)).mean() >= 0.97
    assert np.isneginf(said[:, 1::2]).all()
    assert (logistic(ROWS[:9], np.full(9, 3), ROWS, classes=5, c=5.0).argmax(axis=1) == 3).all()
