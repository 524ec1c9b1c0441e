"""The nouns that travel between modules: frozen dataclasses of plain values and arrays.

    Example ─► Predictions ─► Spot ─► Pick ─► Question ─► Annotation ─► Label
                    └─► Measurement ─► Verdict

Arrays always travel with the ids of the examples they speak of: never a bare position.
Times are ISO 8601 strings in UTC. "Unknown" is None or a named state, never 0 and never a missing row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]


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


class PickKind(StrEnum):
    """Why an example was asked."""

    COLD = "cold"
    """Cold start: chosen to cover the pool, no model yet."""
    WEAK = "weak"
    """Chosen by the strategy because the model is weak there."""
    AUDIT = "audit"
    """Drawn uniformly at random; gives the unbiased error rate."""
    DEV = "dev"
    """Drawn uniformly at random; for early stopping, calibration and the error estimate of weak spots."""
    RECHECK = "recheck"
    """A doubtful label asked again."""


class AnswerState(StrEnum):
    """What an annotation says, as a named state; nothing is dropped."""

    ANSWERED = "answered"
    SKIPPED = "skipped"
    EMPTY = "empty"
    """Submitted without a label."""
    UNKNOWN_LABEL = "unknown_label"
    """A label outside the project's set: quarantined until a person decides."""
    MALFORMED = "malformed"
    """A result weakspot's page cannot have produced: quarantined."""
    DELETED = "deleted"
    """It was there and was removed in the labeling tool."""


@dataclass(frozen=True, slots=True)
class Example:
    """One text of the project."""

    id: str
    """16 hex digits: hash of the text and of the id its owner gave."""
    text: str
    """As read; white space kept."""
    split: Split
    label: str | None = None
    """The label its file gave. For the pool only simulated experts may read it."""
    source_id: str | None = None
    """The id its owner gave, if any."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Column → value, for slices and for the expert's page."""


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The labels people choose from, in the order of the model's outputs."""

    names: tuple[str, ...]
    descriptions: Mapping[str, str] = field(default_factory=dict)
    """Label → one line for the expert; may be empty."""

    def index(self) -> dict[str, int]:
        """Label → column of the probability matrix."""
        return {name: column for column, name in enumerate(self.names)}


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """What a classifier says about n examples with k labels."""

    ids: tuple[str, ...]
    """(n,) example ids, in the row order of the arrays."""
    labels: tuple[str, ...]
    """(k,) label names, in the column order of `probabilities`."""
    probabilities: FloatArray
    """(n, k) calibrated; each row sums to 1."""

    def guesses(self) -> tuple[str, ...]:
        """(n,) the most probable label of each row; the first one on ties."""
        return tuple(self.labels[column] for column in self.probabilities.argmax(axis=1))


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure with its uncertainty."""

    metric: str
    """Name in the metric menu, e.g. "error_rate", "macro_f1", "recall"."""
    value: float | None
    """None: not measurable here (for example no example of the class)."""
    low: float | None
    """Lower end of the 95 % interval; None when no interval is defined."""
    high: float | None
    n: int
    """How many examples the figure rests on."""
    on: str
    """Which examples: "gold", "audit" or "dev"."""
    slice: str = ""
    """"" for all of them, else "class=refund", "channel=chat", "spot=7"."""
    estimator: str = ""
    """How value and interval were made, e.g. "wilson", "bootstrap-1000"."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Champion against challenger on the same examples."""

    n: int
    fixed: int
    """The champion is wrong and the challenger right."""
    broken: int
    """The champion is right and the challenger wrong."""
    champion_errors: int
    """Wrong answers of the champion; the challenger has `champion_errors - fixed + broken`."""
    difference: float
    """Challenger's error rate minus champion's; below 0 is better."""
    low: float
    high: float
    """95 % interval of the difference."""
    p_value: float
    """Exact two-sided McNemar test; 1.0 when nothing changed."""
    on: str
    """Which examples it was measured on: "gold", "audit" or "dev"."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of a challenger."""

    promote: bool
    reason: str
    """In words a lead understands."""
    comparison: Comparison | None = None
    """None when there is no champion to compare with or nothing to measure on."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A region of the data and how the model does there in one round."""

    id: int
    """Stable over rounds."""
    name: str
    size: int
    """Pool, dev and labelled examples in the region."""
    pool: int
    """Still unlabelled ones among them."""
    dev_n: int
    dev_errors: int
    asked: int
    """Answered picks in the region so far whose suggestion was the model's guess."""
    corrections: int
    """How many of them people changed."""
    expected_error: float | None
    """Mean of 1 - calibrated confidence over the unlabelled ones; None before the first model."""
    estimate: float | None
    """Shrunken error rate, 0..1; None before the first model."""
    low: float | None
    high: float | None
    """95 % credible interval of the estimate."""
    error_mass: float | None
    """estimate x pool: how many wrong answers are expected among the unlabelled ones."""
    terms: tuple[str, ...] = ()
    """Telling terms, most telling first."""
    confused: tuple[str, str] | None = None
    """The pair of labels most often mixed up here."""


