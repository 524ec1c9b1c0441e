"""Where tuning starts: a linear head on the last layer, with few labels that of the recipe "head".

Linear probing, then fine-tuning: Kumar et al. 2022, Fine-Tuning can Distort Pretrained Features. The better the probe,
the better the start: with two labels a class it is worth several points (docs/recipe.md).
"""

from __future__ import annotations

import warnings

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from loop.errors import ModelError
from loop.models.recipes import absent
from loop.models.recipes.head import Head, fit_head
from loop.models.recipes.names import informative
from loop.protocols import EmbeddedLabels, TrainingSet
from loop.records import FloatArray, IntArray

START_C = 0.03
"""Inverse L2 strength of the regression that tuning starts from, where the settings name none."""
FEW = 6.0
"""Labels a class below which the recipe "head" is the start: worth 4.3 points after tuning (4 runs, standard error
1.2). From there on both starts are alike, 0.3 points apart (18 runs, 0.3), and the regression is the simpler one."""


def class_weights(labels: IntArray, classes: int, power: float) -> FloatArray:
    """(classes,) float64 weights (n / (present x count)) ** power, mean 1 over the examples; 1 for absent classes."""
    counts = np.bincount(labels, minlength=classes).astype(float)
    present = counts > 0
    weights = np.ones(classes)
    if not present.any():
        return weights
    weights[present] = (len(labels) / (present.sum() * counts[present])) ** power
    weights[present] /= (weights * counts).sum() / len(labels)
    return weights


def warm_start(
    train: TrainingSet,
    classes: int,
    *,
    known: EmbeddedLabels | None = None,
    scale: float,
    c: float | None,
    power: float,
) -> tuple[torch.Tensor, torch.Tensor, int]:
    """Weight (k, d) and bias (k,) for features of length `scale`, and how many guessed texts they rest on.

    A class without evidence wins nowhere.

    known: what the labels mean. c: inverse L2 strength on such features; None: chosen by the recipe "head" where names
    are informative or labels are below FEW a class, START_C elsewhere. power: of the class weights.
    Raises ModelError for examples of fewer than two classes.
    """
    few = len(train.labels) < FEW * max(len(np.unique(train.labels)), 1)
    if c is None and (few or informative(known, train.embeddings, train.labels) is not None):
        made = fit_head(
            train.embeddings,
            None,
            train.labels,
            classes=classes,
            power=power,
            representation="last",
            label_texts=known,
            unlabelled=None if train.unlabelled is None else train.unlabelled.embeddings,
        )
        return *as_layer(made, scale), made.guessed
    weights = class_weights(train.labels, classes, power)
    c = START_C if c is None else c
    present = np.unique(train.labels)
    if len(present) < 2:
        raise ModelError(
            f"the {len(train.labels)} training labels are all of one class",
            wanted="labels of at least two classes",
            do="label more examples, or check the label column",
        )
    model = LogisticRegression(C=c, max_iter=1000)
    with warnings.catch_warnings():
        # Two labels a class look like a regression to scikit-learn; here they are a small seed.
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        model.fit(train.embeddings * scale, train.labels, sample_weight=weights[train.labels])
    rows, biases = model.coef_, model.intercept_
    if len(present) == 2:  # scikit-learn keeps one row for two classes
        rows, biases = np.concatenate([-rows, rows]) / 2, np.concatenate([-biases, biases]) / 2
    low = absent.penalty(len(train.labels), present=len(present), classes=classes)
    weight = absent.widened(np.asarray(rows.T, np.float32), present, classes).T
    bias = absent.widened(np.asarray(biases[None], np.float32), present, classes, penalty=low)[0]
    return torch.from_numpy(np.ascontiguousarray(weight)), torch.from_numpy(bias), 0


def as_layer(made: Head, scale: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight (k, d) and bias (k,) for rows of length `scale`, the head's calibration folded in."""
    weight = torch.from_numpy(np.asarray(made.weight * (made.scale / scale), np.float32))
    return weight, torch.from_numpy(np.asarray(made.bias * made.scale, np.float32))
