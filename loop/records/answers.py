"""What people say, and what is believed of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from loop.records.examples import Role

UNKNOWN = "unknown account"
"""Name of an annotator whose account is gone: two answers of this name may be of two people."""


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
class Annotation:
    """One person's answer to one question, as it stands now."""

    id: str
    """Stable over edits, and never given to an answer to another question: it holds the question and what cannot
    repeat of the answer, for numbers do on a new or restored server."""
    ext_id: str
    annotator: str
    """The account that answered; shown to people, holds no secret. UNKNOWN when the tool does not know it any more."""
    state: AnswerState
    label: str | None
    """Set for ANSWERED and UNKNOWN_LABEL, else None. What it says depends on the question's form:
    "label": a name of the set; "pair": "first", "second", "tie" or "both_bad", by place on the page;
    "ranking": JSON list of places, best first, as [2, 1, 3]; "rating": JSON object criterion → 1..5;
    "correction": the mended text."""
    flags: tuple[str, ...]
    """From the "anything wrong?" card: "ambiguous", "label missing", "bad text"; of answers:
    "bad prompt", "facts unclear", "harmful"."""
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
    changed_at: Mapping[str, str] = field(default_factory=dict)
    """ext_id → when its task last changed, by the server's clock; empty when the tool does not say. An answer that is
    missing from a task that has not changed since was not deleted: the tool was set back to an earlier state."""
    absent: frozenset[str] = frozenset()
    """Of the ext_ids that were to be read closely: those whose task is not there."""
    instance: str = ""
    """As in Receipt."""
    continues: bool = True
    """As in Receipt."""
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


@dataclass(frozen=True, slots=True)
class Preference:
    """What is believed of two answers to one prompt: one is better than the other, with a certainty."""

    id: str
    """Example id and a hash of either answer, whichever is preferred: the same at every settling."""
    example_id: str
    chosen: str
    rejected: str
    certainty: float
    """Probability that people prefer `chosen`, 0.5..1, from the consensus."""
    role: Role
    source: str
    """"people" for pairs and rankings, "correction" for (mended, original)."""
    round: int
    annotations: int
    """How many answers stand behind it."""
