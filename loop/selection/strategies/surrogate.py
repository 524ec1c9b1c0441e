"""A light linear model in the place of the real one, which a strategy never sees.

    candidates' embeddings, the model's probabilities ─► ridge regression to log probabilities ─► StandIn
    labelled embeddings and labels ─► logistic heads, each on its own random weights ─► their probabilities

The first repeats the model as well as a linear map of the frozen embeddings can; the second is a committee of what the
labels allow.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from loop.records import FloatArray, IntArray

RIDGE = 0.01
FLOOR = 1e-5
"""Smaller probabilities are taken as this before the logarithm."""
PENALTY = 5.0
"""Inverse strength of the heads' regularisation."""
STEPS = 60


@dataclass(frozen=True, slots=True)
class StandIn:
    """A linear map of embeddings to log probabilities."""

    weights: FloatArray
    """(d, k)."""
    bias: FloatArray
    """(k,)."""

    def logits(self, points: FloatArray) -> FloatArray:
        """(n, d) → (n, k)."""
        found: FloatArray = points @ self.weights + self.bias
        return found

    def probabilities(self, points: FloatArray) -> FloatArray:
        """(n, d) → (n, k), rows sum to 1."""
        return softmax(self.logits(points))


def imitated(points: FloatArray, probabilities: FloatArray) -> StandIn:
    """Ridge regression of centred log probabilities (n, k) on the points (n, d); n of 1 or more."""
    wanted = np.log(np.maximum(probabilities, FLOOR))
    wanted = wanted - wanted.mean(axis=1, keepdims=True)
    middle, level = points.mean(axis=0, dtype=np.float64), wanted.mean(axis=0)
    moved = points - middle
    weights = np.linalg.solve(moved.T @ moved + RIDGE * np.eye(points.shape[1]), moved.T @ (wanted - level))
    return StandIn(weights=weights.astype(np.float32), bias=(level - middle @ weights).astype(np.float32))


def heads(
    points: FloatArray, labels: IntArray, candidates: FloatArray, *, count: int, rng: np.random.Generator
) -> Iterator[FloatArray]:
    """(n, classes) probabilities of the candidates by each of `count` logistic heads; of one class only: all 1.

    Each head weighs the labelled examples anew by standard exponential draws: Rubin 1981, The Bayesian bootstrap.
    Unlike draws with replacement it leaves no class out. labels: (m,) settled ones, none below 0; m of 1 or more.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    for _ in range(count):
        weights = rng.standard_exponential(len(labels))
        if len(np.unique(labels)) < 2:
            yield np.ones((len(candidates), 1))
            continue
        head = LogisticRegression(C=PENALTY, max_iter=STEPS, tol=1e-3)
        with warnings.catch_warnings():
            # A head stopped early is as good a member.
            warnings.simplefilter("ignore", ConvergenceWarning)
            head.fit(points, labels, sample_weight=weights)
        yield head.predict_proba(candidates)


def softmax(logits: FloatArray) -> FloatArray:
    """(n, k) → (n, k), rows sum to 1."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: FloatArray = raised / raised.sum(axis=1, keepdims=True)
    return found
