"""Examples, and what they are used for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from loop.records.texts import Chat, Message


class Split(StrEnum):
    """Which part of the data an example belongs to; decided once, at `weakspot init`."""

    POOL = "pool"
    """Unlabelled for the loop: it may be picked and sent to people."""
    SEED = "seed"
    """Came with a label that may be trained on from the first round."""
    GOLD = "gold"
    """The gold test: measured on, never trained on, never used to select."""
    QUARANTINED = "quarantined"
    """Left out, with a reason: a leak between gold and the rest."""


class Role(StrEnum):
    """What a settled label is used for; decided once per example and never changed."""

    TRAIN = "train"
    DEV = "dev"
    """Early stopping, calibration and the error estimate of weak spots."""
    AUDIT = "audit"
    """Drawn at random with known probability: measured on like gold, never trained on."""


@dataclass(frozen=True, slots=True)
class Example:
    """One text of the project."""

    id: str
    """16 hex digits: hash of the text and of the id its owner gave."""
    text: str
    """As read; white space kept. Of a chat: its turns as people read them."""
    split: Split
    label: str | None = None
    """The label its file gave, or the reference answer. For the pool only simulated experts may read it."""
    source_id: str | None = None
    """The id its owner gave, if any."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Column → value, for slices and for the expert's page."""
    context: str = ""
    """What an answer must agree with (source, facts); for models that write."""
    messages: Chat = ()
    """The turns of a chat; empty for a plain prompt, which is `text` alone."""

    @property
    def chat(self) -> Chat:
        """What a model that writes is given: the turns, else context, an empty line, and the text as one request."""
        if self.messages:
            return self.messages
        return (Message("user", f"{self.context}\n\n{self.text}" if self.context else self.text),)


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The labels people choose from, in the order of the model's outputs."""

    names: tuple[str, ...]
    descriptions: Mapping[str, str] = field(default_factory=dict)
    """Label → one line for the expert; may be empty."""
    phrases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Label → example messages that belong under it; a label without any may be missing."""

    def index(self) -> dict[str, int]:
        """Label → column of the probability matrix."""
        return {name: column for column, name in enumerate(self.names)}


@dataclass(frozen=True, slots=True)
class LabelTexts:
    """p texts that say what the labels mean: names in words and descriptions, after them example phrases."""

    texts: tuple[str, ...]
    columns: tuple[int, ...]
    """The label each text belongs to: its place in LabelSet.names."""
    phrases: int = 0
    """So many at the end are example phrases."""
