"""Where tuning starts: the recipe "head" on the last layer, as the linear layer of the network.

Linear probing, then fine-tuning: Kumar et al. 2022, Fine-Tuning can Distort Pretrained Features. The better the probe,
the better the start: with two labels a class it is worth several points (docs/recipe.md).
"""

from __future__ import annotations

import numpy as np
import torch

from loop.models.recipes.head import Head, fit_head
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
    train: TrainingSet, classes: int, *, scale: float, c: float | None, power: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight (k, d) and bias (k,) for features of length `scale`. A class without examples gets a low bias.

    c: inverse L2 strength on such features, None: chosen. power: of the class weights. Raises ModelError for examples
    of fewer than two classes.
    """
    chosen = None if c is None else c * scale**2
    return as_layer(
        fit_head(train.embeddings, None, train.labels, classes=classes, power=power, c=chosen, representation="last"),
        scale,
    )


def as_layer(made: Head, scale: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight (k, d) and bias (k,) for rows of length `scale`, the head's calibration folded in."""
    weight = torch.from_numpy(np.asarray(made.weight * (made.scale / scale), np.float32))
    return weight, torch.from_numpy(np.asarray(made.bias * made.scale, np.float32))
