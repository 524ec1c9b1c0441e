"""What can be set about tuning a model that writes; plain values, no torch."""

from __future__ import annotations

from dataclasses import dataclass

from loop.errors import ConfigError

ADAPTATIONS = ("lora", "full")


@dataclass(frozen=True, slots=True)
class WritingSettings:
    """The recipe of a tuning run. Raises ConfigError for a value that cannot work."""

    adapt: str = "lora"
    """"lora": small matrices beside every linear layer; "full": every weight."""
    learning_rate: float | None = None
    """Peak rate; None: the method's own."""

    def __post_init__(self) -> None:
        if self.adapt not in ADAPTATIONS:
            raise ConfigError(f"tuning adapt is {self.adapt!r}", wanted="one of " + ", ".join(ADAPTATIONS))
        if self.learning_rate is not None and self.learning_rate <= 0:
            raise ConfigError(f"tuning learning_rate is {self.learning_rate}", wanted="more than 0")
