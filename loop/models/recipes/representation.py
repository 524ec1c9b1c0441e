"""What of the frozen encoder the head reads: the last layer, all kept layers, or something between.

    hidden layers, each of length 1 ─► less its mean ─► length 1 again ─► times the layer's share ─► one row of length 1

The last layer alone is taken as it is. Which one is read is chosen on the labels (loop.models.recipes.choosing): two
shallower layers helped on short questions and commands, and did nothing or harm with many close intents.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loop.records import FloatArray

SHARES = {"last": (0.0, 0.0, 1.0), "both": (0.216, 0.303, 0.928), "layers": (0.304, 0.426, 0.852)}
"""Name → what a third, two thirds and the whole of the depth count for: 5 : 7 : 14, and half way from there to the last
layer alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Representation:
    """How (n, l, d) hidden layers become (n, l x d) rows; "last" reads (n, d) embeddings instead."""

    name: str
    """"last", "both" or "layers"."""
    centres: FloatArray | None = None
    """(l, d) float32 mean of each layer's rows of length 1; None for "last"."""
    shares: FloatArray | None = None
    """(l,) float32 of length 1; None for "last"."""

    def rows(self, embeddings: FloatArray, layers: FloatArray | None) -> FloatArray:
        """(n, l x d) or, for "last", (n, d) float32 rows of length 1."""
        if self.centres is None or self.shares is None or layers is None:
            return np.asarray(embeddings, np.float32)
        centred = of_length_one(of_length_one(layers) - self.centres)
        return np.ascontiguousarray((centred * self.shares[:, None]).reshape(len(layers), -1), np.float32)


LAST = Representation("last")


def shared(name: str, layers: FloatArray) -> Representation:
    """The representation of this name, with the means of these (m, l, d) layers of the labelled texts."""
    if name == "last":
        return LAST
    depths = layers.shape[1]
    # An encoder of one or two layers has fewer than three depths: the deepest ones count.
    shares = np.array(SHARES[name][-depths:], np.float32)
    return Representation(name, of_length_one(layers).mean(axis=0), shares / np.linalg.norm(shares))


def of_length_one(rows: FloatArray) -> FloatArray:
    """(..., d) float32 vectors over their lengths; a vector of length 0 stays as it is."""
    rows = np.asarray(rows, np.float32)
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    found: FloatArray = rows / np.maximum(lengths, np.float32(1e-9))
    return found
