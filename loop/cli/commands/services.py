"""The dashboard, the labeling server, and whether all is well."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from loop.cli.commands.options import JsonOption, ProjectOption, TrustOption, root


def dashboard(
    project: ProjectOption = None,
    trust: TrustOption = False,
    port: Annotated[int | None, typer.Option(help="Default: the next free one from 8501.")] = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
) -> None:
    """Open the dashboard."""
    from loop.cli import services

    services.dashboard(root(project, trust=trust, looks=True), port=port, host=host, open_browser=not no_browser)


def doctor(
    project: ProjectOption = None,
    trust: TrustOption = False,
    mend: Annotated[bool, typer.Option("--mend", help="Do what can be done without asking.")] = False,
    json_: JsonOption = False,
) -> None:
    """Check versions, disk, server, token, ledger and config; one line each, with the mend."""
    from loop.cli import services

    if trust:
        root(project, trust=True)
    services.doctor(project or Path.cwd(), mend=mend, as_json=json_)


def start_server(project: ProjectOption = None, trust: TrustOption = False) -> None:
    """Start it; installs it first when needed."""
    from loop.cli import services

    services.start(root(project, trust=trust))


def stop_server(project: ProjectOption = None, trust: TrustOption = False) -> None:
    """Stop it."""
    from loop.cli import services

    services.stop(root(project, trust=trust))


def server_status(project: ProjectOption = None, trust: TrustOption = False, json_: JsonOption = False) -> None:
    """Whether it runs, where, and how to sign in."""
    from loop.cli import services

    services.status(root(project, trust=trust), as_json=json_)


def restore_page(project: ProjectOption = None, trust: TrustOption = False) -> None:
    """Put the labelling page and labels back as weakspot made them."""
    from loop.cli import services

    services.restore(root(project, trust=trust))
