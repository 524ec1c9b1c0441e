"""Several answers to one question → one label, or a named reason why there is none. Pure.

    Annotations ─► last_words: one of each person ─► votes ─► Settlement: settled | undecided | skipped
                                                                              | quarantined | waiting

An answer votes when it names a label of the set and the person did not say that the label or the text is wrong.
"ambiguous" still votes: it is the person's best choice. Skipped and empty answers, and those flagged "label missing"
or "bad text", are set aside; unknown labels and malformed results are quarantined; deleted ones count for nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from loop.records import UNKNOWN, Annotation, AnswerState

SETS_ASIDE = frozenset({"label missing", "bad text"})
"""Flags that take the vote from an answer."""


class SettlementState(StrEnum):
    """What several answers come to."""

    SETTLED = "settled"
    UNDECIDED = "undecided"
    """Enough answers, no majority: a doubt that goes back to people."""
    SKIPPED = "skipped"
    """Most answers set the question aside."""
    QUARANTINED = "quarantined"
    """Most answers cannot be used until a person decides."""
    WAITING = "waiting"
    """Too few answers so far."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """One question's outcome."""

    state: SettlementState
    label: str | None
    """Set for SETTLED only."""
    agreement: float | None
    """Share of the votes for the most chosen label, 0..1; None without votes."""
    votes: int


def settle(annotations: Sequence[Annotation], *, needed: int) -> Settlement:
    """The label that more than half of the votes, and of the `needed` answers, agree on.

    annotations: each counts; take `last_words` first, so that nobody votes twice.
    needed: at least 1, how many answers a question should have. A tie is UNDECIDED. Order plays no part.
    """
    there = [annotation for annotation in annotations if annotation.state is not AnswerState.DELETED]
    votes = Counter(annotation.label for annotation in there if _votes(annotation))
    quarantined = sum(a.state in (AnswerState.UNKNOWN_LABEL, AnswerState.MALFORMED) for a in there)
    n = votes.total()
    label, count = max(votes.items(), key=lambda entry: entry[1], default=(None, 0))
    state = _state(n, count=count, quarantined=quarantined, answers=len(there), needed=needed)
    return Settlement(
        state=state,
        label=label if state is SettlementState.SETTLED else None,
        agreement=count / n if n else None,
        votes=n,
    )


def last_words(annotations: Sequence[Annotation], *, per_question: bool = True) -> list[Annotation]:
    """The last answer of each person, in the order given: to each question, or to all of them together.

    Deleted answers are left out. Those of accounts that are unknown by now all stay: they may be of several people.
    """
    newest: dict[tuple[str, str, str], Annotation] = {}
    for one in sorted(annotations, key=lambda one: (one.updated_at, one.created_at, one.id)):
        if one.state is not AnswerState.DELETED:
            newest[_who(one, per_question=per_question)] = one
    return [one for one in annotations if newest.get(_who(one, per_question=per_question)) is one]


def _who(one: Annotation, *, per_question: bool) -> tuple[str, str, str]:
    return one.annotator, one.ext_id if per_question else "", one.id if one.annotator == UNKNOWN else ""


def _state(votes: int, *, count: int, quarantined: int, answers: int, needed: int) -> SettlementState:
    set_aside = answers - votes - quarantined
    if answers < needed:
        return SettlementState.WAITING
    if quarantined > votes and quarantined >= set_aside:
        return SettlementState.QUARANTINED
    if set_aside > votes:
        return SettlementState.SKIPPED
    return SettlementState.SETTLED if 2 * count > max(votes, needed) else SettlementState.UNDECIDED


def _votes(annotation: Annotation) -> bool:
    return annotation.state is AnswerState.ANSWERED and not SETS_ASIDE.intersection(annotation.flags)
