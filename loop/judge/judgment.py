"""What a judge says of one question, and what it took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from loop.records import AnswerState


class Spent(Protocol):
    """What asking one prompt took; `loop.endpoint.Usage` is one."""

    @property
    def prompt_tokens(self) -> int: ...

    @property
    def completion_tokens(self) -> int: ...

    @property
    def cost(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Judgment:
    """One question, judged."""

    ext_id: str
    state: AnswerState
    """ANSWERED, or MALFORMED when the words of an asking could not be read."""
    label: str | None
    """As Annotation.label has it for the form; None when MALFORMED."""
    certainty: float | None
    """0.5..1, how firm the judge is; None when not known."""
    words: tuple[str, ...]
    """Its own, one per asking."""
    probabilities: tuple[float | None, ...]
    """0..1, of the verdict in each asking; None when the server does not tell or the verdict was not all it said."""
    completion_tokens: int
    prompt_tokens: int | None
    """None when nothing tells."""
    cost: float | None
    """In the user's currency; None when nothing tells."""
