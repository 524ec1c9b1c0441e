"""leaks: texts that are not learned from because they measure the model, side by side with their twins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.table import Table

from loop import report as figures
from loop.cli import tables
from loop.cli.tables import plain
from loop.report.leaks import DuplicatePair, LeakFigures, PhraseTwins

GRADES = {
    "same": "the same",
    "folded": "but for case, signs or spaces",
    "near": "nearly the same",
    "unknown": "unknown",
}

LEFT = ("as", "label")


def leaks(root: Path, *, as_json: bool) -> None:
    """Every leak with its twin: first the labelled ones, then what `weakspot init` set aside."""
    with figures.view(root) as view:
        found = figures.leaks(view)
    if as_json:
        tables.as_json(found)
        return
    out = tables.out()
    for line, rows in ((_kept(found), found.labelled), (_aside(found), found.set_aside)):
        out.print(line)
        if rows:
            out.print(_table(rows))
    if found.phrases:
        count = len(found.phrases)
        who = "1 example phrase is" if count == 1 else f"{count:,} example phrases are"
        out.print(f"{who} kept out of training; write others in weakspot.yaml")
        out.print(_phrases(found.phrases))


def _kept(found: LeakFigures) -> str:
    if not found.kept_out:
        return "No label is kept out of training: nothing that is learned from measures the model."
    parts = [f"{sum(grades.values()):,} like {ground} ({_grades(grades)})" for ground, grades in found.kept_out.items()]
    count = len(found.labelled)
    who = "1 labelled text is" if count == 1 else f"{count:,} labelled texts are"
    return f"{who} kept out of training: " + ", ".join(parts)


def _aside(found: LeakFigures) -> str:
    if not found.set_aside:
        return "No text of the data was set aside at `weakspot init`."
    count = len(found.set_aside)
    who = "1 text was" if count == 1 else f"{count:,} texts were"
    return f"{who} set aside at `weakspot init` for a gold text: {_grades(found.quarantined)}"


def _grades(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{counts[grade]:,} {words}" for grade, words in GRADES.items() if counts.get(grade))


def _phrases(rows: Sequence[PhraseTwins]) -> Table:
    table = _side_by_side("as", "alike", "label")
    for row in rows:
        table.add_row(plain(row.phrase), plain(row.twin), row.ground, f"{row.similarity:.2f}", plain(row.label))
    return table


def _side_by_side(*more: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("not learned from", ratio=1, overflow="fold")
    table.add_column("measures", ratio=1, overflow="fold")
    for name in more:
        table.add_column(name, justify="left" if name in LEFT else "right", no_wrap=True)
    return table


def _table(rows: Sequence[DuplicatePair]) -> Table:
    table = _side_by_side("as", "alike", "round")
    for row in rows:
        round_ = "init" if row.round is None else str(row.round)
        table.add_row(plain(row.text), plain(row.twin), row.ground, f"{row.similarity:.2f}", round_)
    return table
