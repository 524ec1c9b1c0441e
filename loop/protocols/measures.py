"""What is picked, and what is measured: pure functions on arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from loop.records import Audited, Estimate, FloatArray, IntArray


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
    uses_label_texts: bool = False
    """Whether the model also rests on what the labels mean: its uncertainty counts before there are many labels."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a strategy answers."""

    rows: IntArray
    """(b,) row numbers into the view, best first, all different."""
    scores: FloatArray
    """(b,) the strategy's own measure of these rows; larger is weaker. NaN where it has none."""
    note: str = ""
    """Which phase chose these rows and why, one sentence for people; empty where a strategy has no phases."""


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


class Estimator(Protocol):
    """The error rate of a population from a random sample with known chances.

    >>> def plain(audited):
    ...     n = len(audited.wrong)
    ...     low, high = wilson(int(audited.wrong.sum()), n)
    ...     return Estimate(audited.wrong.mean(), low, high, n, effective_n=n, estimator="plain", on="audit")
    """

    def __call__(self, audited: Audited) -> Estimate | None:
        """None without any answer."""
