"""How long answers take: alone, as a person waits for them, and in batches, as a round does."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from loop.protocols.texts import Generator, Sampling
from loop.records import Chat


def timed(generator: Generator, chats: Sequence[Chat], *, sampling: Sampling) -> tuple[float, ...]:
    """Seconds that each prompt took, asked one at a time, in the order of `chats`; for the median and the like.

    The first prompt is asked once more beforehand, untimed: a first call also sets things up.
    """
    generator.write(chats[:1], sampling=sampling)
    seconds = []
    for chat in chats:
        start = perf_counter()
        generator.write((chat,), sampling=sampling)
        seconds.append(perf_counter() - start)
    return tuple(seconds)


def throughput(generator: Generator, chats: Sequence[Chat], *, sampling: Sampling) -> float:
    """Tokens written per second when all prompts are asked at once; 0 without prompts."""
    start = perf_counter()
    answers = generator.write(chats, sampling=sampling)
    return sum(one.tokens for answer in answers for one in answer) / (perf_counter() - start)
