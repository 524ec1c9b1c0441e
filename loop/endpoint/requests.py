"""A prompt → the JSON of one request, and what a refusal teaches about the next one. Pure.

    body(chat, without={}) ─► 400 "logprobs is not supported" ─► lesson ─► body(chat, without={"top_logprobs=20"}) ─► …

A lesson names one thing to go without, always something that the refused request held, so that this comes to an end.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Set
from typing import Any

from loop.protocols import Sampling
from loop.records import Chat

TOP_LOGPROBS = (20, 5)
"""How many alternatives of each token are asked for, the most first: 20 is the most that OpenAI takes and that vLLM
gives unless told otherwise, 5 was it before."""


def body(
    chat: Chat, *, model: str, sampling: Sampling, n: int, seed: int, without: Set[str] = frozenset()
) -> dict[str, Any]:
    """The request for `n` answers. without: lessons learnt so far."""
    asked: dict[str, Any] = {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in chat],
        "max_completion_tokens" if "max_tokens" in without else "max_tokens": sampling.max_new_tokens,
        "temperature": sampling.temperature,
        # Always sent: vLLM takes what is left out from the model's own generation_config.
        "top_p": sampling.top_p,
    }
    if n > 1:
        asked["n"] = n
    if "seed" not in without:
        asked["seed"] = seed
    if "logprobs" not in without:
        asked["logprobs"] = True
        top = next((top for top in TOP_LOGPROBS if f"top_logprobs={top}" not in without), None)
        if top is not None:
            asked["top_logprobs"] = top
    return asked


def lesson(refused: Mapping[str, Any], *, parameter: str, message: str) -> str | None:
    """What to go without after a request was refused with this message; None when it names nothing of that kind.

    parameter: what the server's "param" says, or "".
    """
    named = {parameter, *re.findall(r"\w+", message)}
    if "top_logprobs" in refused and named & {"logprobs", "top_logprobs"}:
        return f"top_logprobs={refused['top_logprobs']}"
    if "max_tokens" in refused and "max_completion_tokens" in named:
        return "max_tokens"
    return next((name for name in ("logprobs", "n", "seed") if name in refused and name in named), None)


def seed_of(chat: Chat, *, seed: int, sample: int) -> int:
    """0..2^31 - 1: the same for the same prompt and sample, whatever else is asked beside it."""
    told = json.dumps([seed, sample, [[message.role, message.content] for message in chat]])
    return int.from_bytes(hashlib.blake2b(told.encode(), digest_size=4).digest()) >> 1
