"""What a round's model said of each example, read from the files of a step, whatever the task.

classification: probabilities.npy, rows.json ─┐
generation:     outcomes.json ────────────────┴─► id → Outcome
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from loop.step_folders import has_outcomes, load_outcomes, load_predictions


@dataclass(frozen=True, slots=True)
class Outcome:
    """One example's."""

    guess: str
    """The label, or the answer that was written."""
    confidence: float | None
    """0..1; None when the model does not tell."""
    judged: bool | None
    """Whether it was found wrong when it was made; None: a label is wrong when it differs from the truth known now."""


def outcomes(folder: Path) -> dict[str, Outcome]:
    """Example id → outcome."""
    if has_outcomes(folder):
        return {row.id: Outcome(row.guess, row.confidence, row.wrong) for row in load_outcomes(folder)}
    found = load_predictions(folder)
    confidences = found.probabilities.max(axis=1, initial=0.0).tolist()
    return {
        id_: Outcome(guess, confidence, None)
        for id_, guess, confidence in zip(found.ids, found.guesses(), confidences, strict=True)
    }


def wrong(id_: str, outcome: Outcome, truth: Mapping[str, str], *, free: bool) -> bool | None:
    """Whether an outcome is wrong; None when not known. free: answers are free texts, judged when they were made."""
    if free:
        return outcome.judged
    return outcome.guess != truth[id_] if id_ in truth else None
