"""The network: encoder → mean of the token vectors → length 1 → dropout → learned scale → linear head."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from loop.models.tokens import Tokens, batches, pad
from loop.protocols import Progress
from loop.records import FloatArray, IntArray


def mean_pool(states: Tensor, mask: Tensor) -> Tensor:
    """(b, t, d) token vectors and their (b, t) mask → (b, d) means over the real tokens, of length 1."""
    weights = mask.unsqueeze(-1).to(states.dtype)
    return functional.normalize((states * weights).sum(1) / weights.sum(1).clamp(min=1e-9), dim=1)


class PooledClassifier(nn.Module):
    """A sentence encoder with a linear head that starts from given weights."""

    def __init__(
        self, encoder: nn.Module, weight: Tensor, bias: Tensor, *, scale: float, dropout: float, mixed: bool = False
    ) -> None:
        """weight: (k, d), bias: (k,); scale multiplies the unit-length feature.

        mixed: run the encoder's matrix products in bfloat16 while tuning; weights, head and inference stay float32.
        """
        super().__init__()
        self.encoder = encoder
        self.mixed = mixed
        self.weight = nn.Parameter(weight.clone())
        self.bias = nn.Parameter(bias.clone())
        self.scale = nn.Parameter(torch.tensor(float(scale)))
        self.dropout = nn.Dropout(dropout)

    def train(self, mode: bool = True) -> PooledClassifier:
        """As for any module, but the encoder's own dropout stays off: with short texts it only cost time."""
        super().train(mode)
        self.encoder.eval()
        return self

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        """(b, t) tokens → "logits" (b, k), not calibrated, and "features" (b, d) of length 1."""
        with torch.autocast(input_ids.device.type, torch.bfloat16, enabled=self.mixed and self.training):
            states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        features = mean_pool(states.float(), attention_mask)
        logits = functional.linear(self.dropout(features) * self.scale, self.weight, self.bias)
        return {"logits": logits, "features": features}


@torch.inference_mode()
def forward_all(
    module: PooledClassifier, tokens: Tokens, rows: IntArray, *, pad_id: int, progress: Progress | None = None
) -> tuple[FloatArray, FloatArray]:
    """Logits (n, k) float32 and features (n, d) float16 of the texts `rows`, in that order."""
    k, d = module.weight.shape
    logits, features = np.zeros((len(rows), k), np.float32), np.zeros((len(rows), d), np.float16)
    for part, inputs in inputs_of(tokens, rows, pad_id, module.weight.device, progress):
        out = module(**inputs)
        logits[part] = out["logits"].cpu().numpy()
        features[part] = out["features"].cpu().numpy()
    return logits, features


@torch.inference_mode()
def embed_all(
    encoder: nn.Module, tokens: Tokens, rows: IntArray, *, pad_id: int, width: int, progress: Progress | None = None
) -> FloatArray:
    """Mean-pooled vectors (n, width) float32 of length 1 of the texts `rows`, in that order."""
    vectors = np.zeros((len(rows), width), np.float32)
    where = next(encoder.parameters()).device
    for part, inputs in inputs_of(tokens, rows, pad_id, where, progress):
        vectors[part] = mean_pool(encoder(**inputs).last_hidden_state, inputs["attention_mask"]).cpu().numpy()
    return vectors


def inputs_of(
    tokens: Tokens, rows: IntArray, pad_id: int, where: torch.device, progress: Progress | None
) -> Iterator[tuple[IntArray, dict[str, Tensor]]]:
    done = 0
    for part in batches(tokens.offsets[rows + 1] - tokens.offsets[rows]):
        yield part, {name: tensor.to(where) for name, tensor in pad(tokens, rows[part], pad_id).items()}
        done += len(part)
        if progress:
            progress(done, len(rows))
