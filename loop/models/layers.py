"""Several hidden layers in one forward pass: what shallow layers know beside the last one.

    tokens ─► encoder, once ─► hidden layers at a third, two thirds and the whole depth ─► mean over the tokens of each

The last layer of a sentence encoder was trained to forget what its pairs did not need; some tasks need it back (Tenney
et al. 2019, BERT Rediscovers the Classical NLP Pipeline).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from loop.models.network import PooledClassifier, inputs_of
from loop.models.tokens import Tokens
from loop.protocols import Progress
from loop.records import FloatArray, IntArray


def depths(hidden_layers: int) -> tuple[int, ...]:
    """Which hidden layers are read, from shallow to deep: 2, 4 and 6 of six; 0 would be the token embeddings."""
    return tuple(sorted({max(1, round(hidden_layers * part / 3)) for part in (1, 2, 3)}))


def pooled(states: Tensor, mask: Tensor) -> Tensor:
    """(b, t, d) token vectors and their (b, t) mask → (b, d) means over the real tokens."""
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1e-9)


def pooled_layers(encoder: nn.Module, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
    """(b, l, d) means over the tokens of the layers `depths` names."""
    found = encoder(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True).hidden_states
    return torch.stack([pooled(found[depth], attention_mask) for depth in depths(len(found) - 1)], dim=1)


class LayeredClassifier(PooledClassifier):
    """A frozen encoder and a linear head over several of its layers: loop.models.recipes.representation, in torch."""

    centres: Tensor
    shares: Tensor

    def __init__(
        self, encoder: nn.Module, weight: Tensor, bias: Tensor, *, scale: float, centres: Tensor, shares: Tensor
    ) -> None:
        """weight: (k, l x d), bias: (k,), centres: (l, d), shares: (l,) of length 1."""
        super().__init__(encoder, weight, bias, scale=scale, dropout=0.0)
        self.register_buffer("centres", centres)
        self.register_buffer("shares", shares)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        """(b, t) tokens → "logits" (b, k) and "features" (b, l x d) of length 1."""
        layers = functional.normalize(pooled_layers(self.encoder, input_ids, attention_mask), dim=-1)
        features = (functional.normalize(layers - self.centres, dim=-1) * self.shares[:, None]).flatten(1)
        return {"logits": functional.linear(features * self.scale, self.weight, self.bias), "features": features}


@torch.inference_mode()
def layers_of_all(
    encoder: nn.Module, tokens: Tokens, rows: IntArray, *, pad_id: int, progress: Progress | None = None
) -> FloatArray:
    """(n, l, d) float32 of the texts `rows`, in that order: FrozenTexts.layers."""
    vectors: FloatArray | None = None
    where = next(encoder.parameters()).device
    for part, inputs in inputs_of(tokens, rows, pad_id, where, progress):
        block = pooled_layers(encoder, **inputs).cpu().numpy()
        if vectors is None:
            vectors = np.zeros((len(rows), *block.shape[1:]), np.float32)
        vectors[part] = block
    if vectors is None:
        config: Any = encoder.config
        return np.zeros((0, len(depths(int(config.num_hidden_layers))), int(config.hidden_size)), np.float32)
    return vectors
