"""Scaling of logits that makes confidences honest.

    dev logits, labels ─► temperature: one number ────────────────┐
                      └─► vector: a factor and a bias per class ──┴─► the better one ─► Scaling ─► probabilities

Guo et al. 2017, On Calibration of Modern Neural Networks. The fits are maximum a posteriori: few examples move little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax, softmax

from loop.records import FloatArray, IntArray

LOWEST, HIGHEST = 0.3, 5.0
PRIOR_SPREAD = 0.5
"""Standard deviation of the normal prior on log T around 0: without dev examples T is 1, with five it moves little."""
FACTOR_SPREAD, BIAS_SPREAD = 0.2, 0.5
"""The same of each class's log factor and bias: a class with one dev example hardly moves."""
VECTOR_FROM = 100
"""With fewer dev examples vector scaling is not tried by itself."""
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Scaling:
    """logits / temperature x factors + biases."""

    temperature: float = 1.0
    factors: tuple[float, ...] = ()
    """(k,) of each class, around 1; empty: temperature alone."""
    biases: tuple[float, ...] = ()
    """(k,) in nats, around 0; empty: temperature alone."""

    def linear(self, classes: int) -> tuple[FloatArray, FloatArray]:
        """(k,) what the logits are multiplied by, and (k,) what is added then."""
        factors = np.array(self.factors) if self.factors else np.ones(classes)
        return factors / self.temperature, np.array(self.biases) if self.biases else np.zeros(classes)

    def apply(self, logits: FloatArray) -> FloatArray:
        """(n, k) calibrated logits of the same type."""
        scaled: FloatArray = logits / self.temperature
        if self.factors:
            scaled = scaled * np.array(self.factors, logits.dtype) + np.array(self.biases, logits.dtype)
        return scaled

    def probabilities(self, logits: FloatArray) -> FloatArray:
        """(n, k) of the same type, rows sum to 1."""
        rows: FloatArray = softmax(self.apply(logits), axis=1)
        return rows


def log_loss(logits: FloatArray, labels: IntArray, temperature: float = 1.0) -> float:
    """Mean negative log-likelihood in nats, 0 or more, smaller is better. logits: (n, k), labels: (n,), n >= 1."""
    return float(_losses(logits / temperature, labels).mean())


def calibrate(logits: FloatArray, labels: IntArray, *, how: str = "auto") -> Scaling:
    """The scaling for a model with these dev logits (n, k) and labels (n,).

    how: "temperature", "vector", or "auto": vector scaling where it is better by cross-validation.
    """
    if how == "vector" or (how == "auto" and vector_helps(logits, labels)):
        return fit_vector(logits, labels)
    return Scaling(fit_temperature(logits, labels))


def fit_temperature(logits: FloatArray, labels: IntArray) -> float:
    """The temperature T in [0.3, 5] that fits `logits / T` best a posteriori; 1.0 for no example.

    Maximum a posteriori: n x log-loss(T) + (log T)^2 / (2 x 0.5^2), so a handful of examples cannot move it far.
    """
    if len(labels) == 0:
        return 1.0

    def cost(log_t: float) -> float:
        return len(labels) * log_loss(logits, labels, float(np.exp(log_t))) + log_t**2 / (2 * PRIOR_SPREAD**2)

    best = minimize_scalar(cost, bounds=(np.log(LOWEST), np.log(HIGHEST)), method="bounded")
    return float(np.exp(best.x))


def fit_vector(logits: FloatArray, labels: IntArray) -> Scaling:
    """Vector scaling on top of the fitted temperature; no example leaves everything as it is.

    Maximum a posteriori with normal priors: log factors around 0 with spread 0.2, biases around 0 with spread 0.5 nats.
    """
    temperature = fit_temperature(logits, labels)
    rows = np.asarray(logits, np.float64) / temperature
    n, k = rows.shape
    truth = np.zeros((n, k))
    truth[np.arange(n), labels] = 1.0

    def cost(at: FloatArray) -> tuple[float, FloatArray]:
        log_factors, biases = at[:k], at[k:]
        scaled = rows * np.exp(log_factors) + biases
        surplus = softmax(scaled, axis=1) - truth
        prior = (log_factors**2).sum() / (2 * FACTOR_SPREAD**2) + (biases**2).sum() / (2 * BIAS_SPREAD**2)
        slope_factors = (surplus * rows).sum(axis=0) * np.exp(log_factors) + log_factors / FACTOR_SPREAD**2
        slope_biases = surplus.sum(axis=0) + biases / BIAS_SPREAD**2
        return float(_losses(scaled, labels).sum() + prior), np.concatenate([slope_factors, slope_biases])

    best = minimize(cost, np.zeros(2 * k), jac=True, method="L-BFGS-B").x
    return Scaling(temperature, tuple(np.exp(best[:k]).tolist()), tuple(best[k:].tolist()))


def vector_helps(logits: FloatArray, labels: IntArray) -> bool:
    """Whether vector scaling has the smaller log-loss in 5-fold cross-validation, by more than one standard error.

    The examples of each class are dealt out to the folds in turn. False for fewer than 100 examples.
    """
    if len(labels) < VECTOR_FROM:
        return False
    folds, gain = dealt(labels, FOLDS), np.zeros(len(labels))
    for fold in range(FOLDS):
        held, rest = folds == fold, folds != fold
        single = Scaling(fit_temperature(logits[rest], labels[rest]))
        vector = fit_vector(logits[rest], labels[rest])
        single_losses, vector_losses = (_losses(one.apply(logits[held]), labels[held]) for one in (single, vector))
        gain[held] = single_losses - vector_losses
    return bool(gain.mean() > gain.std(ddof=1) / np.sqrt(len(gain)))


def dealt(labels: IntArray, folds: int) -> IntArray:
    """(n,) the fold of each example, 0 to folds - 1: those of one class are dealt out in turn, with no gap between."""
    order = np.argsort(labels, kind="stable")
    found = np.zeros(len(labels), np.int64)
    found[order] = np.arange(len(labels)) % folds
    return found


def _losses(logits: FloatArray, labels: IntArray) -> FloatArray:
    """(n,) negative log-likelihoods."""
    rows = log_softmax(np.asarray(logits, np.float64), axis=1)
    found: FloatArray = -rows[np.arange(len(labels)), labels]
    return found
