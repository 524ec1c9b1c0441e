"""Names, descriptions and example phrases of labels as rows among the labelled ones.

    names, embedded ─► nearest one of each labelled text: right more often than by chance? ─► rows, or left out
    phrases, embedded ─► rows, as labelled texts are

Whether names carry information is tested on the labels themselves, without a dev set: no label has touched the names
that the texts are matched to. Codes, and names that people use in another sense, match no more often than by chance.
What the rows are worth, and what else was tried, stands in docs/recipe.md.
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
"""How many labelled texts the name and the description of one label count for together."""
PHRASE = 1.0
"""How many labelled texts a phrase counts for: it is one of them."""
SCALE = 3.0
"""Scale of the logits where names are used and nothing is held out: texts lie farther from names than from each other,
so that logits spread less on them than on the rows they were fitted to."""


def informative(label_texts: EmbeddedLabels | None, embeddings: FloatArray, labels: IntArray) -> EmbeddedLabels | None:
    """The label texts, without names and descriptions where the labels show that these carry no information.

    None where nothing is left. A one-sided binomial test. embeddings: (m, d) of the labelled texts. labels: (m,) their
    columns.
    """
    if label_texts is None:
        return None
    named = len(label_texts.columns) - label_texts.phrases
    if named == 0 or len(labels) < LEAST:
        return label_texts
    columns = label_texts.columns[:named]
    nearest = columns[(embeddings @ label_texts.embeddings[:named].T).argmax(axis=1)]
    hits, m = int((nearest == labels).sum()), len(labels)
    classes = int(columns.max()) + 1
    # What a matching that knows nothing of the texts would hit, given how often it names each class.
    by_chance = float(np.bincount(nearest, minlength=classes) @ np.bincount(labels, minlength=classes)) / m**2
    if binom.sf(hits - 1, m, max(by_chance, 1 / classes)) <= ALPHA:
        return label_texts
    return _phrases_of(label_texts) if label_texts.phrases else None


def times(label_texts: EmbeddedLabels) -> FloatArray:
    """(p,) float32: how often each text counts."""
    named = len(label_texts.columns) - label_texts.phrases
    columns = label_texts.columns[:named]
    shared = TIMES / np.bincount(columns)[columns]
    return np.append(shared, np.full(label_texts.phrases, PHRASE)).astype(np.float32)


def _phrases_of(label_texts: EmbeddedLabels) -> EmbeddedLabels:
    count, layers = label_texts.phrases, label_texts.layers
    return EmbeddedLabels(
        columns=label_texts.columns[-count:],
        embeddings=label_texts.embeddings[-count:],
        layers=None if layers is None else layers[-count:],
        phrases=count,
        fingerprint=label_texts.fingerprint,
        texts=label_texts.texts[-count:],
    )
