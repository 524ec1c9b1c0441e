"""Token by token: how a batch of prompts becomes a batch of answers, and what the model knew of each token.

    prompts ─► one pass over all of them ─► key-value cache, copied for each sample
            ─► next-token distribution ─► token ─► ... ─► end token, or the row's limit

Rows that have ended leave the batch at once, so that a long answer does not make the short ones cost as much.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import DynamicCache

from loop.models.generation.batching import accepts, left_padded, positions


@dataclass(frozen=True, slots=True)
class Trace:
    """One answer as tokens, with what was read of the full next-token distributions at temperature 1, in nats."""

    tokens: list[int]
    """The end token included when there is one."""
    logprob: float
    """Sum over the tokens."""
    mean_entropy: float
    max_entropy: float
    finished: bool


@dataclass(frozen=True, slots=True)
class Draw:
    """How tokens are drawn from the next-token distribution."""

    temperature: float
    top_p: float
    uniforms: torch.Tensor
    """(rows, most tokens) float64 in [0, 1): all the randomness there is, each row's own."""

    def tokens(self, logits: torch.Tensor, rows: torch.Tensor, step: int) -> torch.Tensor:
        """(b,) the next token of each row, by the inverse of the distribution function.

        One number per token decides, so that what else is in the batch cannot. top_p keeps the fewest tokens that
        hold that much of the probability (Holtzman et al. 2020, nucleus sampling), at least one.
        """
        probabilities = torch.softmax(logits / self.temperature, dim=-1)
        if self.top_p < 1:
            ordered, place = probabilities.sort(dim=-1, descending=True, stable=True)
            over = ordered.cumsum(-1) - ordered >= self.top_p
            over[:, 0] = False
            probabilities = probabilities.masked_fill(torch.zeros_like(over).scatter(-1, place, over), 0)
        cumulated = probabilities.double().cumsum(-1)
        wanted = self.uniforms[rows, step].unsqueeze(-1) * cumulated[:, -1:]
        return torch.searchsorted(cumulated, wanted, right=True).squeeze(-1).clamp(max=logits.shape[-1] - 1)


class _Notes:
    """What is written down of each row while the batch goes on."""

    def __init__(self, rows: int, most: int, device: torch.device) -> None:
        self.tokens = torch.zeros((rows, most), dtype=torch.int64, device=device)
        self.count = torch.zeros(rows, dtype=torch.int64, device=device)
        self.logprob, self.entropy, self.highest = torch.zeros((3, rows), dtype=torch.float64, device=device)
        self.finished = torch.zeros(rows, dtype=torch.bool, device=device)

    def take(self, rows: torch.Tensor, logits: torch.Tensor, chosen: torch.Tensor, ended: torch.Tensor) -> None:
        """logits: (b, v) float32; rows, chosen, ended: (b,)."""
        logprobs = torch.log_softmax(logits, dim=-1)
        entropy = torch.special.entr(logprobs.exp()).sum(-1).double()
        self.tokens[rows, self.count[rows]] = chosen
        self.count[rows] += 1
        self.logprob[rows] += logprobs.gather(-1, chosen.unsqueeze(-1)).squeeze(-1).double()
        self.entropy[rows] += entropy
        self.highest[rows] = torch.maximum(self.highest[rows], entropy)
        self.finished[rows] = ended

    def traces(self) -> list[Trace]:
        columns = (self.tokens, self.count, self.logprob, self.entropy, self.highest, self.finished)
        return [
            Trace(tokens[:count], logprob, entropy / count, highest, finished)
            for tokens, count, logprob, entropy, highest, finished in zip(*(c.tolist() for c in columns), strict=True)
        ]


@torch.inference_mode()
def decode(
    model: Any,
    prompts: Sequence[Sequence[int]],
    *,
    limits: Sequence[int],
    ends: Collection[int],
    pad_id: int,
    copies: int = 1,
    draw: Draw | None = None,
) -> list[Trace]:
    """`copies` answers to each prompt, those of one prompt together.

    prompts: none of them empty. limits: most tokens of an answer to each, at least 1. ends: tokens that end an
    answer. draw: None takes the most probable token each time.
    """
    device = next(model.parameters()).device
    tokens, mask = left_padded(prompts, pad_id=pad_id, device=device)
    cache = DynamicCache(config=model.config)
    logits = _next_logits(model, tokens, mask, cache)
    if copies > 1:
        cache.batch_repeat_interleave(copies)
        logits, mask = logits.repeat_interleave(copies, 0), mask.repeat_interleave(copies, 0)
    limit = torch.tensor(limits, device=device).repeat_interleave(copies)
    stops = torch.tensor(sorted(ends), device=device)
    rows = torch.arange(len(limit), device=device)
    notes = _Notes(len(limit), max(limits), device)
    for step in range(max(limits)):
        chosen = draw.tokens(logits, rows, step) if draw else logits.argmax(-1)
        ended = torch.isin(chosen, stops)
        notes.take(rows, logits, chosen, ended)
        goes_on = (~ended & (step + 1 < limit[rows])).nonzero().squeeze(-1)
        if len(goes_on) == 0:
            break
        if len(goes_on) < len(rows):
            cache.batch_select_indices(goes_on)
            rows, chosen, mask = rows[goes_on], chosen[goes_on], mask[goes_on]
        mask = torch.cat([mask, mask.new_ones((len(rows), 1))], dim=-1)
        logits = _next_logits(model, chosen.unsqueeze(-1), mask, cache)
    return notes.traces()


def _next_logits(model: Any, tokens: torch.Tensor, mask: torch.Tensor, cache: DynamicCache) -> torch.Tensor:
    """(b, v) float32 after the last column. tokens: the columns that the cache does not hold yet."""
    told: dict[str, Any] = {"input_ids": tokens, "attention_mask": mask, "past_key_values": cache, "use_cache": True}
    if accepts(model, "position_ids"):
        told["position_ids"] = positions(mask)[:, -tokens.shape[1] :]
    if accepts(model, "logits_to_keep"):
        told["logits_to_keep"] = 1
    logits: torch.Tensor = model(**told).logits[:, -1].float()
    return logits
