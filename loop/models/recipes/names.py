"""Names and descriptions of labels as rows among the labelled ones, where they carry information.

    label texts, embedded ─► nearest one of each labelled text: right more often than by chance? ─► rows, or None

Whether they do is tested on the labels themselves, without a dev set: no label has touched the names that the texts
are matched to. Codes, and names that people use in another sense, match no more often than by chance. What the rows are
worth, and what else was tried, stands in docs/recipe.md.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import binom

from loop.protocols import EmbeddedLabels
from loop.records import FloatArray, IntArray

LEAST = 10
"""With fewer labels there is no test: the names are used."""
ALPHA = 0.05
"""Significance level: without a p-value this low the names are not used."""
TIMES = 2.0
"""How many labelled texts the texts of one label count for together."""
SCALE = 3.0
"""Scale of the logits where names are used and nothing is held out: texts lie farther from names than from each other,
so that logits spread less on them than on the rows they were fitted to."""


def informative(label_texts: EmbeddedLabels | None, embeddings: FloatArray, labels: IntArray) -> EmbeddedLabels | None:
    """The label texts, or None where the labels show that they carry no information (one-sided binomial test).

    embeddings: (m, d) of the labelled texts. labels: (m,) their columns.
    """
    if label_texts is None or len(labels) < LEAST:
        return label_texts
    nearest = label_texts.columns[(embeddings @ label_texts.embeddings.T).argmax(axis=1)]
    hits, m = int((nearest == labels).sum()), len(labels)
    classes = int(label_texts.columns.max()) + 1
    # What a matching that knows nothing of the texts would hit, given how often it names each class.
    by_chance = float(np.bincount(nearest, minlength=classes) @ np.bincount(labels, minlength=classes)) / m**2
    return label_texts if binom.sf(hits - 1, m, max(by_chance, 1 / classes)) <= ALPHA else None


def times(label_texts: EmbeddedLabels) -> FloatArray:
    """(p,) float32: how often each text counts."""
    return np.asarray(TIMES / np.bincount(label_texts.columns)[label_texts.columns], np.float32)
