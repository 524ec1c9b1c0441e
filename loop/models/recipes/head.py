"""The recipe "head": the most that a linear head over the frozen encoder gets out of few labels, in about a second.

    labelled rows ─► class weights ─► chosen by cross-validation: C, share of centroids, layers
                                        └─► fitted on all labels ─► scale and class shares by held-out logits ─► Head

Every part is linear on rows of length 1, so that the whole is one linear layer. The tuning method "head"
(loop.models.probe) trains its weights by `fit_head`. Nothing is drawn by chance. What each part is worth, and what was
tried and left out, stands in docs/recipe.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logsumexp, softmax

from loop.errors import ModelError
from loop.models.recipes.calibrated import best_scale, class_shares
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
from loop.models.recipes.regression import fit, rotate
from loop.models.recipes.representation import LAST, Representation, shared
from loop.protocols import FrozenTexts
from loop.records import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """One calibrated linear layer over rows of length 1."""

    representation: Representation
    weight: FloatArray
    """(k, d) float32; 0 for a class without labels."""
    bias: FloatArray
    """(k,) float32; low for a class without labels."""
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
    made = fit_head(frozen.embeddings[rows], layers, labels, classes=classes)
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
) -> Head:
    """The head of m labelled texts. Raises ModelError for labels of fewer than two classes.

    embeddings: (m, d) rows of length 1. layers: (m, l, d); None: only the last layer can be read.
    power: of the class weights; 1: every class counts the same. c: inverse L2 strength; None: chosen.
    representation: "last", "both", "layers", or "auto": chosen. shares: of the centroids, that are tried.
    adjust: whether log class shares may be added.
    """
    present, columns = np.unique(labels, return_inverse=True)
    if len(present) < 2:
        raise ModelError(
            f"the {len(labels)} training labels are all of one class",
            wanted="labels of at least two classes",
            do="label more examples, or check the label column",
        )
    weights = balanced(columns, power)
    tried = Tried(GRID if c is None else (c,), shares)
    read, mixture = _chosen(embeddings, layers, columns, weights, name=representation, tried=tried)
    rows = read.rows(embeddings, layers)
    weight, bias = _fitted(rows, columns, weights, mixture)
    scale = best_scale(mixture.logits, columns[mixture.tested])
    held_out = mixture.logits
    if adjust:
        added = class_shares(scale * held_out, columns[mixture.tested], np.bincount(columns)) / np.float32(scale)
        bias, held_out = bias + added, held_out + added
    low = _rare(scale * (rows @ weight + bias), absent=classes - len(present)) / scale
    return Head(
        representation=read,
        weight=_widened(weight, present, classes, 0.0).T,
        bias=_widened(bias[None], present, classes, low)[0],
        scale=scale,
        c=mixture.c,
        centroids=mixture.centroids,
        held_out=_widened(held_out, present, classes, low),
        tested=mixture.tested,
    )


def balanced(columns: IntArray, power: float) -> FloatArray:
    """(m,) float32 weights of the examples, (1 / count of the class) ** power, mean 1. Every column is present."""
    weights = (1.0 / np.bincount(columns)[columns]) ** power
    return np.asarray(weights / weights.mean(), np.float32)


def _chosen(
    embeddings: FloatArray,
    layers: FloatArray | None,
    columns: IntArray,
    weights: FloatArray,
    *,
    name: str,
    tried: Tried,
) -> tuple[Representation, Mixture]:
    """The last layer, unless another representation is asked for or clearly better at the C that suits the last."""
    if layers is None and name not in ("auto", "last"):
        raise ModelError(f"representation {name!r} without hidden layers", wanted="FrozenTexts with layers")
    read = LAST if layers is None or name in ("auto", "last") else shared(name, layers)
    mixture = choose(read.rows(embeddings, layers), columns, weights, tried=tried)
    if mixture is None:
        return read, unchosen(columns, tried)
    if layers is not None and name == "auto" and can_choose(columns):
        for other in ("both", "layers"):
            candidate = shared(other, layers)
            found = choose(
                candidate.rows(embeddings, layers), columns, weights, tried=replace(tried, grid=(mixture.c,))
            )
            if found is not None and better(found, mixture):
                read, mixture = candidate, found
    return read, mixture


def _fitted(
    rows: FloatArray, columns: IntArray, weights: FloatArray, mixture: Mixture
) -> tuple[FloatArray, FloatArray]:
    """Weight (d, k) and bias (k,) of the mixture fitted on all labelled rows."""
    rotated, truth = rotate(rows), np.eye(int(columns.max()) + 1, dtype=np.float32)[columns]
    answer = fit(rotated, truth, weights, c=mixture.c)
    regression, centred = answer[:-1], centroids(rotated.rows, columns, classes=truth.shape[1])
    spreads = mixture.spreads or (spread(rotated.rows @ regression), spread(rotated.rows @ centred))
    weight = mix(regression, centred, share=mixture.centroids, spreads=spreads)
    return rotated.axes @ weight, answer[-1] / np.float32(spreads[0] * (1 + mixture.centroids))


def _rare(logits: FloatArray, *, absent: int) -> float:
    """The logit with which all absent classes together get at most 1 in m + 1 on each of the m labelled rows."""
    return float(logsumexp(logits, axis=1).min() - np.log((len(logits) + 1) * max(absent, 1)))


def _widened(narrow: FloatArray, present: IntArray, classes: int, rest: float) -> FloatArray:
    """(n, present) → (n, classes), `rest` in the columns of the other classes."""
    found = np.full((len(narrow), classes), rest, np.float32)
    found[:, present] = narrow
    return found
