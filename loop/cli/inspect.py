"""status, report, explain, diff, menu: what is known, as tables or JSON."""

from __future__ import annotations

import inspect
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from loop import registry
from loop import report as figures
from loop.cli import tables
from loop.cli.explain import tell
from loop.cli.tables import plain
from loop.report import Change, Difference


def status(root: Path, *, as_json: bool) -> None:
    """Where the project stands."""
    with figures.view(root) as view:
        now = figures.standing(view)
    if as_json:
        tables.as_json({**asdict(now), "report": report_json(now.report)})
        return
    out = tables.out()
    out.print(plain(now.report.project, style="bold"))
    if now.report.simulated:
        out.print(tables.SIMULATED)
    if now.round is not None:
        out.print(f"Round {now.round}: {now.step or 'over'}; {now.answered} answered, {now.open_questions} open")
    if now.heartbeat and not now.alive:
        out.print(f"No sign of life since {now.heartbeat.at} (process {now.heartbeat.pid})")
    if now.url:
        out.print(f"Questions: {now.url}", markup=False)
    out.print(now.next, markup=False)
    if now.command:
        out.print(f"  {now.command}", style="bold", markup=False)


def report(root: Path, *, details: bool, as_json: bool) -> None:
    """The figures of every round; with details also per class, slice and spot."""
    with figures.view(root) as view:
        found = figures.report(view)
        rows = figures.details(view) if details else ()
        mixed = figures.confusions(view) if details else ()
    if as_json:
        pairs = [{"truth": truth, "guess": guess, "n": n} for truth, guess, n in mixed]
        more = {"details": [asdict(row) for row in rows], "confusions": pairs} if details else {}
        tables.as_json({**report_json(found), **more})
        return
    show_report(found)
    if details:
        tables.out().print(tables.details_table(rows))
        for truth, guess, n in mixed:
            tables.out().print(tables.plain(f"{n} times {truth} was taken for {guess}"))


def show_report(found: figures.Report) -> None:
    """The closing table."""
    out = tables.out()
    out.print(plain(found.project, style="bold"))
    out.print(tables.rounds_table(found))
    wins = tables.wins_table(found)
    if wins is not None:
        out.print(wins)
    for line in tables.footnotes(found):
        out.print(line, style="dim")


def report_json(found: figures.Report) -> dict[str, Any]:
    """The contract of `weakspot report --json`."""
    return asdict(found)


def explain(root: Path, example: str, *, as_json: bool) -> None:
    """The story of one example."""
    with figures.view(root) as view:
        story = figures.explain(view, example)
    if as_json:
        tables.as_json(story)
    else:
        tell(story)


def diff(root: Path, before: int, after: int, *, as_json: bool) -> None:
    """What changed between two rounds."""
    with figures.view(root) as view:
        found = figures.diff(view, before, after)
    if as_json:
        tables.as_json(found)
    else:
        _tell_difference(found)


def menu(kind: str | None, *, as_json: bool) -> None:
    """What can be chosen."""
    kinds = [kind] if kind else sorted(registry.MENU)
    found = {name: registry.names(name) for name in kinds}
    if as_json:
        tables.as_json(found)
        return
    if kind:
        lines = Table.grid(padding=(0, 2))
        for name in found[kind]:
            lines.add_row(Text(name), Text(_in_a_line(registry.load(kind, name))))
        tables.out().print(lines)
        return
    for name, choices in found.items():
        tables.out().print(f"{name:<16} {', '.join(choices)}", markup=False)


def _in_a_line(entry: object) -> str:
    """The first line of what an entry says of itself; an object that cannot be called says nothing."""
    return (inspect.getdoc(entry) or "").partition("\n")[0] if callable(entry) else ""


def _tell_difference(found: Difference) -> None:
    out = tables.out()
    out.print(f"Round {found.before} → round {found.after}", style="bold")
    for key, (old, new) in found.settings.items():
        out.print(plain(f"  {key}: {old} → {new}"))
    added, changed, removed = found.labels_added, found.labels_changed, found.labels_removed
    out.print(f"Labels: {added} added, {changed} changed, {removed} removed")
    counts = f"{len(found.fixed)} fixed, {len(found.broken)} broken, {found.both_wrong} wrong in both"
    out.print(f"Of {found.shared} measured examples: {counts}")
    if not found.settings and not added + changed + removed and not found.fixed and not found.broken:
        out.print("Nothing changed.")
    for title, changes in (("Fixed", found.fixed), ("Broken", found.broken)):
        for change in changes[:10]:
            out.print(plain(f"{title}: {_short(change)}"))


def _short(change: Change) -> str:
    text = change.text if len(change.text) <= 60 else change.text[:59] + "…"
    return f"{text!r} is {change.truth}: {change.before} → {change.after}"
