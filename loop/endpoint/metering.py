"""What was asked of an endpoint: tokens, cost and seconds, counted from many threads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from loop.records import Chat


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and what they cost. Usages can be added."""

    requests: int = 0
    """Requests that were answered; those that failed cost nothing."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    untold: int = 0
    """Answered requests whose server did not tell their tokens: above 0, tokens and cost are too low."""
    price_per_million: float = 0.0
    """What a million tokens cost, of either kind, in the user's currency."""

    @property
    def cost(self) -> float:
        """In the currency of `price_per_million`."""
        return (self.prompt_tokens + self.completion_tokens) * self.price_per_million / 1e6

    def __add__(self, other: Usage) -> Usage:
        """Both together, at the price of the first."""
        return Usage(
            requests=self.requests + other.requests,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            untold=self.untold + other.untold,
            price_per_million=self.price_per_million,
        )


class Meter:
    """Counts answered requests, in total and by prompt; safe to use from many threads."""

    def __init__(self, *, price_per_million: float) -> None:
        self._lock = Lock()
        self._nothing = Usage(price_per_million=price_per_million)
        self._total = self._nothing
        self._by_chat: dict[Chat, Usage] = {}
        self._seconds: list[float] = []

    @property
    def total(self) -> Usage:
        """Since this meter was made."""
        return self._total

    @property
    def seconds(self) -> tuple[float, ...]:
        """Of each answered request, from sending to the last byte; pauses and failed tries are not in it."""
        return tuple(self._seconds)

    def usage_of(self, chat: Chat) -> Usage:
        """Of one prompt since `forget_chats`; nothing for one that was not asked."""
        return self._by_chat.get(chat, self._nothing)

    def forget_chats(self) -> None:
        """Starts the count by prompt anew; the total stays."""
        with self._lock:
            self._by_chat = {}

    def count(self, chat: Chat, tokens: tuple[int, int] | None, *, seconds: float) -> None:
        """One answered request. tokens: of prompt and answers; None when the server did not tell."""
        prompt, completion = tokens or (0, 0)
        one = Usage(requests=1, prompt_tokens=prompt, completion_tokens=completion, untold=int(tokens is None))
        with self._lock:
            self._total += one
            self._by_chat[chat] = self.usage_of(chat) + one
            self._seconds.append(seconds)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value with at least `share` (0..1) of all values at or below it; None of nothing."""
    if not values:
        return None
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]
