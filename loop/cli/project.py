"""init and run: making a project, and running its rounds with progress."""

from __future__ import annotations

import sys
from pathlib import Path

from loop.cli import inspect, tables
from loop.cli.progress import Terminal
from loop.errors import ConfigError
from loop.lineage.recover import restore_what_is_read
from loop.project import open_project
from loop.records.vocabulary import STEPS
from loop.registry import suggestion
from loop.report import report, view
from loop.rounds.runner import RunOptions
from loop.rounds.runner import run as run_rounds
from loop.scaffold.create import Created, create
from loop.scaffold.request import Request

__all__ = ["Request", "init", "run"]


def init(request: Request, *, as_json: bool) -> None:
    """Makes the project and says what was guessed and what to do next."""
    made = create(request)
    if as_json:
        tables.as_json(made)
        return
    _tell(made)


def run(
    root: Path, *, rounds: int | None, until: str | None, wait: bool, early: bool, final: bool, as_json: bool
) -> None:
    """Runs rounds and closes with the table."""
    if until is not None and until not in STEPS:
        raise ConfigError(f"unknown step {until!r}", wanted="one of " + ", ".join(STEPS), do=suggestion(until, STEPS))
    terminal = Terminal()
    with open_project(root) as project:
        try:
            options = RunOptions(rounds=rounds, until=until, wait=wait, early=early, final=final)
            run_rounds(project, options, terminal, recover=restore_what_is_read)
        except KeyboardInterrupt:
            print("Stopped; `weakspot run` goes on from here.", file=sys.stderr)  # noqa: T201
            sys.exit(130)
        finally:
            terminal.stop()
    with view(root) as opened:
        found = report(opened)
    if as_json:
        tables.as_json(inspect.report_json(found))
    else:
        inspect.show_report(found)


def _tell(made: Created) -> None:
    out = tables.out()
    for line in made.guesses:
        out.print(tables.plain(line))
    out.print(tables.plain(made.summary, style="bold"))
    for line in made.warnings:
        out.print(tables.plain(line))
    out.print(f"Wrote {made.config}", markup=False)
    out.print("Next:", style="bold")
    for command in made.next:
        out.print(f"  {command}", markup=False)
