"""Rows that are easily told from what was asked so far.

    asked against not asked ─► logistic regression ─► a fifth of the batch, surest not asked ─► now asked too, again

Gissin and Shalev-Shwartz 2019, Discriminative active learning (DAL), on the frozen embeddings.
"""

from __future__ import annotations

import numpy as np

from loop.protocols import Choice, PoolView
from loop.records import FloatArray, IntArray
from loop.selection.strategies.ranking import largest
from loop.selection.wrappers.subsampling import subsampled
from loop.selection.wrappers.subset import joined

PARTS = 5
PER_ASKED, FEWEST, MOST = 10, 1000, 4000
"""Candidates that the classifier learns from: ten for each asked one, within these bounds."""
STEPS = 200


@subsampled()
def discriminative(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Examples least like anything asked so far, as told by a small classifier.

    Works before the first model. scores: its probability that the example was not asked, 0..1, asked and not asked
    weighed alike. With nothing asked yet the first fifth is random.
    """
    known = view.labelled_embeddings
    left: IntArray = np.arange(len(view.ids), dtype=np.int64)
    wanted = min(budget, len(left))
    found: list[Choice] = []
    for part in np.array_split(np.arange(wanted), min(PARTS, max(wanted, 1))):
        told = told_apart(view.embeddings[left], known, rng=rng)
        choice = largest(told, budget=len(part), rng=rng)
        rows: IntArray = left[choice.rows]
        found.append(Choice(rows=rows, scores=choice.scores))
        known = np.concatenate([known, view.embeddings[rows]])
        left = left[~np.isin(left, rows)]
    return joined(found)


def told_apart(points: FloatArray, known: FloatArray, *, rng: np.random.Generator) -> FloatArray:
    """(n, d), (m, d) → (n,) probability that a row is not one of the known; 0.5 when either has no rows."""
    from sklearn.linear_model import LogisticRegression

    if not len(points) or not len(known):
        return np.full(len(points), 0.5)
    count = min(len(points), max(FEWEST, min(PER_ASKED * len(known), MOST)))
    drawn = points if count == len(points) else points[np.sort(rng.choice(len(points), count, replace=False))]
    told = LogisticRegression(class_weight="balanced", max_iter=STEPS)
    told.fit(np.concatenate([drawn, known]), np.repeat([1, 0], [len(drawn), len(known)]))
    found: FloatArray = told.predict_proba(points)[:, 1]
    return found
