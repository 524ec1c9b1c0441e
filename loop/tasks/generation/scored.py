"""What `score` left behind for the steps after it."""

from __future__ import annotations

import json
from pathlib import Path

from loop.rounds.work import Work
from loop.tasks.generation import answers as files

SIGNALS = "signals.json"


def scored(work: Work) -> Path | None:
    """This round's `score`; None before the first model."""
    return work.project.artifacts.open(work.name("score")) if work.project.artifacts.has(work.name("score")) else None


def confidence_of(folder: Path) -> dict[str, float]:
    """Example id → how sure the champion is, 0..1."""
    rows = json.loads((folder / files.OUTCOMES).read_text())
    return {row["id"]: row["confidence"] for row in rows if row["confidence"] is not None}


def doubt_of(folder: Path, name: str) -> dict[str, float]:
    """Example id → a signal of doubt, larger is more."""
    found: dict[str, float | None] = json.loads((folder / SIGNALS).read_text())[name]
    return {id_: value for id_, value in found.items() if value is not None}
