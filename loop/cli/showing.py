"""Figures → tables and words. Text from data is printed as text, never as markup."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from loop.records import Measurement
from loop.report import Report, RoundFigures

SIMULATED = "Answers come from simulated experts."


def out() -> Console:
    """Standard output."""
    return Console(highlight=False)


def as_json(value: Any) -> None:
    """Prints a value, or a dataclass, as JSON."""
    print(json.dumps(_plain(value), indent=2, ensure_ascii=False, default=str))  # noqa: T201


def rate(value: float | None, n: int) -> str:
    """12.8 %, without the decimal below 200 examples; a dash when not measured."""
    return "–" if value is None else f"{100 * value:.{0 if n < 200 else 1}f} %"


def interval(row: RoundFigures | Measurement) -> str:
    """10.1–13.8 %, or a dash."""
    low, high = (row.ci_low, row.ci_high) if isinstance(row, RoundFigures) else (row.low, row.high)
    return "–" if low is None or high is None else f"{100 * low:.1f}–{100 * high:.1f} %"


def rounds_table(report: Report) -> Table:
    """One line per round."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("round", "labels"):
        table.add_column(name, justify="right")
    table.add_column("error rate", justify="right", style="bold")
    table.add_column("95 % interval", justify="right")
    for name in ("n", "on", "model", "asked", "answered", "corrected", "seconds", "peak MB"):
        table.add_column(name, justify="left" if name in ("on", "model") else "right")
    for row in report.rounds:
        table.add_row(*_cells(row, report.champion))
    return table


def _cells(row: RoundFigures, champion: int | None) -> tuple[str, ...]:
    model = {None: "–", True: "promoted", False: "held"}[row.promoted] + (" ★" if row.round == champion else "")
    return (
        str(row.round),
        f"{row.labels:,}",
        rate(row.error_rate, row.n),
        interval(row),
        f"{row.n:,}" if row.n else "–",
        row.on or "–",
        model,
        f"{row.asked:,}",
        f"{row.answered:,}",
        f"{row.corrected:,}",
        f"{sum(row.seconds.values()):.0f}",
        "–" if row.peak_mb is None else f"{row.peak_mb:,.0f}",
    )


def plain(text: str, *, style: str = "") -> Text:
    """Text from data, with control characters taken out."""
    return Text("".join(c if c.isprintable() else " " for c in text), style=style)


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
