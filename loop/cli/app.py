"""The command line: which commands there are. Each is a function in loop.cli.commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import typer
import typer.core

from loop.cli.commands import champion, inspect, labels, lineage, project, services, simulate, spots, trust
from loop.cli.output import clean_streams, error_line, give_up_stdout, stdout_fails, tell_traceback
from loop.errors import WeakspotError
from loop.threads import wait_asleep

GROUPS: dict[str, tuple[str, ...]] = {
    "Make and run": ("init", "run", "simulate"),
    "Look": ("status", "report", "explain", "diff", "plan", "calibration", "leaks", "spots", "labels", "menu"),
    "Trust": ("promote", "rollback", "verify", "replay", "trust"),
    "Use": ("predict", "export"),
    "Serve": ("dashboard", "label-studio", "doctor"),
}
"""Heading of the help → its commands, in this order; each command stands under one."""


class Grouped(typer.core.TyperGroup):
    """Commands under headings, by what they are for.

    Context and formatter are click's, which typer carries within itself from 0.29 on: they have no one name to import.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of the help."""
        known = super().list_commands(ctx)
        return [name for names in GROUPS.values() for name in names if name in known]

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - click's seam
        """A section for each heading."""
        widest = max(map(len, self.commands))
        for heading, names in GROUPS.items():
            with formatter.section(heading):
                limit = formatter.width - 6 - widest
                formatter.write_dl(
                    [(name.ljust(widest), self.commands[name].get_short_help_str(limit)) for name in names]
                )


app = typer.Typer(
    name="weakspot",
    cls=Grouped,
    help="Find where a tuned model is weak, get exactly those examples labelled, retrain, and see whether it helped.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
COMMANDS: tuple[Callable[..., None], ...] = (
    *(project.init, project.run, simulate.simulate),
    *(inspect.status, inspect.report, inspect.explain, inspect.diff, inspect.plan, inspect.calibration, inspect.leaks),
    *(champion.promote, champion.rollback, lineage.verify, lineage.replay),
    *(champion.predict, champion.export),
    *(services.dashboard, services.doctor, trust.trust, inspect.menu),
)
for command in COMMANDS:
    app.command()(command)

label_studio = typer.Typer(help="The labeling server that weakspot runs for you.", no_args_is_help=True)
label_studio.command("start")(services.start_server)
label_studio.command("stop")(services.stop_server)
label_studio.command("status")(services.server_status)
label_studio.command("restore")(services.restore_page)
app.add_typer(label_studio, name="label-studio")

weak_spots = typer.Typer(invoke_without_command=True)
weak_spots.callback()(spots.spots)
weak_spots.command("list")(spots.list_)
EDITS: tuple[Callable[..., None], ...] = (spots.rename, spots.merge, spots.split, spots.mute, spots.unmute)
for command in EDITS:
    weak_spots.command()(command)
app.add_typer(weak_spots, name="spots")

label_group = typer.Typer(invoke_without_command=True)
label_group.callback()(labels.labels)
label_group.command()(labels.suggest)
app.add_typer(label_group, name="labels")


def main() -> None:
    """Runs a command; a known error becomes one line and its exit status."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    wait_asleep()
    sys.excepthook = tell_traceback
    with clean_streams():
        try:
            _run()
        except WeakspotError as fault:
            error_line(str(fault))
            sys.exit(fault.exit_status)
        except BrokenPipeError:
            give_up_stdout()
            sys.exit(0)
        except OSError as fault:
            if not stdout_fails():
                raise
            give_up_stdout()
            error_line(f"standard output cannot be written: {fault.strerror}; to do: free some space, or name a file")
            sys.exit(1)


def _run() -> None:
    """The command, and whatever it printed is written before it ends: else a full disk would not be noticed."""
    try:
        app(standalone_mode=True)
    finally:
        sys.stdout.flush()
