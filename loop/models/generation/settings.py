"""What can be set about tuning a model that writes; plain values, no torch."""

from __future__ import annotations

from dataclasses import dataclass

from loop.errors import ConfigError

ADAPTATIONS = ("lora", "full")
PRECISIONS = ("auto", "bfloat16", "float32")

RATES = {"sft": 2e-4, "dpo": 5e-5, "kto": 5e-5, "orpo": 5e-5, "rloo": 2e-5, "grpo": 2e-5, "reward": 1e-4}
"""Peak learning rate of LoRA for a model of hidden size WIDTH."""
WIDTH = 2048
NARROWEST = 128
"""Below this hidden size the rate grows no further; the rule was tried from here up."""
FULL = 0.1
"""What tuning every weight takes of LoRA's rate."""


@dataclass(frozen=True, slots=True)
class WritingSettings:
    """The recipe of a tuning run. Raises ConfigError for a value that cannot work."""

    adapt: str = "lora"
    """"lora": small matrices beside the linear layers; "full": every weight."""
    learning_rate: float | None = None
    """Peak rate; None: by method, adaptation and hidden size, see `rate`."""
    steps: int = 40
    """Optimizer steps at least; small sets are seen many times."""
    epochs: float = 3.0
    """Passes over the data at least: the run takes max(steps, epochs x n / batch_size) steps."""
    batch_size: int = 16
    """Pairs, demonstrations or (RLOO, GRPO) written answers per step."""
    accumulate: int = 1
    """Parts a batch is worked through in, when it does not fit the memory at once; divides batch_size."""
    rank: int = 16
    """Rank of new LoRA matrices; one that tuning goes on from keeps its own."""
    alpha: float = 32.0
    """LoRA scaling numerator: the update is alpha / rank x BA."""
    target_modules: tuple[str, ...] = ()
    """Names of the layers LoRA adapts; empty: every linear layer but the last one, which gives the words."""
    max_length: int = 1024
    """Tokens of prompt and answer together; of a longer one the beginning of the prompt is cut off."""
    beta: float = 0.1
    """How firmly DPO, KTO (and ORPO, as its weight) hold on to the model they start from; larger is firmer."""
    sft_weight: float = 1.0
    """Weight of the likelihood of chosen answers beside the preference itself, for DPO; keeps texts from decaying."""
    warmup: float = 0.1
    """Share of the steps with a rising learning rate; it falls as a cosine to 0 afterwards."""
    weight_decay: float = 0.0
    precision: str = "auto"
    """"float32", "bfloat16" (mixed), or "auto": bfloat16 on a GPU that has it."""
    looks: int = 8
    """How often the guard looks at answers, and a checkpoint is kept, in one run."""
    guard_prompts: int = 32
    """Prompts the guard has answered at each look, at most."""
    guard_tokens: int = 256
    """Where the guard cuts an answer off."""
    least_health: float = 0.6
    """Health of the answers, 0..1 with 1 as before tuning, under which a run is stopped as collapsed."""
    group_size: int = 4
    """RLOO, GRPO: answers written to each prompt of a step; a batch is rounded up to whole groups."""
    answer_tokens: int = 256
    """RLOO, GRPO: tokens of a written answer at most."""
    temperature: float = 1.0
    """RLOO, GRPO: how freely answers are drawn."""
    kl: float = 0.05
    """RLOO, GRPO: price of a nat of distance from the model they start from."""
    reward_members: int = 1
    """RLOO, GRPO: reward models whose mean mark is used."""
    reward_learning_rate: float | None = None
    """Peak rate of a reward model; None: by hidden size, see `rate`."""

    def __post_init__(self) -> None:
        if self.adapt not in ADAPTATIONS:
            raise ConfigError(f"tuning adapt is {self.adapt!r}", wanted="one of " + ", ".join(ADAPTATIONS))
        if self.precision not in PRECISIONS:
            raise ConfigError(f"tuning precision is {self.precision!r}", wanted="one of " + ", ".join(PRECISIONS))
        for name in ("steps", "epochs", "batch_size", "accumulate", "rank", "alpha", "beta", "looks", "temperature"):
            _check(name, getattr(self, name), getattr(self, name) > 0, "more than 0")
        for name in ("guard_prompts", "guard_tokens", "answer_tokens", "reward_members"):
            _check(name, getattr(self, name), getattr(self, name) >= 1, "at least 1")
        for name in ("sft_weight", "weight_decay", "kl"):
            _check(name, getattr(self, name), getattr(self, name) >= 0, "0 or more")
        for name in ("warmup", "least_health"):
            _check(name, getattr(self, name), 0 <= getattr(self, name) < 1, "0 or more, below 1")
        for name in ("learning_rate", "reward_learning_rate"):
            rate = getattr(self, name)
            if rate is not None:
                _check(name, rate, rate > 0, "more than 0")
        _check("max_length", self.max_length, self.max_length >= 8, "at least 8 tokens")
        _check("group_size", self.group_size, self.group_size >= 2, "at least 2")
        fits = self.batch_size % self.accumulate == 0
        _check("accumulate", self.accumulate, fits, f"a divisor of batch_size, which is {self.batch_size}")

    def total_steps(self, examples: int) -> int:
        """How many optimizer steps a run over so many examples takes."""
        return max(self.steps, round(self.epochs * examples / self.batch_size))

    def rate(self, method: str, *, width: int) -> float:
        """The peak learning rate of a run. width: the model's hidden size.

        Adam's best rate falls about as one over the width (Yang et al. 2022, Tensor Programs V), and LoRA's is about
        ten times that of all weights (Schulman et al. 2025, LoRA Without Regret). At hidden size 2048 this is 2e-4
        for SFT and 5e-5 for DPO with LoRA; TRL's own 1e-6 for DPO is meant for all weights of a large model.
        """
        if self.learning_rate is not None:
            return self.learning_rate
        return RATES[method] * WIDTH / max(width, NARROWEST) * (FULL if self.adapt == "full" else 1.0)


def _check(name: str, value: float, fits: bool, wanted: str) -> None:
    if not fits:
        raise ConfigError(f"tuning {name} is {value}", wanted=wanted)
