"""Chats, and what models write in answer to them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: str
    """"system", "user" or "assistant"."""
    content: str


Chat = tuple[Message, ...]
"""A prompt: everything before the answer, oldest first. A plain text prompt is one user message."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One answer a model wrote, with what it knew of its own doubt. Everything in nats, at temperature 1."""

    text: str
    """Without special tokens; white space as written."""
    tokens: int
    """Tokens written, the end token included when there is one."""
    logprob: float | None
    """Sum of the log probabilities of the tokens, at most 0; None when an endpoint does not tell."""
    mean_entropy: float | None
    """Mean entropy of the next-token distribution over the tokens; None when not known."""
    max_entropy: float | None
    finished: bool
    """It ended by itself, not at the limit of tokens."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of the answers a question shows."""

    text: str
    source: str
    """"champion", "challenger", "first" (the model before any tuning), "sample" or "reference"; never shown."""
    model_round: int | None
    """The round of the model that wrote it; None: the base model, or no model."""
    temperature: float = 0.0
    """0: the most probable answer, token by token."""
