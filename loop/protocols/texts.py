"""Models that write: what they give, how they are tuned, how their doubts are read and their answers compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from loop.protocols.models import Progress
from loop.records import Chat, FloatArray, Generation, IntArray


@dataclass(frozen=True, slots=True)
class Sampling:
    """How answers are drawn."""

    max_new_tokens: int = 256
    temperature: float = 0.0
    """0: the most probable token each time, and then `samples` is 1."""
    top_p: float = 1.0
    samples: int = 1
    """Answers per prompt."""


class Generator(Protocol):
    """A model that answers prompts: in this process, or behind an address.

    >>> class Echo:
    ...     def write(self, chats, *, sampling, seed=0, progress=None):
    ...         return tuple((Generation(chat[-1].content, 1, None, None, None, True),) for chat in chats)
    """

    def write(
        self, chats: Sequence[Chat], *, sampling: Sampling, seed: int = 0, progress: Progress | None = None
    ) -> tuple[tuple[Generation, ...], ...]:
        """`sampling.samples` answers to each prompt, in the order of `chats`.

        The same for the same seed, whatever else is asked beside a prompt. Raises ModelError, ServerDown.
        """


@dataclass(frozen=True, slots=True)
class Likelihoods:
    """What a model thinks of n given answers to n prompts."""

    logprobs: FloatArray
    """(n,) sum of the answer's token log probabilities, in nats, end token included."""
    tokens: IntArray
    """(n,) how many tokens that were."""
    base_logprobs: FloatArray | None
    """(n,) the same by the model its tuning started from (the adapter switched off); None when there is none."""
    features: FloatArray
    """(n, d) float32 mean of the last hidden states over the answer's tokens."""


class LikelihoodScorer(Protocol):
    """A model that weighs given answers; local models only."""

    def likelihoods(
        self, chats: Sequence[Chat], answers: Sequence[str], *, progress: Progress | None = None
    ) -> Likelihoods:
        """In the order of the input; both of the same length."""


class RewardModel(Protocol):
    """Marks answers: larger is preferred by people. Only differences for the same prompt mean something."""

    def rewards(self, chats: Sequence[Chat], answers: Sequence[str], *, progress: Progress | None = None) -> FloatArray:
        """(n, m) float32: a mark by each of m models of the ensemble, m at least 1."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A prompt with the answer it should get."""

    chat: Chat
    answer: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers to a prompt; people prefer the first."""

    chat: Chat
    chosen: str
    rejected: str
    certainty: float = 1.0
    """Probability that they do, 0.5..1."""


@dataclass(frozen=True, slots=True)
class WritingData:
    """What a model that writes is tuned on. A method takes what it can use and says when it has nothing."""

    demonstrations: tuple[Demonstration, ...]
    pairs: tuple[Pair, ...]
    prompts: tuple[Chat, ...]
    """For methods that let the model write and mark it (RLOO, GRPO)."""
    guard: tuple[Chat, ...]
    """Prompts that are answered now and then while tuning, to see a collapse. None of them is gold or audit."""


@dataclass(frozen=True, slots=True)
class WritingReport:
    """What a tuning run did; kept in the ledger."""

    method: str
    steps: int
    """Optimizer steps taken."""
    best_step: int
    """The step whose weights were kept."""
    demonstrations: int
    pairs: int
    trainable_parameters: int
    train_loss: float | None
    collapsed: bool
    """The guard stopped the run; the weights before the collapse were kept."""
    why: str
    """What the guard saw, in words; "" when all was well."""
    curve: tuple[tuple[int, float | None, float | None], ...] = ()
    """(step, train loss, health 0..1 of the answers to the guard's prompts) at each look."""


class WritingTrainer(Protocol):
    """A tuning method for models that write; leaves a folder that `loop.models.generation.load_generator` reads."""

    def __call__(
        self,
        data: WritingData,
        *,
        start: Path | None,
        out: Path,
        scratch: Path,
        seed: int,
        progress: Progress | None = None,
    ) -> WritingReport:
        """Tunes on from the model folder `start` (None: the base model itself) and saves under `out`.

        out: an existing empty folder. scratch: a folder for checkpoints; called again with the same one after a
        kill, the run goes on and ends the same. Deterministic given `seed`. Raises DataError when `data` holds
        nothing for this method, ModelError.
        """


@dataclass(frozen=True, slots=True)
class Written:
    """What a model wrote to one prompt, and what is known of it: the input of a signal of doubt."""

    greedy: Generation
    samples: tuple[Generation, ...]
    """Answers drawn at a temperature above 0; may be empty."""
    meanings: tuple[int, ...]
    """Group of each sample: those of one group mean the same."""
    greedy_meaning: int
    """Group of the greedy answer."""
    rewards: tuple[float, ...] = ()
    """Marks of the greedy answer, one per reward model; empty without any."""
    implicit_reward: float | None = None
    """log p(answer) tuned minus base, in nats; None when not known."""


class Signal(Protocol):
    """How doubtful one answer is.

    >>> def negative_logprob(written):
    ...     return None if written.greedy.logprob is None else -written.greedy.logprob
    """

    def __call__(self, written: Written) -> float | None:
        """Larger is more doubtful; None when the model gave nothing to tell it from."""


@dataclass(frozen=True, slots=True)
class PairView:
    """All a pair strategy may see: n prompts with k candidate answers each. Rows with fewer are padded."""

    ids: tuple[str, ...]
    """(n,) prompts."""
    valid: FloatArray
    """(n, k) 1 where there is a candidate, 0 in the padding; at least two per row, none of them near-identical."""
    logprobs: FloatArray
    """(n, k) mean token log probability of each candidate by the champion, NaN where unknown."""
    implicit: FloatArray
    """(n, k) implicit reward: log p by the champion minus by the model before tuning; NaN where unknown."""
    rewards: FloatArray
    """(n, k) mark by the reward model; NaN without one."""
    doubt: FloatArray
    """(n,) how doubtful the champion is of the prompt; larger is more."""
    features: FloatArray
    """(n, k, d) last-layer features of the candidates; d = 0 when unknown."""
    asked: FloatArray
    """(m, d) feature differences of the pairs asked so far."""


@dataclass(frozen=True, slots=True)
class PairChoice:
    """What a pair strategy answers."""

    rows: IntArray
    """(b,) prompts, best first, all different."""
    pairs: IntArray
    """(b, 2) the two candidates of each; different columns, both valid."""
    scores: FloatArray
    """(b,) the strategy's own measure; larger is more worth asking. NaN where it has none."""


class PairStrategy(Protocol):
    """Chooses prompts and two answers of each to compare; a pure function of the view.

    >>> def firsts(view, *, budget, rng):
    ...     rows = np.arange(min(budget, len(view.ids)))
    ...     return PairChoice(rows, np.tile([0, 1], (len(rows), 1)), np.full(len(rows), np.nan))
    """

    def __call__(self, view: PairView, *, budget: int, rng: np.random.Generator) -> PairChoice:
        """Exactly min(budget, n) rows."""
