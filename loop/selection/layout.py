"""Where each example lies on the map people look at: near means similar, the axes mean nothing."""

from __future__ import annotations

import numpy as np

from loop.records import FloatArray

LAID_OUT = 3000
"""So many examples are laid out by t-SNE, which is slow; the others are put between their nearest ones."""
NEAREST = 3
ROWS_AT_ONCE = 4096


def plane(embeddings: FloatArray, *, seed: int) -> FloatArray:
    """(n, d) rows of length 1 → (n, 2) float32 positions, each axis scaled to -1..1.

    t-SNE (van der Maaten and Hinton 2008) on at most LAID_OUT rows drawn at random; every other row is placed at
    the similarity-weighted mean of its three nearest ones among them. Fewer than 5 rows lie on a line.
    """
    n = len(embeddings)
    if n < 5:
        return np.stack([np.linspace(-1, 1, n), np.zeros(n)], axis=1).astype(np.float32)
    rng = np.random.default_rng(seed)
    drawn = np.sort(rng.choice(n, size=min(n, LAID_OUT), replace=False))
    anchors = np.asarray(embeddings[drawn])
    places = _tsne(anchors, seed=seed)
    found = np.empty((n, 2), dtype=np.float32)
    for start in range(0, n, ROWS_AT_ONCE):
        rows = slice(start, min(start + ROWS_AT_ONCE, n))
        found[rows] = _between(np.asarray(embeddings[rows]), anchors, places)
    found[drawn] = places
    return found


def _tsne(rows: FloatArray, *, seed: int) -> FloatArray:
    from sklearn.manifold import TSNE

    perplexity = min(30.0, (len(rows) - 1) / 3)
    places = TSNE(init="pca", perplexity=perplexity, max_iter=500, random_state=seed).fit_transform(rows)
    low, high = places.min(axis=0), places.max(axis=0)
    scaled: FloatArray = (2 * (places - low) / np.maximum(high - low, 1e-9) - 1).astype(np.float32)
    return scaled


def _between(rows: FloatArray, anchors: FloatArray, places: FloatArray) -> FloatArray:
    similarity = rows @ anchors.T
    near = np.argpartition(-similarity, NEAREST, axis=1)[:, :NEAREST]
    weights = np.maximum(np.take_along_axis(similarity, near, axis=1), 1e-3)
    found: FloatArray = (places[near] * (weights / weights.sum(axis=1, keepdims=True))[:, :, None]).sum(axis=1)
    return found
