"""Answers by a model in this process: chats ─► tokens ─► batches of like length ─► decode ─► Generations in order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from loop.errors import ModelError
from loop.models.bases import quiet
from loop.models.generation.bases import WritingBase, context_length, end_token, prompt_ids
from loop.models.generation.batching import accepts, batches
from loop.models.generation.decoding import Draw, Trace, decode
from loop.models.generation.folders import load_folder
from loop.printable import storable
from loop.protocols import Progress
from loop.protocols.texts import Sampling
from loop.records import Chat, FloatArray, Generation


def load_generator(folder: Path) -> LocalGenerator:
    """The generator of a model folder (loop.models.generation.folders). Raises ModelError."""
    return LocalGenerator(load_folder(folder))


class LocalGenerator:
    """A Generator (loop.protocols.texts).

    What is drawn for a prompt hangs on the seed, the prompt and the number of the sample alone. The batch can still
    change the last bits of a probability, as it does in any library, and with them a token that is a dead heat.
    """

    def __init__(self, base: WritingBase) -> None:
        """Raises ModelError for a model without a key-value cache, such as Mamba."""
        if not accepts(base.model, "past_key_values"):
            raise ModelError(
                f"{base.name} is a {base.model.config.model_type} model, which keeps no keys and values",
                wanted="a transformer such as Llama, Qwen or GPT-2",
            )
        self.base = base

    def write(
        self, chats: Sequence[Chat], *, sampling: Sampling, seed: int = 0, progress: Progress | None = None
    ) -> tuple[tuple[Generation, ...], ...]:
        """`sampling.samples` answers to each prompt, one at temperature 0.

        A prompt that leaves no room for the answer in the model's context loses its beginning, but never more than
        down to half the context; then the answer is cut off sooner.
        """
        copies = sampling.samples if sampling.temperature > 0 else 1
        with quiet():  # no warning of long prompts: they are cut
            prompts = [self._fitting(prompt_ids(self.base.tokenizer, chat), sampling.max_new_tokens) for chat in chats]
        answers: list[tuple[Generation, ...]] = [()] * len(prompts)
        done = 0
        for rows in batches([len(prompt) + sampling.max_new_tokens for prompt in prompts], copies=copies):
            traces = self._decoded([prompts[row] for row in rows], copies, sampling, seed)
            for i, row in enumerate(rows):
                answers[row] = tuple(map(self._generation, traces[i * copies : (i + 1) * copies]))
            done += len(rows)
            if progress:
                progress(done, len(prompts))
        return tuple(answers)

    def _decoded(self, prompts: list[list[int]], copies: int, sampling: Sampling, seed: int) -> list[Trace]:
        model, tokenizer = self.base.model, self.base.tokenizer
        context = context_length(model)
        draw = None
        if sampling.temperature > 0:
            uniforms = np.concatenate([_uniforms(seed, p, copies, sampling.max_new_tokens) for p in prompts])
            device = next(model.parameters()).device
            draw = Draw(sampling.temperature, sampling.top_p, torch.from_numpy(uniforms).to(device))
        return decode(
            model,
            prompts,
            limits=[min(sampling.max_new_tokens, (context or 10**9) - len(prompt)) for prompt in prompts],
            ends=_ends(self.base),
            pad_id=tokenizer.pad_token_id,
            copies=copies,
            draw=draw,
        )

    def _fitting(self, ids: list[int], max_new_tokens: int) -> list[int]:
        context = context_length(self.base.model)
        return ids if context is None else ids[-max(context - max_new_tokens, context // 2) :]

    def _generation(self, trace: Trace) -> Generation:
        text = self.base.tokenizer.decode(trace.tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return Generation(
            storable(text), len(trace.tokens), trace.logprob, trace.mean_entropy, trace.max_entropy, trace.finished
        )


def _ends(base: WritingBase) -> set[int]:
    """The tokenizer's end of text, the template's end of an answer, and what the model's own settings add."""
    settings = getattr(base.model, "generation_config", None)
    told = getattr(settings, "eos_token_id", None)
    return {base.tokenizer.eos_token_id, end_token(base.tokenizer), *(told if isinstance(told, list) else [told])} - {
        None
    }


def _uniforms(seed: int, prompt: list[int], copies: int, most: int) -> FloatArray:
    """(copies, most) in [0, 1), a stream of its own for each sample of the prompt."""
    digest = hashlib.sha256(np.asarray(prompt, "<i8").tobytes()).digest()
    key = [seed % 2**63, *np.frombuffer(digest, "<u4").tolist()]
    return np.stack([np.random.default_rng([*key, sample]).random(most) for sample in range(copies)])
