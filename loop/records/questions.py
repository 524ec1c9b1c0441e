"""Picks, and the questions they become."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from loop.records.examples import LabelSet
from loop.records.texts import Candidate


class PickKind(StrEnum):
    """Why an example was asked."""

    COLD = "cold"
    """Cold start: chosen to cover the pool, no model yet."""
    WEAK = "weak"
    """Chosen by the strategy because the model is weak there."""
    AUDIT = "audit"
    """Drawn at random with a known inclusion probability, not equal for all; estimates the error rate without bias."""
    DEV = "dev"
    """Drawn at random, uniformly; for early stopping, calibration and the error estimate of weak spots."""


@dataclass(frozen=True, slots=True)
class Form:
    """What people are asked in a project: which page the labeling tool shows."""

    kind: str
    """"label": one of a set; "pair": which of two answers; "ranking": the order of k answers; "rating": marks by
    criteria for one answer; "correction": the answer, mended."""
    labels: LabelSet = field(default_factory=lambda: LabelSet(()))
    """For "label"."""
    criteria: Mapping[str, str] = field(default_factory=dict)
    """For "rating": criterion → what it means."""
    candidates: int = 0
    """Answers a question shows: 2 for "pair", k for "ranking", 1 for "rating" and "correction"."""
    guidance: str = ""
    """What a good answer is, in the project's own words; shown to people."""


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
    form: str = "label"
    """What is asked of people: the kind of a Form."""
    candidates: tuple[Candidate, ...] = ()
    """The answers the question shows, in the order of showing; empty for "label"."""
    repeat_of: str | None = None
    """ext_id of the same question asked in another order; None for the first asking."""


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
    candidates: tuple[str, ...] = ()
    """The answers to judge, in the order of showing; empty for "label"."""
    context: str = ""
    """What the answer must agree with (a source document, the case's facts); "" when there is none."""


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
    instance: str = ""
    """Names this very project of the tool: made with it and never given again, unlike its number. "" when the tool has
    no such name."""
    sends: int = 0
    """How many sends the tool knows of."""
    continues: bool = True
    """False: not the project the ledger knows, or one that was set back to an earlier state. What is absent there was
    not removed by people."""


def question_id(project_key: str, round_: int, example_id: str, *, repeat: bool = False) -> str:
    """The external id of a question, by which the ledger and the labeling tool know it: 20 hex digits.

    repeat: of a question that is asked twice in a round, the second time.
    """
    text = f"{project_key}/{round_}/{example_id}" + ("/again" if repeat else "")
    return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()
