"""The recipe "head": the most that a linear head over the frozen encoder gets out of few labels, in about a second.

    labelled rows ─► class weights ─► chosen by cross-validation: C, share of centroids, layers
                                        ├─► fitted on all labels ─► scale and class shares by held-out logits ─► Head
                                        └─► fitted without each fifth of dev ─► what it would say of dev unseen
    few labels and informative label texts: each fit is followed by one on the surest guesses for the pool too

Every part is linear on rows of length 1, so that the whole is one linear layer. The tuning method "head"
(loop.models.probe) trains its weights by `fit_head`. Nothing is drawn by chance. What each part is worth, and what was
tried and left out, stands in docs/recipe.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from loop.errors import ModelError
from loop.models.calibration import dealt
from loop.models.recipes import absent
from loop.models.recipes.calibrated import NOMINAL, best_scale, class_shares
from loop.models.recipes.centroids import centroids
from loop.models.recipes.choosing import (
    CENTROIDS,
    FOLDS,
    GRID,
    Mixture,
    Tried,
    better,
    can_choose,
    choose,
    mix,
    spread,
    unchosen,
)
from loop.models.recipes.names import SCALE, informative, times
from loop.models.recipes.regression import Rotated, fit, rotate
from loop.models.recipes.representation import LAST, Representation, shared
from loop.models.recipes.self_training import TIMES, UNTIL, some, surest
from loop.protocols import EmbeddedLabels, FrozenTexts
from loop.records import FloatArray, IntArray

DEV_FOLDS = 5
"""Dev texts are measured on by heads that lack one fold of them: 3 % of all labels where dev is 15 % of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """One calibrated linear layer over rows of length 1."""

    representation: Representation
    weight: FloatArray
    """(k, d) float32; see `absent` for a class without labels."""
    bias: FloatArray
    """(k,) float32."""
    scale: float
    """What makes `rows @ weight.T + bias` calibrated: a factor on both, which they do not hold yet."""
    c: float
    """Inverse L2 strength of the regression part."""
    centroids: float
    """Share of the centroids beside the regression's 1."""
    held_out: FloatArray
    """(t, k) logits of labelled texts by heads that were not trained on them, as from `weight` and `bias`."""
    tested: IntArray
    """(t,) their positions among the labelled texts; empty where there were too few to hold any out."""
    uses_label_texts: bool
    """Whether label texts stood among the labelled ones."""
    guessed: int
    """How many unlabelled texts stood among them, each for what it is guessed to be."""
    dev: FloatArray
    """(v, k) calibrated logits of the dev texts, by heads that were not trained on them."""

    def logits(self, embeddings: FloatArray, layers: FloatArray | None) -> FloatArray:
        """(n, k) float32, calibrated: their softmax are the probabilities."""
        rows = self.representation.rows(embeddings, layers)
        return np.asarray(self.scale * (rows @ self.weight.T + self.bias), np.float32)


def head(
    frozen: FrozenTexts, rows: IntArray, labels: IntArray, *, classes: int, unlabelled: IntArray, seed: int
) -> FloatArray:
    """Balanced regression and centroids over chosen layers, calibrated; takes seconds.

    A Recipe (loop.protocols).
    """
    del seed
    made = fit_head(
        frozen.embeddings[rows],
        None if frozen.layers is None else frozen.layers[rows],
        labels,
        classes=classes,
        label_texts=frozen.labels,
        unlabelled=frozen.embeddings[unlabelled],
    )
    found: FloatArray = softmax(made.logits(frozen.embeddings, frozen.layers), axis=1)
    return found


