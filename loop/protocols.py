"""The seams: what a part must do to stand in the menu of `loop.registry`. One or two methods each, no base class.

Encoder     texts → frozen embeddings                      loop.models
Trainer     labelled examples → a checkpoint folder        loop.models
Classifier  texts → probabilities                          loop.models
Strategy    PoolView → which rows to ask (pure)            loop.selection
Uncertainty probabilities → how unsure (pure)              loop.selection
Metric      predictions and truth → one figure (pure)      loop.evaluation
Labeler     questions → a labeling tool → annotations      labeling
Experts     who answers: people, or simulated ones         labeling
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from loop.records import Collected, FloatArray, IntArray, Question, Receipt

Progress = Callable[[int, int], None]
"""Called with (done, total) while something long runs; total 0 means unknown."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What one pass of a classifier over n texts gives."""

    probabilities: FloatArray
    """(n, k) float32, calibrated, rows sum to 1, columns in the order of Classifier.labels."""
    features: FloatArray
    """(n, d) float16, the tuned encoder's pooled and normalised vectors."""


class Encoder(Protocol):
    """A frozen sentence encoder.

    >>> encoder = load_encoder("minilm")            # doctest: +SKIP
    >>> encoder.embed(["no wifi", "bill too high"]).shape
    (2, 384)
    """

    fingerprint: str
    """Hash of weights and settings: embeddings are cached under it."""

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> FloatArray:
        """(n, d) float32 rows of length 1, in the order of `texts`; empty input gives (0, d)."""


class Classifier(Protocol):
    """A tuned model, loaded and ready."""

    labels: tuple[str, ...]

    def predict(self, texts: Sequence[str], *, progress: Progress | None = None) -> Scores:
        """Scores in the order of `texts`."""


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """n labelled texts; `embeddings` are the frozen encoder's rows for the same texts."""

    texts: tuple[str, ...]
    labels: IntArray
    """(n,) column in the label set."""
    embeddings: FloatArray
    """(n, d) float32, rows of length 1."""


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What a training run did; kept in the ledger."""

    steps: int
    best_step: int
    train_loss: float | None
    dev_loss: float | None
    """At the best step, after temperature scaling on the same examples; None without a dev set."""
    temperature: float
    trainable_parameters: int
    curve: tuple[tuple[int, float | None, float | None], ...] = ()
    """(step, train loss, dev loss) at each evaluation."""


class Trainer(Protocol):
    """A tuning method: writes a standard Hugging Face folder that `loop.models.load_classifier` reads back."""

    def __call__(
        self,
        train: TrainingSet,
        dev: TrainingSet,
        *,
        labels: tuple[str, ...],
        out: Path,
        seed: int,
        metadata: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> TrainingReport:
        """Tunes, calibrates on dev, saves under `out` (an existing empty folder). Deterministic given `seed`.

        metadata: what it was trained from (data hash, round, ...), plain JSON values, kept in the folder.
        """


@dataclass(frozen=True, slots=True)
class PoolView:
    """All a strategy may see: arrays over the n unlabelled candidates and the m labelled examples. Never a model."""

    ids: tuple[str, ...]
    """(n,) candidates' ids."""
    embeddings: FloatArray
    """(n, d) frozen, rows of length 1."""
    probabilities: FloatArray | None
    """(n, k) calibrated; None before the first model."""
    spots: IntArray
    """(n,) the spot each candidate lies in."""
    spot_estimates: FloatArray | None
    """(s,) shrunken error rate of each spot, 0..1; None before the first model."""
    labelled_embeddings: FloatArray
    """(m, d) of everything asked or labelled so far."""
    labelled: IntArray
    """(m,) their label columns; -1 where asked but not settled."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a strategy answers."""

    rows: IntArray
    """(b,) row numbers into the view, best first, all different."""
    scores: FloatArray
    """(b,) the strategy's own measure of these rows; larger is weaker. NaN where it has none."""


class Strategy(Protocol):
    """A rule that picks rows; a pure function of the view.

    >>> def alphabetical(view, *, budget, rng):
    ...     rows = np.argsort(np.array(view.ids))[:budget]
    ...     return Choice(rows=rows, scores=np.full(len(rows), np.nan))
    """

    def __call__(self, view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
        """At most `budget` rows: exactly min(budget, n)."""


class Uncertainty(Protocol):
    """How unsure the model is, per row; larger is more unsure.

    >>> def least_confidence(probabilities):
    ...     return 1.0 - probabilities.max(axis=1)
    """

    def __call__(self, probabilities: FloatArray) -> FloatArray:
        """(n, k) → (n,), each in 0..1."""


class Metric(Protocol):
    """One figure from predictions and truth; larger or smaller is better by its menu entry.

    >>> def error_rate(probabilities, truth):
    ...     return float((probabilities.argmax(axis=1) != truth).mean())
    """

    def __call__(self, probabilities: FloatArray, truth: NDArray[np.integer[Any]]) -> float | None:
        """probabilities (n, k), truth (n,) columns; None for empty input."""


class Labeler(Protocol):
    """A labeling tool. Both calls may be repeated after any crash with the same effect as once."""

    def send(self, questions: Sequence[Question], *, progress: Progress | None = None) -> Receipt:
        """Makes sure each question lies in the tool exactly once, and creates or checks the project.

        Raises ServerDown, ServerRefused, ProjectGone, ProjectChanged.
        """

    def collect(self, *, since: str | None = None, whole: bool = False, closely: Sequence[str] = ()) -> Collected:
        """The answers changed since the watermark `since` (all when None); whole=True also lists every task.

        closely: ext_ids to read even when the tool tells of no change: one that was killed may hold an answer that
        it does not count. whole=True reads every task in this way.
        Raises ServerDown, ServerRefused, ProjectGone; a changed page is told in Collected.problem.
        """


class Experts(Protocol):
    """Who answers. Real people do so by themselves; simulated ones need a push.

    >>> class People:
    ...     def work(self, ext_ids):
    ...         return 0
    """

    def work(self, ext_ids: Sequence[str]) -> int:
        """Gives the open questions `ext_ids` a chance to be answered; returns how many answers it gave just now."""
