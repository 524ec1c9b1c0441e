"""The texts that an encoder is tuned on: labelled ones, what the labels mean, and guessed ones while labels are few.

labelled texts ─► and the informative names, descriptions and phrases ─► and as many texts that the head is surest of
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loop.models.network import PooledClassifier
from loop.models.recipes.self_training import surest
from loop.protocols import EmbeddedLabels, TrainingSet, Unlabelled
from loop.records import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """n texts to learn from."""

    texts: tuple[str, ...]
    labels: IntArray
    """(n,) column in the label set."""


def with_label_texts(train: TrainingSet, informed: EmbeddedLabels | None) -> Examples:
    """The labelled texts, and each informative text of a label as an example of it; rows alone are left out."""
    if informed is None or not informed.texts:
        return Examples(train.texts, train.labels)
    return Examples((*train.texts, *informed.texts), np.concatenate([train.labels, informed.columns]))


def with_guesses(examples: Examples, unlabelled: Unlabelled, module: PooledClassifier, *, seed: int) -> Examples:
    """And as many unlabelled texts that the head is surest of, drawn at random, each for what it is guessed to be.

    module: before its first step, when its feature of a text is the frozen encoder's row.
    """
    scale, weight, bias = (one.detach().cpu().numpy() for one in (module.scale, module.weight, module.bias))
    rows, guesses = surest(scale * unlabelled.embeddings @ weight.T + bias)
    wanted = min(len(examples.texts), len(rows))
    some = np.random.default_rng(seed).choice(len(rows), wanted, replace=False)
    texts = tuple(unlabelled.texts[row] for row in rows[some])
    return Examples((*examples.texts, *texts), np.concatenate([examples.labels, guesses[some]]))
