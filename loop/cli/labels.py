"""labels: what says what the labels mean, as a table."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from loop import report
from loop.cli import tables
from loop.cli.tables import plain
from loop.report.labels import LabelList


def labels(root: Path, *, as_json: bool) -> None:
    """Every label: description, example phrases, answers so far."""
    with report.view(root) as view:
        found = report.labels(view)
    if as_json:
        tables.as_json(found)
        return
    out = tables.out()
    if not found.rows:
        out.print("This project has no labels: people judge what the model writes.")
        return
    out.print(_table(found))
    for name, n in found.unlisted.items():
        out.print(
            f"{n:,} labelled {'example has' if n == 1 else 'examples have'} the label {name}, which is not in "
            "weakspot.yaml: put its name back there.",
            style="yellow",
            markup=False,
        )
    if not found.informative:
        out.print(
            "Most names are codes without a description: models are not made from them. Write descriptions or phrases "
            "in weakspot.yaml."
        )


def _table(found: LabelList) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("label", overflow="fold")
    table.add_column("description", overflow="fold")
    table.add_column("phrases", justify="right", no_wrap=True)
    table.add_column("answers", justify="right", no_wrap=True)
    for row in found.rows:
        table.add_row(plain(row.name), plain(row.description), f"{row.phrases:,}", f"{row.labelled:,}")
    return table
