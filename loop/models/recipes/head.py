"""The recipe "head": the most that a linear head over the frozen encoder gets out of few labels, in about a second.

    labelled rows ─► class weights ─► chosen by cross-validation: C, share of centroids, layers
                                        ├─► fitted on all labels ─► scale and class shares by held-out logits ─► Head
                                        └─► fitted without each fifth of dev ─► what it would say of dev unseen

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

    A Recipe (loop.protocols). It reads no unlabelled row: what sharpened pool labels gave did not last.
    """
    del unlabelled, seed
    layers = None if frozen.layers is None else frozen.layers[rows]
    made = fit_head(frozen.embeddings[rows], layers, labels, classes=classes, label_texts=frozen.labels)
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
    dev: IntArray | None = None,
) -> Head:
    """The head of m labelled texts. Raises ModelError for labels of fewer than two classes.

    embeddings: (m, d) rows of length 1. layers: (m, l, d); None: only the last layer can be read.
    power: of the class weights; 1: every class counts the same. c: inverse L2 strength; None: chosen.
    representation: "last", "both", "layers", or "auto": chosen. shares: of the centroids, that are tried.
    adjust: whether log class shares may be added.
    label_texts: rows beside the labelled ones, where they are informative (loop.models.recipes.names); m may be 0 then.
    dev: (v,) positions of labelled texts that the model is to be measured on as well: cross-fitted, each fifth of them
    by a head of all other labels with the same choices.
    """
    known = _with_label_texts(embeddings, layers, labels, label_texts)
    present, columns = np.unique(known.columns, return_inverse=True)
    if len(present) < 2:
        raise ModelError(
            f"the {len(labels)} training labels are all of one class",
            wanted="labels of at least two classes",
            do="label more examples, or check the label column",
        )
    known = replace(known, columns=columns)
    tried = Tried(GRID if c is None else (c,), shares)
    read, mixture = _chosen(known, power, name=representation, tried=tried)
    rotated = rotate(known.rows(read))
    weight, bias = _fitted(rotated, known, power, mixture)
    nominal = SCALE if known.label_texts else NOMINAL
    scale = best_scale(mixture.logits, columns[mixture.tested], nominal=nominal)
    held_out = mixture.logits
    if adjust:
        counts = np.bincount(columns[: len(labels)], minlength=len(present))
        added = class_shares(scale * held_out, columns[mixture.tested], counts) / np.float32(scale)
        bias, held_out = bias + added, held_out + added
    else:
        added = np.zeros(len(present), np.float32)
    low = absent.penalty(len(labels), present=len(present), classes=classes) / scale
    unseen = _cross_fitted(rotated, known, power, mixture, np.zeros(0, np.int64) if dev is None else dev) + added
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
        dev=np.float32(scale) * absent.widened(unseen, present, classes, penalty=low),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """Labelled texts and, after them, texts that say what the labels mean."""

    embeddings: FloatArray
    layers: FloatArray | None
    columns: IntArray
    times: FloatArray
    """(m + p,) how often each counts, before the weights of the classes."""
    label_texts: int
    """p: so many at the end are never held out."""

    def rows(self, read: Representation) -> FloatArray:
        return read.rows(self.embeddings, self.layers)

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
) -> _Known:
    texts = informative(label_texts, embeddings, labels)
    if texts is None:
        return _Known(embeddings, layers, labels, np.ones(len(labels), np.float32), 0)
    return _Known(
        embeddings=np.concatenate([embeddings, texts.embeddings]),
        layers=None if layers is None or texts.layers is None else np.concatenate([layers, texts.layers]),
        columns=np.concatenate([labels, texts.columns]),
        times=np.concatenate([np.ones(len(labels), np.float32), times(texts)]),
        label_texts=len(texts.columns),
    )


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


def _cross_fitted(rotated: Rotated, known: _Known, power: float, mixture: Mixture, dev: IntArray) -> FloatArray:
    """(v, k) logits of these positions, each fold by a head of all other rows."""
    found = np.zeros((len(dev), int(known.columns.max()) + 1), np.float32)
    folds = dealt(known.columns[dev], DEV_FOLDS)
    for fold in np.unique(folds):
        held = dev[folds == fold]
        weight, bias = _fitted(rotated, known, power, mixture, without=held)
        found[folds == fold] = rotated.rows[held] @ (rotated.axes.T @ weight) + bias
    return found


def _fitted(
    rotated: Rotated, known: _Known, power: float, mixture: Mixture, *, without: IntArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Weight (d, k) and bias (k,) of the mixture fitted on all rows but those at the positions `without`."""
    used = np.ones(len(known.columns), np.bool_)
    if without is not None:
        used[without] = False
    truth = np.eye(int(known.columns.max()) + 1, dtype=np.float32)[known.columns]
    answer = fit(rotated, truth, known.weights(power, used), c=mixture.c)
    regression = answer[:-1]
    centred = centroids(rotated.rows, known.columns, classes=truth.shape[1], times=known.times * used)
    spreads = mixture.spreads or (spread(rotated.rows @ regression), spread(rotated.rows @ centred))
    weight = mix(regression, centred, share=mixture.centroids, spreads=spreads)
    return rotated.axes @ weight, answer[-1] / np.float32(spreads[0] * (1 + mixture.centroids))
