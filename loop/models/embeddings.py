"""The base's own embeddings of a training set: the given ones, unless the pool is mapped by another encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from loop.models.bases import Base
from loop.models.network import embed_all
from loop.models.tokens import tokenize
from loop.protocols import TrainingSet
from loop.records import FloatArray

LOOKED_AT = 8
"""So many texts are embedded anew to see whether the given rows are the base model's own."""


def of_this_base(part: TrainingSet, encoder: Any, base: Base, tokenizer: Any) -> TrainingSet:
    """The examples with (n, d) embeddings by this encoder.

    A few texts tell whether the given ones are, the longest ones: encoders may also differ in where they cut texts.
    """
    longest = sorted(range(len(part.texts)), key=lambda row: -len(part.texts[row]))[:LOOKED_AT]
    fresh = _embedded([part.texts[row] for row in longest], encoder, base, tokenizer)
    given = part.embeddings[longest]
    if given.shape == fresh.shape and np.allclose(given, fresh, atol=1e-3):
        return part
    return TrainingSet(part.texts, part.labels, _embedded(part.texts, encoder, base, tokenizer))


def _embedded(texts: Sequence[str], encoder: Any, base: Base, tokenizer: Any) -> FloatArray:
    tokens = tokenize(texts, base, tokenizer=tokenizer)
    width = int(encoder.config.hidden_size)
    return embed_all(encoder, tokens, np.arange(len(tokens)), pad_id=tokenizer.pad_token_id, width=width)
