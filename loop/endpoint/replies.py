"""The JSON of a reply → Generations. Pure.

A token's log probability is taken as the server tells it: before temperature and truncation at OpenAI and at vLLM
(its `--logprobs-mode raw_logprobs`, the default). Whether the end token is among the tokens is the server's as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Annotated

from pydantic import BaseModel, Field

from loop.records import Generation

CUT_OFF = ("length", "content_filter", None)
"""Reasons of ending that are not the model's own."""


class Alternative(BaseModel):
    """A token that could have stood there."""

    logprob: Annotated[float, Field(allow_inf_nan=True, le=1e-2)]


class Token(Alternative):
    """A token that was written."""

    top_logprobs: list[Alternative] | None = None


class Logprobs(BaseModel):
    """What is told of the tokens of one answer."""

    content: list[Token] | None = None


class Message(BaseModel):
    """The words; None when all that was written is hidden reasoning, or a refusal."""

    content: str | None = None
    refusal: str | None = None


class Choice(BaseModel):
    """One answer."""

    message: Message
    logprobs: Logprobs | None = None
    finish_reason: str | None = None


Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
"""Tokens of one reply."""


class Tokens(BaseModel):
    """What the whole reply took."""

    prompt_tokens: Count
    completion_tokens: Count = 0


class Reply(BaseModel):
    """The parts of a reply that weakspot reads; others are passed over."""

    choices: list[Choice]
    usage: Tokens | None = None


def generations(reply: Reply) -> tuple[Generation, ...] | None:
    """The answers, in the order of the server; None when nothing tells how many tokens they have.

    mean_entropy and max_entropy are TRUNCATED: see `entropy`. Where the server tells no log probabilities but several
    answers came in one reply, its count of tokens is shared out in proportion to their characters.
    """
    counts = _token_counts(reply)
    if counts is None:
        return None
    return tuple(_generation(choice, tokens=tokens) for choice, tokens in zip(reply.choices, counts, strict=True))


def entropy(logprobs: Sequence[float]) -> float:
    """Entropy in nats, >= 0, of a token of which only the most probable alternatives are known.

    logprobs: theirs. All the others together count as a single one, so the truth is at least this; it is exact when
    the known ones hold all of the probability.
    """
    known = [math.exp(logprob) for logprob in logprobs]
    rest = max(0.0, 1.0 - math.fsum(known))
    return -math.fsum(p * math.log(p) for p in [*known, rest] if p > 0)


def _generation(choice: Choice, *, tokens: int) -> Generation:
    told = _told(choice)
    total = math.fsum(token.logprob for token in told) if told else math.nan
    doubts = [entropy([top.logprob for top in token.top_logprobs]) for token in told if token.top_logprobs]
    known = bool(told) and len(doubts) == len(told)
    return Generation(
        text=choice.message.content or choice.message.refusal or "",
        tokens=tokens,
        logprob=min(total, 0.0) if math.isfinite(total) else None,
        mean_entropy=math.fsum(doubts) / len(doubts) if known else None,
        max_entropy=max(doubts) if known else None,
        finished=choice.finish_reason not in CUT_OFF,
    )


def _told(choice: Choice) -> list[Token]:
    return (choice.logprobs.content or []) if choice.logprobs else []


def _token_counts(reply: Reply) -> list[int] | None:
    told = [len(_told(choice)) for choice in reply.choices]
    if all(told):
        return told
    if reply.usage is None:
        return None
    lengths = [len(choice.message.content or "") for choice in reply.choices]
    whole = sum(lengths) or 1
    ends = [sofar / whole for sofar in accumulate(lengths)]
    marks = [0, *(round(reply.usage.completion_tokens * end) for end in ends)]
    marks[-1] = reply.usage.completion_tokens
    return [after - before for before, after in pairwise(marks)]
