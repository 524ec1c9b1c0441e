"""What can be set about tuning; plain values, no torch. The defaults are the recipe measured in the README."""

from __future__ import annotations

from dataclasses import dataclass

from loop.errors import ConfigError

PRECISIONS = ("auto", "bfloat16", "float32")
CALIBRATIONS = ("auto", "temperature", "vector")
REPRESENTATIONS = ("auto", "last", "both", "layers")


@dataclass(frozen=True, slots=True)
class TuningSettings:
    """The recipe of a tuning run. Raises ConfigError for a value that cannot work."""

    learning_rate: float | None = None
    """Peak rate of the encoder; None: the method's own, 5e-4 for lora and 5e-5 for full."""
    head_learning_rate: float = 3e-4
    """Peak rate of the linear head and its scale."""
    steps: int = 100
    """Optimizer steps at least; small sets are seen many times."""
    epochs: float = 6.0
    """Passes over the labels at least: the run takes max(steps, epochs x n / batch_size) steps."""
    batch_size: int = 16
    rank: int = 8
    """Rank of the LoRA matrices."""
    alpha: float = 16.0
    """LoRA scaling numerator: the update is alpha / rank x BA."""
    target_modules: tuple[str, ...] = ()
    """Names of the layers LoRA adapts; empty: every linear layer of the encoder."""
    dropout: float = 0.1
    """Dropout on the pooled feature while tuning."""
    warmup: float = 0.1
    """Share of the steps with a rising learning rate; it falls linearly to 0 afterwards."""
    weight_decay: float = 0.01
    label_smoothing: float = 0.0
    """Share of each target spread over all labels, 0..1; guards against wrong labels."""
    class_weight_power: float = 1.0
    """0: every example counts the same; 1: every class counts the same."""
    head_c: float | None = None
    """Inverse L2 strength of the logistic head on features of length `scale`; None: chosen by cross-validation, but for
    the start of tuning from 6 labels a class on, which is 0.03."""
    scale: float = 16.0
    """Start of the learned scale that multiplies the unit-length feature."""
    evaluations: int = 8
    """How often the dev loss is looked at in one run, besides the look before the first step."""
    patience: int = 6
    """Stop after so many looks without a better dev loss. Not too few: the loss often rises before it falls."""
    early_stopping_from: int = 30
    """With fewer dev examples the run takes all its steps and keeps the last one."""
    precision: str = "auto"
    """Of the encoder while tuning: "float32", "bfloat16", or "auto": bfloat16 where the processor computes in it."""
    calibration: str = "auto"
    """How dev examples scale the confidences: "temperature", "vector" (for each class too), or "auto": vector where
    cross-validation on at least 100 dev examples finds it better. The method head needs no dev examples, it holds out
    training examples in turn; "auto" is "temperature" there."""
    representation: str = "auto"
    """What the method head reads of the encoder: "last" (layer), "layers" (three of them), "both", or "auto": chosen by
    cross-validation. Only "last" needs no further pass over the pool, and only it can be exported."""
    self_training: bool = True
    """Whether the head, while labels are few and label texts informative, also learns from unlabelled texts that it is
    surest of."""
    max_length: int = 256
    """Tokens kept of each text, at most what the base model allows."""

    def __post_init__(self) -> None:
        for name in ("head_learning_rate", "steps", "epochs", "batch_size", "rank", "alpha", "scale"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"tuning {name} is {getattr(self, name)}", wanted="more than 0")
        for name in ("dropout", "warmup", "label_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"tuning {name} is {getattr(self, name)}", wanted="0 or more, below 1")
        for name in ("learning_rate", "head_c"):
            if getattr(self, name) is not None and getattr(self, name) <= 0:
                raise ConfigError(f"tuning {name} is {getattr(self, name)}", wanted="more than 0")
        if self.precision not in PRECISIONS:
            raise ConfigError(f"tuning precision is {self.precision!r}", wanted="one of " + ", ".join(PRECISIONS))
        if self.calibration not in CALIBRATIONS:
            raise ConfigError(f"tuning calibration is {self.calibration!r}", wanted="one of " + ", ".join(CALIBRATIONS))
        if self.representation not in REPRESENTATIONS:
            raise ConfigError(
                f"tuning representation is {self.representation!r}", wanted="one of " + ", ".join(REPRESENTATIONS)
            )
        if self.max_length < 3:
            raise ConfigError(f"tuning max_length is {self.max_length}", wanted="at least 3 tokens")
        if self.evaluations < 1 or self.patience < 1:
            raise ConfigError("tuning evaluations and patience", wanted="at least 1 each")

    @property
    def head_c_of_rows(self) -> float | None:
        """head_c as it is on rows of length 1; None: chosen."""
        return None if self.head_c is None else self.head_c * self.scale**2

    def total_steps(self, examples: int) -> int:
        """How many optimizer steps a run over `examples` labelled texts takes at most."""
        return max(self.steps, round(self.epochs * examples / self.batch_size))
