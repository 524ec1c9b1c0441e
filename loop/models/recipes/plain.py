"""The plain way, which everything else is measured against: logistic regression on the last layer's embeddings."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from loop.errors import ModelError
from loop.protocols import FrozenTexts
from loop.records import FloatArray, IntArray

C = 5.0
"""Inverse L2 strength on rows of length 1."""
ITERATIONS = 100


def plain(
    frozen: FrozenTexts, rows: IntArray, labels: IntArray, *, classes: int, unlabelled: IntArray, seed: int
) -> FloatArray:
    """Multinomial logistic regression as it comes, not calibrated; a class without labels has probability 0."""
    del unlabelled, seed
    if len(np.unique(labels)) < 2:
        raise ModelError(
            f"the {len(labels)} training labels are all of one class",
            wanted="labels of at least two classes",
            do="label more examples, or check the label column",
        )
    model = LogisticRegression(C=C, max_iter=ITERATIONS, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        model.fit(frozen.embeddings[rows], labels)
    found = np.zeros((len(frozen.embeddings), classes))
    found[:, model.classes_] = model.predict_proba(frozen.embeddings)
    return found
