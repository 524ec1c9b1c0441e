"""What a head is fitted to, and one fit of a chosen mixture: on all labelled texts, or without some of them.

labelled texts, label texts ─► Known ─► Fitter: regression and centroids, mixed ─► weight, bias
                                           └─► with a pool: surest guesses ─► the same fit on these rows too
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from loop.models.calibration import dealt
from loop.models.recipes import self_training
from loop.models.recipes.centroids import centroids
from loop.models.recipes.choosing import Mixture, mix, spread
from loop.models.recipes.names import informative, times
from loop.models.recipes.regression import Rotated, fit, rotate
from loop.models.recipes.representation import Representation
from loop.protocols import EmbeddedLabels
from loop.records import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Labelled texts and, after them, texts that say what the labels mean."""

    embeddings: FloatArray
    layers: FloatArray | None
    columns: IntArray
    """(m + p,) of the classes that are there, 0..classes - 1."""
    classes: int
    times: FloatArray
    """(m + p,) how often each counts, before the weights of the classes."""
    label_texts: int
    """p: so many at the end are never held out."""

    def rows(self, read: Representation) -> FloatArray:
        return read.rows(self.embeddings, self.layers)

    def only(self, used: NDArray[np.bool_]) -> Known:
        """The used rows of the last layer."""
        return replace(
            self, embeddings=self.embeddings[used], layers=None, columns=self.columns[used], times=self.times[used]
        )

    def with_guessed(self, rows: FloatArray, guesses: IntArray) -> Known:
        """And these rows of the last layer, taken for what they are guessed to be."""
        return replace(
            self,
            embeddings=np.concatenate([self.embeddings, rows]),
            columns=np.concatenate([self.columns, guesses]),
            times=np.concatenate([self.times, self_training.times(guesses)]),
        )

    def weights(self, power: float, used: NDArray[np.bool_] | None = None) -> FloatArray:
        """(m + p,) of the used rows, 0 of the others; classes are balanced over the used rows alone.

        Weights of all rows would hold a class back that lost one, and with few labels a class it would never be right.
        """
        if used is None:
            return balanced(self.columns, power, self.times)
        found = np.zeros(len(self.columns), np.float32)
        found[used] = balanced(self.columns[used], power, self.times[used])
        return found


def balanced(columns: IntArray, power: float, times: FloatArray) -> FloatArray:
    """(m,) float32 weights of the examples, (1 / count of the class) ** power times `times`, mean 1.

    times: (m,) how often each example counts, in the count of its class too.
    """
    weights = times * (1.0 / np.bincount(columns, weights=times)[columns]) ** power
    return np.asarray(weights / weights.mean(), np.float32)


def with_label_texts(
    embeddings: FloatArray, layers: FloatArray | None, labels: IntArray, label_texts: EmbeddedLabels | None
) -> tuple[Known, IntArray]:
    """The rows to learn from, and which classes are there."""
    times_of = np.ones(len(labels), np.float32)
    texts = informative(label_texts, embeddings, labels)
    if texts is not None:
        embeddings = np.concatenate([embeddings, texts.embeddings])
        layers = None if layers is None or texts.layers is None else np.concatenate([layers, texts.layers])
        labels = np.concatenate([labels, texts.columns])
        times_of = np.concatenate([times_of, times(texts)])
    present, columns = np.unique(labels, return_inverse=True)
    count = 0 if texts is None else len(texts.columns)
    return Known(embeddings, layers, columns, len(present), times_of, count), present


@dataclass(frozen=True, slots=True, eq=False)
class Fitter:
    """Fits a chosen mixture, on all labelled rows or without some."""

    known: Known
    read: Representation
    rotated: Rotated
    """Of the known rows."""
    power: float
    mixture: Mixture
    pool: FloatArray | None
    """(u, d) rows for self-training; None: there is none."""

    def fitted(self, *, without: IntArray | None = None) -> tuple[FloatArray, FloatArray, int]:
        """Weight (d, k), bias (k,), and how many guessed rows it has learned from.

        without: positions of known rows that are not learned from.
        """
        used = np.ones(len(self.known.columns), np.bool_)
        if without is not None:
            used[without] = False
        weight, bias = _layer(self.known, self.rotated, used, self.power, self.mixture)
        if self.pool is None:
            return weight, bias, 0
        rows, guesses = self_training.surest(self.pool @ weight + bias)
        known = self.known.only(used).with_guessed(self.pool[rows], guesses)
        every = np.ones(len(known.columns), np.bool_)
        # Spreads of heads that were not self-trained are none of these.
        mixture = replace(self.mixture, spreads=None)
        return *_layer(known, rotate(known.embeddings), every, self.power, mixture), len(rows)

    def without_each(self, positions: IntArray, folds: int) -> FloatArray:
        """(v, k) logits of the known rows at these positions, each fold of them by a head of all other rows."""
        found = np.zeros((len(positions), self.known.classes), np.float32)
        fold_of = dealt(self.known.columns[positions], folds)
        for fold in np.unique(fold_of):
            held = positions[fold_of == fold]
            weight, bias, _ = self.fitted(without=held)
            found[fold_of == fold] = self.rotated.rows[held] @ (self.rotated.axes.T @ weight) + bias
        return found


def _layer(
    known: Known, rotated: Rotated, used: NDArray[np.bool_], power: float, mixture: Mixture
) -> tuple[FloatArray, FloatArray]:
    """Weight (d, k) and bias (k,) of the mixture fitted on the used rows."""
    truth = np.eye(known.classes, dtype=np.float32)[known.columns]
    answer = fit(rotated, truth, known.weights(power, used), c=mixture.c)
    regression = answer[:-1]
    centred = centroids(rotated.rows, known.columns, classes=known.classes, times=known.times * used)
    spreads = mixture.spreads or (spread(rotated.rows @ regression), spread(rotated.rows @ centred))
    weight = mix(regression, centred, share=mixture.centroids, spreads=spreads)
    return rotated.axes @ weight, answer[-1] / np.float32(spreads[0] * (1 + mixture.centroids))
