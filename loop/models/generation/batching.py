"""Rows of tokens into batches of like length, padded on the left so that all of them end in the last column."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

import peft
import torch

ROWS_PER_BATCH = 64
TOKENS_PER_BATCH = 32_768
"""Rows times longest row of a batch, the answers to come included; bounds the key-value cache."""


def batches(lengths: Sequence[int], *, copies: int = 1, tokens: int = TOKENS_PER_BATCH) -> Iterator[list[int]]:
    """Row numbers in batches of like length, longest first: little is padded, and the dearest batch comes first.

    lengths: tokens each row may come to. copies: how often each row stands in its batch. tokens: most tokens of a
    batch with its padding. Each row is in exactly one batch; a row too long for any is a batch of its own.
    """
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    start = 0
    while start < len(order):
        longest = max(1, lengths[order[start]])
        size = max(1, min(ROWS_PER_BATCH, tokens // longest) // copies)
        yield order[start : start + size]
        start += size


def left_padded(rows: Sequence[Sequence[int]], *, pad_id: int, device: torch.device) -> tuple[Any, Any]:
    """Tokens and attention mask, both (b, longest) int64."""
    width = max(map(len, rows))
    tokens = torch.full((len(rows), width), pad_id)
    mask = torch.zeros((len(rows), width), dtype=torch.int64)
    for i, row in enumerate(rows):
        tokens[i, width - len(row) :] = torch.tensor(row)
        mask[i, width - len(row) :] = 1
    return tokens.to(device), mask.to(device)


def positions(mask: torch.Tensor) -> torch.Tensor:
    """(b, w) place of each token in its row, 0 in the padding."""
    return (mask.cumsum(-1) - 1).clamp(min=0)


def accepts(model: Any, name: str) -> bool:
    """Whether the model's forward takes an argument of this name: models differ in what they can be told."""
    plain = model.get_base_model() if isinstance(model, peft.PeftModel) else model
    return name in inspect.signature(plain.forward).parameters
