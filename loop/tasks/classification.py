"""Single-label text classification: one text, one label out of a fixed set."""

from __future__ import annotations

from loop.records import Annotation, AnswerState
from loop.tasks.task import Task


def corrected(annotation: Annotation, guess: str | None) -> bool | None:
    """Whether a person gave another label than the model guessed; None when there is nothing to compare."""
    if guess is None or annotation.state is not AnswerState.ANSWERED:
        return None
    return annotation.label != guess


TASK = Task(name="classification", headline="error_rate", corrected=corrected)
