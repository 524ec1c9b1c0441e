"""A Summary → results.csv, summary.json and report.html in one folder, each written whole or not at all."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from loop import durable, spreadsheets
from loop.errors import ArtifactError
from loop.simulation.page import page
from loop.simulation.summary import Summary

COLUMNS = (  # with several encoders "base" stands before them
    *("recipe", "noise", "batch", "strategy", "labels", "accuracy", "half_width_95", "full_accuracy"),
    *("area", "area_against_random", "area_half_width_95"),
)


def write(summary: Summary, folder: Path) -> tuple[Path, ...]:
    """The files written. Raises ArtifactError when the disk refuses."""
    texts = {
        "results.csv": table(summary),
        "summary.json": json.dumps(plain(summary), indent=1, ensure_ascii=False) + "\n",
        "report.html": page(summary),
    }
    written = []
    for name, text in texts.items():
        place = folder / name
        try:
            durable.write(place, text)
        except OSError as fault:
            raise ArtifactError(
                f"cannot write {place}: {fault.strerror}", do="make room or name another --out"
            ) from fault
        written.append(place)
    return tuple(written)


def plain(summary: Summary) -> dict[str, Any]:
    """As JSON can say it: infinity, which means "not reached", is null."""
    found: dict[str, Any] = _finite(asdict(summary))
    return found


def table(summary: Summary) -> str:
    """One line per set-up and round, as CSV."""
    lines = [spreadsheets.line((*(("base",) if summary.several else ()), *COLUMNS))]
    for group in summary.groups:
        for line in group.lines:
            lead = line.against_random
            for labels, accuracy, half in zip(group.asked, line.accuracy, line.half, strict=True):
                figures = (labels, accuracy, half, group.full.value, line.area.value)
                more = (None, None) if lead is None else (lead.value, lead.half)
                own = (*((group.base,) if summary.several else ()), group.recipe, group.noise, group.batch)
                cells = (*own, line.strategy, *figures, *more)
                lines.append(spreadsheets.line(map(_cell, cells)))
    return "".join(lines)


def _cell(value: str | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return spreadsheets.cell(value)
    return f"{value:.5f}" if isinstance(value, float) else str(value)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
