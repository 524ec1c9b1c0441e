"""weakspot spots: how weak spots stand in their lives, and what people do to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from loop import report
from loop.cli import tables
from loop.cli.tables import user
from loop.formatting import percent
from loop.project import open_project
from loop.records import FoundSlice
from loop.report import SpotTrend
from loop.rounds import spot_edits
from loop.trust import RECORD

COLUMNS = ("", "spot", "state", "since", "error", "95 % interval", "size", "labels", "removed")
LEFT = ("spot", "state")
LONGEST = 50
"""Characters of a name in the table."""


def spots(root: Path, *, as_json: bool) -> None:
    """Every spot, most expected errors first; then what came back, and the slices found beside them."""
    with report.view(root) as view:
        trends, alerts = report.spot_trends(view), report.spot_alerts(view)
        slices, simulated = report.found_slices(view), view.simulated
    if as_json:
        rows = [{**asdict(row), "expected_errors": row.spot.error_mass} for row in trends]
        tables.as_json(
            {"spots": rows, "alerts": [asdict(row) for row in alerts], "slices": [asdict(s) for s in slices]}
        )
        return
    out = tables.out()
    if not trends:
        out.print("No weak spots yet: `weakspot run` maps the data in its first round.")
        return
    out.print(_table(trends))
    for row in alerts:
        out.print(tables.plain(f"“{row.spot.name}” is back: {row.life.reason if row.life else ''}", style="bold"))
    if slices:
        out.print("\nSlices where the model errs more than elsewhere:")
        out.print(_slices(slices))
    if simulated:
        out.print(tables.SIMULATED)


def rename(root: Path, spot: str, name: str, *, why: str) -> None:
    """Gives a spot a name that stays."""
    with open_project(root, scope=RECORD) as project:
        before = spot_edits.rename(project, spot, name, by=user(), why=why)
    _say(f"“{before.name}” is called “{name}” now.")


def merge(root: Path, spot: str, into: str, *, why: str) -> None:
    """Makes a spot part of another one."""
    with open_project(root, scope=RECORD) as project:
        part, whole = spot_edits.merge(project, spot, into, by=user(), why=why)
    _say(f"“{part.name}” is part of “{whole.name}” from the next round on; `weakspot spots split {part.id}` undoes it.")


def split(root: Path, spot: str, *, why: str) -> None:
    """Takes a merge back."""
    with open_project(root, scope=RECORD) as project:
        found = spot_edits.split(project, spot, by=user(), why=why)
    _say(f"“{found.name}” stands on its own again from the next round on.")


def mute(root: Path, spot: str, *, why: str) -> None:
    """Nobody speaks of the spot any more."""
    with open_project(root, scope=RECORD) as project:
        found = spot_edits.mute(project, spot, by=user(), why=why)
    _say(f"“{found.name}” is mute: it stays on the map and is spoken of no more.")


def unmute(root: Path, spot: str, *, why: str) -> None:
    """The spot is spoken of again."""
    with open_project(root, scope=RECORD) as project:
        found = spot_edits.unmute(project, spot, by=user(), why=why)
    _say(f"“{found.name}” is spoken of again.")


def _table(trends: Sequence[SpotTrend]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in COLUMNS:
        table.add_column(name, justify="left" if name in LEFT else "right", no_wrap=name != "spot")
    for row in trends:
        life, spot = row.life, row.spot
        table.add_row(
            str(spot.id),
            tables.plain(spot.name if len(spot.name) <= LONGEST else spot.name[: LONGEST - 1] + "…"),
            " ".join([life.state if life else "–", *(["mute"] if spot.muted else []), *_joining(row)]),
            "–" if life is None else str(life.since),
            percent(spot.estimate, digits=0),
            "–" if spot.low is None or spot.high is None else f"{100 * spot.low:.0f}–{100 * spot.high:.0f} %",
            f"{spot.size:,}",
            "–" if life is None else f"{life.labels:,}",
            "–" if life is None or life.removed is None else f"{life.removed:,.1f}".replace("-", "−"),
        )
    return table


def _joining(row: SpotTrend) -> list[str]:
    return [] if row.joins is None else [f"→ {row.joins}"]


def _slices(slices: Sequence[FoundSlice]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("slice", "error", "95 % interval", "elsewhere", "n", "p"):
        table.add_column(name, justify="left" if name == "slice" else "right", no_wrap=True)
    for row in slices:
        table.add_row(
            tables.plain(row.name),
            percent(row.rate, n=row.n),
            f"{100 * row.low:.0f}–{100 * row.high:.0f} %",
            percent(row.rest, digits=0),
            f"{row.n:,}",
            f"{row.p_value:.3f}" if row.p_value >= 0.001 else "below 0.001",
        )
    return table


def _say(line: str) -> None:
    tables.out().print(tables.plain(line))
