"""The frozen sentence encoder: texts or tokens → embeddings of length 1."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch

from loop.errors import ModelError
from loop.models.bases import Base, device, find_base, load_tokenizer, load_transformer
from loop.models.layers import layers_of_all
from loop.models.network import embed_all
from loop.models.tokens import Tokens, tokenize
from loop.protocols import Progress
from loop.records import FloatArray, IntArray


def load_encoder(base: str, *, revision: str | None = None, max_length: int = 256) -> FrozenEncoder:
    """The encoder "minilm", of a Hub name or of a local folder. Raises ModelError when it cannot be had."""
    return FrozenEncoder(find_base(base, revision=revision, max_length=max_length))


class FrozenEncoder:
    """An Encoder (loop.protocols); the weights load at the first embedding."""

    def __init__(self, base: Base) -> None:
        self.base = base
        self.fingerprint = base.encoder_fingerprint

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> FloatArray:
        """(n, d) float32 rows of length 1, in the order of `texts`; empty input gives (0, d)."""
        tokens = tokenize(texts, self.base, tokenizer=self._tokenizer)
        return self.embed_tokens(tokens, np.arange(len(tokens)), progress=progress)

    def layers(self, texts: Sequence[str], *, progress: Progress | None = None) -> FloatArray:
        """(n, l, d) float32 of the texts: FrozenTexts.layers; the last one, made of length 1, is the embedding."""
        tokens = tokenize(texts, self.base, tokenizer=self._tokenizer)
        rows, pad = np.arange(len(tokens)), self._tokenizer.pad_token_id
        return layers_of_all(self._module, tokens, rows, pad_id=pad, progress=progress)

    def embed_tokens(self, tokens: Tokens, rows: IntArray, *, progress: Progress | None = None) -> FloatArray:
        """(len(rows), d) float32 rows of length 1. Raises ModelError for tokens of another tokenizer."""
        check_tokens(tokens, self.base)
        width = int(self._module.config.hidden_size)  # type: ignore[union-attr, arg-type]
        return embed_all(
            self._module, tokens, rows, pad_id=self._tokenizer.pad_token_id, width=width, progress=progress
        )

    @cached_property
    def _tokenizer(self) -> Any:
        return load_tokenizer(self.base)

    @cached_property
    def _module(self) -> torch.nn.Module:
        return load_transformer(self.base).to(device())


def check_tokens(tokens: Tokens, base: Base) -> None:
    """Raises ModelError when `tokens` were made by another tokenizer, or cut at another length."""
    if tokens.fingerprint != base.token_fingerprint:
        raise ModelError(
            f"the token cache was made by another tokenizer than that of {base.name}",
            wanted=f"fingerprint {base.token_fingerprint}, not {tokens.fingerprint}",
            do="delete it; it is made again",
        )
