"""Figures of a classifier: probabilities (n, k) and true columns (n,) in, one number out.

A true column of -1 stands for a label the model does not know: it always counts as an error.
Every figure is None for empty input. Guesses are the most probable column, the first one on ties.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loop.records import FloatArray, IntArray

SMALLEST = 1e-12
"""Probabilities are raised to this before the logarithm: a certain mistake costs 27.6 nats, not infinity."""
BINS = 15
"""Bins of the calibration error, the number most papers use since Guo et al. 2017."""


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Per class; arrays (k,) in column order. NaN where a figure is not defined."""

    support: IntArray
    """How many examples truly are of the class."""
    guessed: IntArray
    """How many the model calls so."""
    hits: IntArray
    """How many of both."""
    precision: FloatArray
    """hits / guessed; NaN when the class is never guessed."""
    recall: FloatArray
    """hits / support; NaN when there is no example of the class."""
    f1: FloatArray
    """2 hits / (support + guessed); NaN when the class is neither there nor guessed."""


def error_rate(probabilities: FloatArray, truth: IntArray) -> float | None:
    """Share of wrong guesses, 0..1, smaller is better."""
    if len(truth) == 0:
        return None
    return float((probabilities.argmax(axis=1) != truth).mean())


def macro_f1(probabilities: FloatArray, truth: IntArray) -> float | None:
    """Mean F1 over the classes that occur in truth or guesses, 0..1, larger is better; an unknown label has F1 0."""
    if len(truth) == 0:
        return None
    f1 = per_class(probabilities, truth).f1
    total = float(np.nansum(f1))
    return total / (int((~np.isnan(f1)).sum()) + bool((truth < 0).any()))


def log_loss(probabilities: FloatArray, truth: IntArray) -> float | None:
    """Mean negative log probability of the true label, in nats, 0..27.6, smaller is better."""
    if len(truth) == 0:
        return None
    return float(-np.log(np.maximum(_of_truth(probabilities, truth), SMALLEST)).mean())


def brier(probabilities: FloatArray, truth: IntArray) -> float | None:
    """Mean squared distance from the one-hot truth, summed over classes, 0..2, smaller is better.

    Brier 1950, Verification of forecasts expressed in terms of probability: the multi-class form, twice the binary one.
    """
    if len(truth) == 0:
        return None
    squares = np.square(probabilities, dtype=np.float64).sum(axis=1)
    return float((squares - 2 * _of_truth(probabilities, truth) + 1).mean())


def ece(probabilities: FloatArray, truth: IntArray) -> float | None:
    """Expected calibration error of the guess, 0..1, smaller is better.

    Mean of |confidence - share right| over 15 bins that hold the same number of examples, weighted by that number
    (Nguyen and O'Connor 2015). Equal confidences share a bin, so that the order of rows does not matter. Biased
    upwards when bins hold few examples: read it only from about 150 examples on.
    """
    n = len(truth)
    if n == 0:
        return None
    confidence = probabilities.max(axis=1).astype(np.float64)
    surplus = confidence - (probabilities.argmax(axis=1) == truth)
    bins = np.searchsorted(np.sort(confidence), confidence, side="left") * BINS // n
    return float(np.abs(np.bincount(bins, weights=surplus)).sum() / n)


def per_class(probabilities: FloatArray, truth: IntArray) -> ClassFigures:
    """Precision, recall and F1 of each of the k classes."""
    counts = confusion(probabilities, truth)
    unknown = probabilities.argmax(axis=1)[truth < 0]
    support, hits = counts.sum(axis=1), counts.diagonal()
    guessed = counts.sum(axis=0) + np.bincount(unknown, minlength=counts.shape[0])
    return ClassFigures(
        support=support,
        guessed=guessed,
        hits=hits,
        precision=_share(hits, guessed),
        recall=_share(hits, support),
        f1=_share(2 * hits, support + guessed),
    )


def confusion(probabilities: FloatArray, truth: IntArray) -> IntArray:
    """(k, k) counts, rows true class, columns guess; rows with an unknown true label are left out."""
    k = probabilities.shape[1]
    known = truth >= 0
    cells = truth[known] * k + probabilities.argmax(axis=1)[known]
    return np.bincount(cells, minlength=k * k).reshape(k, k)


def _of_truth(probabilities: FloatArray, truth: IntArray) -> FloatArray:
    """(n,) probability of the true label, 0 for an unknown one."""
    rows = probabilities[np.arange(len(truth)), np.maximum(truth, 0)].astype(np.float64)
    found: FloatArray = np.where(truth >= 0, rows, 0.0)
    return found


def _share(part: IntArray, whole: IntArray) -> FloatArray:
    found: FloatArray = np.full(len(whole), np.nan)
    np.divide(part, whole, out=found, where=whole > 0)
    return found
