"""The recipe "head": the most that a linear head over the frozen encoder gets out of few labels, in about a second.

    labelled rows ─► class weights ─► chosen by cross-validation: C, share of centroids, layers
                                        ├─► fitted on all labels ─► scale and class shares by held-out logits ─► Head
                                        └─► fitted without each fifth of dev ─► what it would say of dev unseen
    few labels and informative label texts: each fit is followed by one on the surest guesses for the pool too, unless
    held-out labels are right clearly less often then

Every part is linear on rows of length 1, so that the whole is one linear layer. The tuning method "head"
(loop.models.probe) trains its weights by `fit_head`. Nothing is drawn by chance. What each part is worth, and what was
tried and left out, stands in docs/recipe.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy.special import softmax

from loop.errors import ModelError
from loop.models.recipes import absent
from loop.models.recipes.calibrated import NOMINAL, best_scale, class_shares, scale_as_sure
from loop.models.recipes.choosing import (
    CENTROIDS,
    FOLDS,
    GRID,
    Mixture,
    Tried,
    better,
    can_choose,
    choose,
    clearly_more,
    unchosen,
)
from loop.models.recipes.fitting import Fitter, Known, with_label_texts
from loop.models.recipes.names import SCALE
from loop.models.recipes.regression import rotate
from loop.models.recipes.representation import LAST, Representation, shared
from loop.models.recipes.self_training import UNTIL, taken
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
        unlabelled=frozen.embeddings[unlabelled[taken(len(unlabelled))]],
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
    known, present = with_label_texts(embeddings, layers, labels, label_texts)
    columns = known.columns
    if len(present) < 2:
        raise ModelError(
            f"the {len(labels)} training labels are all of one class",
            wanted="labels of at least two classes",
            do="label more examples, or check the label column",
        )
    tried = Tried(GRID if c is None else (c,), shares)
    made = _made(known, power, representation, tried, None)
    pool = _pool(unlabelled, known, representation, few=len(labels) < UNTIL * len(present))
    if pool is not None:
        made = _better(_made(known, power, "last", tried, pool), made, columns, pool)
    mixture, bias, held_out, scale = made.fitter.mixture, made.bias, made.held_out, made.scale
    added: FloatArray = np.zeros(len(present), np.float32)
    if adjust:
        counts = np.bincount(columns[: len(labels)], minlength=len(present))
        added = class_shares(scale * held_out, columns[mixture.tested], counts) / np.float32(scale)
        bias, held_out = bias + added, held_out + added
    low = absent.penalty(len(labels), present=len(present), classes=classes) / scale
    unseen = made.fitter.without_each(np.zeros(0, np.int64) if dev is None else dev, DEV_FOLDS) + added
    return Head(
        representation=made.fitter.read,
        weight=absent.widened(made.weight, present, classes).T,
        bias=absent.widened(bias[None], present, classes, penalty=low)[0],
        scale=scale,
        c=mixture.c,
        centroids=mixture.centroids,
        held_out=absent.widened(held_out, present, classes, penalty=low),
        tested=mixture.tested,
        uses_label_texts=known.label_texts > 0,
        guessed=made.guessed,
        dev=np.float32(scale) * absent.widened(unseen, present, classes, penalty=low),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """One way of making the layer, and what it says of labelled texts that it was not trained on."""

    fitter: Fitter
    weight: FloatArray
    """(d, k)."""
    bias: FloatArray
    """(k,)."""
    guessed: int
    held_out: FloatArray
    """(t, k) logits of the tested texts."""
    scale: float

    def logits(self, rows: FloatArray) -> FloatArray:
        """(n, k) of rows of the last layer, not calibrated."""
        return np.asarray(rows @ self.weight + self.bias)


def _made(known: Known, power: float, name: str, tried: Tried, pool: FloatArray | None) -> _Made:
    read, mixture = _chosen(known, power, name=name, tried=tried)
    fitter = Fitter(known, read, rotate(known.rows(read)), power, mixture, pool)
    weight, bias, guessed = fitter.fitted()
    held_out = mixture.logits if pool is None else fitter.without_each(mixture.tested, FOLDS)
    nominal = SCALE if known.label_texts else NOMINAL
    scale = best_scale(held_out, known.columns[mixture.tested], nominal=nominal)
    return _Made(fitter, weight, bias, guessed, held_out, scale)


def _better(taught: _Made, plain: _Made, columns: IntArray, pool: FloatArray) -> _Made:
    """The self-trained one unless the plain one is clearly better; where nothing is held out, no surer than that."""
    labels = columns[plain.fitter.mixture.tested]
    if not len(labels):
        confidence = softmax(plain.scale * plain.logits(pool), axis=1).max(axis=1).mean()
        return replace(taught, scale=scale_as_sure(taught.logits(pool), float(confidence)))
    right = [(one.held_out.argmax(axis=1) == labels).astype(float) for one in (plain, taught)]
    return plain if clearly_more(*right) else taught


def _chosen(known: Known, power: float, *, name: str, tried: Tried) -> tuple[Representation, Mixture]:
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


def _pool(unlabelled: FloatArray | None, known: Known, representation: str, *, few: bool) -> FloatArray | None:
    """The unlabelled rows that are learned from; None: there is no self-training."""
    if unlabelled is None or not len(unlabelled) or not known.label_texts or not few:
        return None
    return unlabelled[taken(len(unlabelled))] if representation in ("auto", "last") else None