@dataclass(frozen=True, slots=True)
class Pick:
    """One example chosen to be asked, and why."""

    example_id: str
    kind: PickKind
    strategy: str
    """Name in the strategy menu, or "audit" or "dev" for what was drawn at random."""
    reason: str
    """In words an expert understands; the same words stand in task, ledger and dashboard."""
    inclusion_probability: float | None
    """Known for audit and dev picks (0 < p <= 1), None for the others."""
    score: float | None
    """The strategy's own measure, larger is weaker; None for audit and cold picks."""
    spot: int | None
    guess: str | None
    """The model's most probable label; None before the first model."""
    confidence: float | None
    """Calibrated probability of the guess."""
    show_suggestion: bool
    """False: a blind pick, asked without the model's guess."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A labelled example near the one that is asked."""

    text: str
    label: str
    similarity: float
    """Cosine, -1..1."""


@dataclass(frozen=True, slots=True)
class Question:
    """All that an expert sees of one pick, before it is shaped for a labeling tool."""

    ext_id: str
    """Stable external id: hash of project, round and example. The key of idempotent sending."""
    round: int
    example_id: str
    text: str
    metadata: Mapping[str, str]
    options: tuple[tuple[str, float | None], ...]
    """Every label with the model's probability, most probable first; None without a model or when blind."""
    suggestion: str | None
    """The pre-selected label; None when blind or without a model."""
    confidence: float | None
    """Probability of the suggestion."""
    reason: str
    neighbours: tuple[Neighbour, ...] = ()


@dataclass(frozen=True, slots=True)
class SentTask:
    """Where a question lies in the labeling tool."""

    ext_id: str
    task_id: str
    url: str
    """Opens this task for a person; holds no secret."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The labeling tool holds these questions now, each exactly once."""

    project_id: str
    project_url: str
    tasks: tuple[SentTask, ...]
    created: int
    """How many of them were new; the others had been sent before."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """One person's answer to one question, as it stands now."""

    id: str
    """Stable in the labeling tool, over edits."""
    ext_id: str
    annotator: str
    """The account that answered; shown to people, holds no secret."""
    state: AnswerState
    label: str | None
    """Set for ANSWERED and UNKNOWN_LABEL, else None."""
    flags: tuple[str, ...]
    """From the "anything wrong?" card: "ambiguous", "label missing", "bad text"."""
    note: str
    suggestion: str | None
    """The label the person saw pre-selected; None when there was none."""
    lead_time_s: float | None
    created_at: str
    updated_at: str
    raw: Mapping[str, Any]
    """The tool's own JSON, kept whole."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What the labeling tool holds now, whole or since a watermark."""

    annotations: Mapping[str, tuple[Annotation, ...]]
    """ext_id → ALL annotations of that task now: one the ledger knows and that is missing here was deleted."""
    watermark: str | None
    """Hand it back as `since` next time; None when nothing has been seen yet."""
    present: frozenset[str] | None
    """ext_ids of all tasks that exist now; None unless a whole collection was asked for."""
    problem: str = ""
    """Non-empty: the project's page or labels were changed; told in words, with the answers still delivered."""


@dataclass(frozen=True, slots=True)
class Label:
    """What the training set believes about one example, and where it came from."""

    example_id: str
    label: str
    role: Role
    source: str
    """"seed" or "people"."""
    round: int | None
    """The round whose answers settled it; None for the seed."""
    annotations: int
    """How many answers stand behind it; 0 for the seed."""
    agreement: float | None
    """Share of the answers that agree with the label, 0..1; None for the seed."""
