"""What a round's model said of each example, read from the files of a step, whatever the task.

classification: probabilities.npy, rows.json ─┐
generation:     outcomes.json ────────────────┴─► id → Outcome
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np


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
    written = folder / "outcomes.json"
    if written.exists():
        rows = json.loads(written.read_text())
        return {row["id"]: Outcome(row["guess"], row["confidence"], row["wrong"]) for row in rows}
    rows = json.loads((folder / "rows.json").read_text())
    probabilities = np.load(folder / "probabilities.npy", mmap_mode="r")
    best, top = probabilities.argmax(axis=1).tolist(), probabilities.max(axis=1).tolist()
    return {
        id_: Outcome(rows["labels"][column], sure, None)
        for id_, column, sure in zip(rows["ids"], best, top, strict=True)
    }


def wrong(id_: str, outcome: Outcome, truth: Mapping[str, str], *, free: bool) -> bool | None:
    """Whether an outcome is wrong; None when not known. free: answers are free texts, judged when they were made."""
    if free:
        return outcome.judged
    return outcome.guess != truth[id_] if id_ in truth else None
