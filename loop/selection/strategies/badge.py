"""Rows that would move the model far, and in different directions.

    probabilities p, guess y, embedding x ─► gradient of the last layer (p - y) ⊗ x ─► k-means++ seeding ─► rows

Ash et al. 2020, Deep batch active learning by diverse, uncertain gradient lower bounds (BADGE). The (n, k d) gradients
are never made: the norm is |p - y| |x|, the product of two (p_i - y_i)·(p_j - y_j) times x_i·x_j. x is the frozen
embedding in the place of the model's own last layer.
"""

from __future__ import annotations

import numpy as np

from loop.protocols import Choice, PoolView
from loop.records import FloatArray
from loop.selection.clusters import TINY
from loop.selection.strategies.basic import needs_model
from loop.selection.strategies.ranking import completed
from loop.selection.wrappers.subsampling import subsampled


@subsampled()
def badge(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Examples that would change the model much, each in another way.

    scores: length of the gradient, 0 or more. Raises DataError before the first model.
    """
    probabilities = needs_model(view, "badge")
    pulls = np.array(probabilities, dtype=np.float64)
    pulls[np.arange(len(pulls)), probabilities.argmax(axis=1)] -= 1.0
    square = np.square(pulls).sum(axis=1) * np.square(view.embeddings, dtype=np.float64).sum(axis=1)
    rows: list[int] = []
    chance = square
    while len(rows) < min(budget, len(square)) and chance.max() > TINY:
        row = int(rng.choice(len(chance), p=chance / chance.sum())) if rows else int(square.argmax())
        rows.append(row)
        chance = after(chance if len(rows) > 1 else None, row, pulls, view.embeddings, square=square)
    found = completed(rows, len(square), budget=budget, rng=rng)
    return Choice(rows=found, scores=np.sqrt(square[found]))


def after(
    before: FloatArray | None, row: int, pulls: FloatArray, points: FloatArray, *, square: FloatArray
) -> FloatArray:
    """(n,) squared distance of each gradient to the nearest one picked, now that `row` is; 0 for what is picked.

    before: (n,) the same without `row`, None for the first one. pulls: (n, k) p - y. square: (n,) squared lengths.
    """
    product = (pulls @ pulls[row]) * (points @ points[row])
    to_row = np.maximum(square + square[row] - 2.0 * product, 0.0)
    to_row[row] = 0.0
    left = to_row if before is None else np.minimum(before, to_row)
    # Rounding: gradients this near are the same one, and must not be drawn again and again.
    found: FloatArray = np.where(left > TINY, left, 0.0)
    return found
