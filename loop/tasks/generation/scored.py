"""What `score` left behind for the steps after it."""

from __future__ import annotations

from pathlib import Path

from loop.rounds.context import StepContext
from loop.step_files import misfit, read_json
from loop.step_folders import load_outcomes

SIGNALS = "signals.json"


def scored(work: StepContext) -> Path | None:
    """This round's `score`; None before the first model."""
    return work.project.artifacts.open(work.name("score")) if work.project.artifacts.has(work.name("score")) else None


def confidence_of(folder: Path) -> dict[str, float]:
    """Example id → how sure the champion is, 0..1."""
    return {row.id: row.confidence for row in load_outcomes(folder) if row.confidence is not None}


def doubt_of(folder: Path, name: str) -> dict[str, float]:
    """Example id → a signal of doubt, larger is more."""
    signals = read_json(folder / SIGNALS, dict[str, dict[str, float | None]])
    if name not in signals:
        raise misfit(folder / SIGNALS, f"it lacks the signal {name}")
    return {id_: value for id_, value in signals[name].items() if value is not None}
