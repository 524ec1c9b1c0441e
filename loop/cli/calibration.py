"""calibration: how far confidences can be trusted, and above which one answers may be accepted unseen."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from loop import report as figures
from loop.cli import tables
from loop.evaluation.selective_prediction import AutoAccept
from loop.report import Calibration

GROUNDS = {"gold": "the gold test", "audit": "examples drawn at random for the audit"}
NONE = "Nothing to measure on yet: a model is needed, and a gold test or answered audit questions."


def calibration(root: Path, *, as_json: bool) -> None:
    """The champion's reliability and the thresholds that can be vouched for."""
    with figures.view(root) as view:
        found = figures.calibration(view)
        simulated = view.simulated
    if as_json:
        tables.as_json(found)
        return
    out = tables.out()
    if found is None:
        out.print(NONE)
        return
    out.print(f"Model of round {found.round}, on {found.n:,} examples: {GROUNDS[found.on]}", style="bold")
    out.print(bins_table(found))
    out.print(_error(found))
    out.print()
    out.print("Accept without a person", style="bold")
    for row in found.accept:
        out.print(f"  {sentence(row)}")
    for line in _footnotes(found, simulated=simulated):
        out.print(line, style="dim")


def bins_table(found: Calibration) -> Table:
    """What the model claims against what came true, one line a bin."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("says it is sure", "is right", "95 % interval", "n"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in found.bins:
        between = f"{100 * row.low:.0f}–{100 * row.high:.0f} %"
        table.add_row(f"{100 * row.confidence:.0f} %", f"{100 * row.right:.0f} %", between, f"{row.n:,}")
    return table


def sentence(row: AutoAccept) -> str:
    """One limit in words."""
    limit = f"at most {100 * row.most:.0f} % errors"
    if row.threshold is None or row.share is None or row.share_low is None or row.share_high is None:
        return f"{limit}: no threshold yet; {row.reason}"
    covers = f"{100 * row.share:.0f} % of texts ({100 * row.share_low:.0f}–{100 * row.share_high:.0f} %)"
    sure = f"{100 * row.certainty:.0f} % certain"
    if row.threshold == 0:
        return f"everything: {limit} ({sure}); there were {row.errors:,} in {row.n:,}"
    return f"from {row.threshold:g} on: {limit} ({sure}), covers {covers}; there were {row.errors:,} in {row.n:,}"


def _error(found: Calibration) -> str:
    return (
        f"Calibration error (ECE): {100 * found.ece:.1f} %, in {len(found.bins)} bins of equally many examples "
        "(equal confidences share one)."
    )


def _footnotes(found: Calibration, *, simulated: bool) -> list[str]:
    said = ["Each limit by itself; for texts like those measured on. See docs/calibration.md."]
    if found.equal_n < found.n:
        said.append(f"Limits rest on {found.equal_n:,} of the examples, a part in which all had the same chance.")
    return said + ([tables.SIMULATED] if simulated else [])
