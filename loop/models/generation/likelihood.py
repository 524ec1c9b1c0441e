"""How likely a model finds given answers, before and after tuning: one pass over prompt and answer each.

prompt + answer ─► model                 ─► log p(answer | prompt), mean last hidden state over the answer
                └► model before tuning   ─► log p(answer | prompt)      their difference: the implicit reward
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import peft
import torch

from loop.models.bases import quiet
from loop.models.generation.bases import WritingBase, answer_ids, context_length, load_base, prompt_ids
from loop.models.generation.batching import TOKENS_PER_BATCH, accepts, batches, left_padded, positions
from loop.models.generation.folders import load_folder, read_about
from loop.protocols import Progress
from loop.protocols.texts import Likelihoods
from loop.records import Chat

LOGITS_PER_BATCH = 2**26
"""Tokens times vocabulary; 256 MiB in float32, and a few times that while they are worked on."""


def load_reader(folder: Path, *, with_base: bool = False) -> LocalReader:
    """The reader of a model folder (loop.models.generation.folders). Raises ModelError.

    with_base: beside weights of its own load the base that the very first tuning started from, so that there is an
    implicit reward: twice the memory. An adapter needs no second model, it is switched off.
    """
    about = read_about(folder)
    beside = load_base(about.base, revision=about.revision) if with_base and about.adapt == "full" else None
    return LocalReader(load_folder(folder), base=beside)


class LocalReader:
    """A LikelihoodScorer (loop.protocols.texts)."""

    def __init__(self, model: WritingBase, *, base: WritingBase | None = None) -> None:
        self.model = model
        self.base = base

    def likelihoods(
        self, chats: Sequence[Chat], answers: Sequence[str], *, progress: Progress | None = None
    ) -> Likelihoods:
        """In the order of the input; both of the same length.

        A pair too long for the context loses the beginning of its prompt, and then the end of its answer.
        """
        with quiet():  # no warning of long texts: they are cut
            rows = [self._fitting(chat, answer) for chat, answer in zip(chats, answers, strict=True)]
        n, width = len(rows), int(self.model.model.config.get_text_config().hidden_size)
        logprobs, base_logprobs = np.zeros(n), np.zeros(n)
        features = np.zeros((n, width), np.float32)
        adapter = isinstance(self.model.model, peft.PeftModel) and self.base is None
        lengths = [len(prompt) + len(answer) for prompt, answer in rows]
        done = 0
        for batch in batches(lengths, tokens=_most_tokens(self.model.model)):
            chosen = [rows[i] for i in batch]
            logprobs[batch], features[batch] = _read(self.model, chosen)
            if adapter or self.base:
                with self.model.model.disable_adapter() if adapter else contextlib.nullcontext():
                    base_logprobs[batch], _ = _read(self.base or self.model, chosen)
            done += len(batch)
            if progress:
                progress(done, n)
        tokens = np.array([len(answer) for _, answer in rows], dtype=np.int64)
        return Likelihoods(logprobs, tokens, base_logprobs if adapter or self.base else None, features)

    def _fitting(self, chat: Chat, answer: str) -> tuple[list[int], list[int]]:
        prompt, ids = prompt_ids(self.model.tokenizer, chat), answer_ids(self.model.tokenizer, answer)
        context = context_length(self.model.model)
        if context is None or len(prompt) + len(ids) <= context:
            return prompt, ids
        ids = ids[: context - 1]
        return prompt[-(context - len(ids)) :], ids


def _most_tokens(model: Any) -> int:
    """Tokens per batch, so that a big vocabulary's logits fit into the memory."""
    return min(TOKENS_PER_BATCH, LOGITS_PER_BATCH // int(model.config.get_text_config().vocab_size))


@torch.inference_mode()
def _read(base: WritingBase, rows: Sequence[tuple[list[int], list[int]]]) -> tuple[Any, Any]:
    """(b,) float64 sums of the answers' log probabilities and (b, d) float32 means of their last hidden states."""
    model = base.model
    device = next(model.parameters()).device
    tokens, mask = left_padded([p + a for p, a in rows], pad_id=base.tokenizer.pad_token_id, device=device)
    longest = max(len(answer) for _, answer in rows)
    told: dict[str, Any] = {"input_ids": tokens, "attention_mask": mask, "use_cache": False}
    if accepts(model, "position_ids"):
        told["position_ids"] = positions(mask)
    if accepts(model, "logits_to_keep"):
        told["logits_to_keep"] = longest + 1  # a big vocabulary over a long prompt would fill the memory
    said = model(**told, output_hidden_states=True)
    # Column j of these is the j-th from the right of the longest answer; rows end together in the last one.
    counts = torch.tensor([len(answer) for _, answer in rows], device=device)
    inside = torch.arange(longest, device=device) >= longest - counts.unsqueeze(-1)
    logits = said.logits[:, -longest - 1 : -1].float()
    each = logits.gather(-1, tokens[:, -longest:].unsqueeze(-1)).squeeze(-1) - logits.logsumexp(-1)
    sums = (each.double() * inside).sum(-1)
    hidden = said.hidden_states[-1][:, -longest:].float() * inside.unsqueeze(-1)
    return sums.cpu().numpy(), (hidden.sum(1) / counts.unsqueeze(-1)).cpu().numpy()
