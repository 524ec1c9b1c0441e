"""The base's own embeddings of a training set, unless the pool is mapped by it already, and of the labels' texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from loop.models.bases import Base
from loop.models.layers import layers_of_all
from loop.models.network import embed_all
from loop.models.recipes.representation import of_length_one
from loop.models.tokens import tokenize
from loop.protocols import EmbeddedLabels, TrainingSet
from loop.records import FloatArray, LabelTexts

LOOKED_AT = 8
"""So many texts are embedded anew to see whether the given rows are the base model's own."""


def of_this_base(part: TrainingSet, encoder: Any, base: Base, tokenizer: Any) -> TrainingSet:
    """The examples with (n, d) embeddings by this encoder.

    A few texts tell whether the given ones are, the longest ones: encoders may also differ in where they cut texts. If
    they are not, those of unlabelled texts are not either, and these are left out.
    """
    longest = sorted(range(len(part.texts)), key=lambda row: -len(part.texts[row]))[:LOOKED_AT]
    fresh = _embedded([part.texts[row] for row in longest], encoder, base, tokenizer)
    given = part.embeddings[longest]
    if given.shape == fresh.shape and np.allclose(given, fresh, atol=1e-3):
        return part
    return replace(part, embeddings=_embedded(part.texts, encoder, base, tokenizer), unlabelled=None)


def labels_of_this_base(train: TrainingSet, encoder: Any, base: Base, tokenizer: Any) -> EmbeddedLabels | None:
    """What the labels mean, as this encoder sees it: the rows that were given where they are its own, else made.

    Rows without their texts are taken as they are.
    """
    texts, given = train.label_texts, train.label_rows
    if given is not None and (texts is None or given.fingerprint == base.encoder_fingerprint):
        return given if texts is None else replace(given, texts=texts.texts)
    return None if texts is None else embedded_labels(texts, encoder, base, tokenizer)


def embedded_labels(texts: LabelTexts, encoder: Any, base: Base, tokenizer: Any) -> EmbeddedLabels:
    """Last layer of each text, and the layers a head may read."""
    tokens = tokenize(texts.texts, base, tokenizer=tokenizer)
    layers = layers_of_all(encoder, tokens, np.arange(len(tokens)), pad_id=tokenizer.pad_token_id, progress=None)
    return of_layers(texts, layers, base.encoder_fingerprint)


def of_layers(texts: LabelTexts, layers: FloatArray, fingerprint: str) -> EmbeddedLabels:
    """The label texts with their (p, l, d) layers; the last one is the embedding."""
    columns = np.array(texts.columns, dtype=np.int64)
    return EmbeddedLabels(columns, of_length_one(layers[:, -1]), layers, texts.phrases, fingerprint, texts.texts)


def _embedded(texts: Sequence[str], encoder: Any, base: Base, tokenizer: Any) -> FloatArray:
    tokens = tokenize(texts, base, tokenizer=tokenizer)
    width = int(encoder.config.hidden_size)
    return embed_all(encoder, tokens, np.arange(len(tokens)), pad_id=tokenizer.pad_token_id, width=width)