def fit_head(
    embeddings: FloatArray,
    layers: FloatArray | None,
    labels: IntArray,
    *,
    classes: int,
    power: float = 1.0,
    c: float | None = None,
    representation: str = "auto",
    shares: tuple[float, ...] = CENTROIDS,
    adjust: bool = True,
    label_texts: EmbeddedLabels | None = None,
    unlabelled: FloatArray | None = None,
    dev: IntArray | None = None,
) -> Head:
    """The head of m labelled texts. Raises ModelError for labels of fewer than two classes.

    embeddings: (m, d) rows of length 1. layers: (m, l, d); None: only the last layer can be read.
    power: of the class weights; 1: every class counts the same. c: inverse L2 strength; None: chosen.
    representation: "last", "both", "layers", or "auto": chosen. shares: of the centroids, that are tried.
    adjust: whether log class shares may be added.
    label_texts: rows beside the labelled ones, where they are informative (loop.models.recipes.names); m may be 0 then.
    unlabelled: (u, d) rows of unlabelled texts of the same source, for self-training while labels are few and label
    texts informative (loop.models.recipes.self_training); it reads the last layer alone.
    dev: (v,) positions of labelled texts that the model is to be measured on as well: cross-fitted, each fifth of them
    by a head of all other labels with the same choices.
    """
    known, present = _with_label_texts(embeddings, layers, labels, label_texts)
    columns = known.columns
    if len(present) < 2:
        raise ModelError(
            f"the {len(labels)} training labels are all of one class",
            wanted="labels of at least two classes",
            do="label more examples, or check the label column",
        )
    tried = Tried(GRID if c is None else (c,), shares)
    pool = _pool(unlabelled, known, representation, few=len(labels) < UNTIL * len(present))
    read, mixture = _chosen(known, power, name=representation if pool is None else "last", tried=tried)
    fitter = _Fitter(known, rotate(known.rows(read)), power, mixture, pool)
    weight, bias, guessed = fitter.fitted()
    nominal = SCALE if known.label_texts else NOMINAL
    held_out = mixture.logits if pool is None else fitter.without_each(mixture.tested, FOLDS)
    scale = best_scale(held_out, columns[mixture.tested], nominal=nominal)
    if adjust:
        counts = np.bincount(columns[: len(labels)], minlength=len(present))
        added = class_shares(scale * held_out, columns[mixture.tested], counts) / np.float32(scale)
        bias, held_out = bias + added, held_out + added
    else:
        added = np.zeros(len(present), np.float32)
    low = absent.penalty(len(labels), present=len(present), classes=classes) / scale
    unseen = fitter.without_each(np.zeros(0, np.int64) if dev is None else dev, DEV_FOLDS) + added
    return Head(
        representation=read,
        weight=absent.widened(weight, present, classes).T,
        bias=absent.widened(bias[None], present, classes, penalty=low)[0],
        scale=scale,
        c=mixture.c,
        centroids=mixture.centroids,
        held_out=absent.widened(held_out, present, classes, penalty=low),
        tested=mixture.tested,
        uses_label_texts=known.label_texts > 0,
        guessed=guessed,
        dev=np.float32(scale) * absent.widened(unseen, present, classes, penalty=low),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
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

    def only(self, used: NDArray[np.bool_]) -> _Known:
        """The used rows of the last layer."""
        return replace(
            self, embeddings=self.embeddings[used], layers=None, columns=self.columns[used], times=self.times[used]
        )

    def with_guessed(self, rows: FloatArray, guesses: IntArray) -> _Known:
        """And these rows of the last layer, which count for TIMES labelled ones of each class together."""
        return replace(
            self,
            embeddings=np.concatenate([self.embeddings, rows]),
            columns=np.concatenate([self.columns, guesses]),
            times=np.concatenate([self.times, TIMES / np.bincount(guesses)[guesses]]).astype(np.float32),
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


def _with_label_texts(
    embeddings: FloatArray, layers: FloatArray | None, labels: IntArray, label_texts: EmbeddedLabels | None
) -> tuple[_Known, IntArray]:
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
    return _Known(embeddings, layers, columns, len(present), times_of, count), present


def _chosen(known: _Known, power: float, *, name: str, tried: Tried) -> tuple[Representation, Mixture]:
    """The last layer, unless another representation is asked for or clearly better at the C that suits the last."""
    layers, columns = known.layers, known.columns
    if layers is None and name not in ("auto", "last"):
        raise ModelError(f"representation {name!r} without hidden layers", wanted="FrozenTexts with layers")

    def mixture_of(read: Representation, tried: Tried) -> Mixture | None:
        weights = partial(known.weights, power)
        return choose(known.rows(read), columns, weights, tried=tried, times=known.times, label_texts=known.label_texts)

    read = LAST if layers is None or name in ("auto", "last") else shared(name, layers)
    mixture = mixture_of(read, tried)
    if mixture is None:
        return read, unchosen(columns, tried)
    if layers is not None and name == "auto" and can_choose(columns):
        for other in ("both", "layers"):
            candidate = shared(other, layers)
            found = mixture_of(candidate, replace(tried, grid=(mixture.c,)))
            if found is not None and better(found, mixture):
                read, mixture = candidate, found
    return read, mixture


def _pool(unlabelled: FloatArray | None, known: _Known, representation: str, *, few: bool) -> FloatArray | None:
    """The unlabelled rows that are learned from; None: there is no self-training."""
    if unlabelled is None or not len(unlabelled) or not known.label_texts or not few:
        return None
    return some(unlabelled) if representation in ("auto", "last") else None


@dataclass(frozen=True, slots=True, eq=False)
class _Fitter:
    """Fits a chosen mixture, on all labelled rows or without some."""

    known: _Known
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
        rows, guesses = surest(self.pool @ weight + bias)
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
    known: _Known, rotated: Rotated, used: NDArray[np.bool_], power: float, mixture: Mixture
) -> tuple[FloatArray, FloatArray]:
    """Weight (d, k) and bias (k,) of the mixture fitted on the used rows."""
    truth = np.eye(known.classes, dtype=np.float32)[known.columns]
    answer = fit(rotated, truth, known.weights(power, used), c=mixture.c)
    regression = answer[:-1]
    centred = centroids(rotated.rows, known.columns, classes=known.classes, times=known.times * used)
    spreads = mixture.spreads or (spread(rotated.rows @ regression), spread(rotated.rows @ centred))
    weight = mix(regression, centred, share=mixture.centroids, spreads=spreads)
    return rotated.axes @ weight, answer[-1] / np.float32(spreads[0] * (1 + mixture.centroids))
