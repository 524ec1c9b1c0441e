"""Where the head starts: a logistic regression on the frozen embeddings.

Linear probing, then fine-tuning: Kumar et al. 2022, Fine-Tuning can Distort Pretrained Features.
"""

from __future__ import annotations

import warnings

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from loop.errors import ModelError
from loop.protocols import TrainingSet
from loop.records import FloatArray, IntArray


def class_weights(labels: IntArray, classes: int, power: float) -> FloatArray:
    """(classes,) float64 weights (n / (present x count)) ** power, mean 1 over the examples; 1 for absent classes."""
    counts = np.bincount(labels, minlength=classes).astype(float)
    present = counts > 0
    weights = np.ones(classes)
    weights[present] = (len(labels) / (present.sum() * counts[present])) ** power
    weights[present] /= (weights * counts).sum() / len(labels)
    return weights


def warm_start(
    train: TrainingSet, classes: int, *, scale: float, c: float, weights: FloatArray
) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight (k, d) and bias (k,) for features of length `scale`. A class without examples gets a low bias.

    Raises ModelError when fewer than two classes have examples.
    """
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
    weight = np.zeros((classes, train.embeddings.shape[1]), np.float32)
    # A class never seen is about as likely as one in n + 1 (Laplace), wherever the feature lies.
    bias = np.full(classes, biases.min() - np.log(len(train.labels) + 1), np.float32)
    weight[present], bias[present] = rows, biases
    return torch.from_numpy(weight), torch.from_numpy(bias)
