"""plan: what the next answers would bring and cost, and when it is enough."""

from __future__ import annotations

from pathlib import Path

from loop.cli import tables
from loop.cli.tables import plain
from loop.report.plan import Plan
from loop.report.plan import plan as planned
from loop.report.view import view

NOTHING = "Nothing can be planned yet: no trained model was measured. `weakspot run` makes one."


def plan(root: Path, *, as_json: bool) -> None:
    """Prints the planner's word, or its figures as JSON: null before there is anything to plan from."""
    with view(root) as opened:
        found = planned(opened)
        name = opened.name
    if as_json:
        tables.as_json(found)
    elif found is None:
        tables.out().print(NOTHING, markup=False)
    else:
        _tell(name, found)


def _tell(name: str, found: Plan) -> None:
    out = tables.out()
    out.print(plain(name, style="bold"))
    if found.simulated:
        out.print(tables.SIMULATED)
    for sentence in found.sentences:
        out.print(plain(sentence))
    if found.training_s is not None:
        out.print(f"A round takes {found.training_s:,.0f} s of machine time without people.", markup=False)
    out.print("When it is enough:", style="bold")
    for ruling in found.rules:
        state = "enough" if ruling.holds else "go on"
        ends = ", ends `weakspot run`" if ruling.rule in found.stop else ""
        out.print(plain(f"  {ruling.rule:<10} {state}: {ruling.words}{ends}"))
    if found.record:
        out.print("Forecasts and what came:", style="bold")
        for one in found.record:
            spread = f"{100 * one.error:.1f} % ({100 * one.low:.1f} to {100 * one.high:.1f})"
            end = "" if one.held else ", outside"
            out.print(f"  round {one.of_round}: {spread}, came {100 * one.came:.1f} %{end}", markup=False)
