"""label-studio, dashboard, doctor: what runs beside the loop."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from loop import registry
from loop.cli import tables
from loop.config import load
from loop.errors import ConfigError
from loop.project import CONFIG, Project, open_project
from loop.rounds import checkup
from loop.rounds.labeling import restore_page
from loop.trust import RECORD, require


def start(root: Path) -> None:
    """Starts the embedded server, installing it first when needed."""
    server = _server(root)
    access = server.start(tell=lambda line: print(line, file=sys.stderr))  # noqa: T201
    _tell_access(access)


def stop(root: Path) -> None:
    """Stops the embedded server."""
    stopped = _server(root).stop()
    tables.out().print("Stopped." if stopped else "It was not running.")


def status(root: Path, *, as_json: bool) -> None:
    """Whether it runs, where, and how to sign in; the password only for people at a terminal, never in JSON."""
    server = _server(root)
    now = server.status()
    if as_json:
        tables.as_json({"running": now.running, "healthy": now.healthy, "url": now.url, "pid": now.pid})
        return
    if now.healthy:
        _tell_access(server.access())
    else:
        out = tables.out()
        out.print(_unhealthy(now), markup=False)
        out.print("  weakspot label-studio start", style="bold")


def _unhealthy(now: Any) -> str:
    if now.elsewhere:
        return f"Running for {now.elsewhere}, which is not this project's folder now; starting it ends that one."
    if now.refused:
        return "Running, and its account has another token by now; starting it takes that one."
    return f"Running, but it does not answer; see {now.log}" if now.running else "Not running."


def restore(root: Path) -> None:
    """Puts the labelling page back."""
    with open_project(root) as project:
        restore_page(project)
    tables.out().print("The labelling page and its labels are as weakspot made them.")


def dashboard(root: Path, *, port: int | None, host: str, open_browser: bool) -> None:
    """Serves the dashboard until it is stopped. What a project holds is told by the page; that there is one, here."""
    require(load(root / CONFIG), root, scope=RECORD)
    sys.exit(registry.load("dashboard", "streamlit")(root, port=port, host=host, open_browser=open_browser))


def doctor(start_: Path, *, mend: bool, as_json: bool) -> None:
    """One line each; exit status 1 when something needs a person."""
    checks = checkup.checks(start_, mend=mend)
    if as_json:
        tables.as_json({"checks": [{"name": c.name, "ok": c.ok, "found": c.found, "do": c.do} for c in checks]})
    else:
        for check in checks:
            sign = "ok  " if check.ok else "MEND"
            tail = f"  → {check.do}" if check.do and not check.ok else ""
            tables.out().print(tables.plain(f"{sign} {check.name:<14} {check.found}{tail}"), soft_wrap=True)
    sys.exit(0 if all(check.ok for check in checks) else 1)


def _server(root: Path) -> Any:
    with open_project(root) as project:
        _refuse_own_server(project)
        return registry.load("server", project.config.labeler.kind)(project.state / project.config.labeler.kind)


def _refuse_own_server(project: Project) -> None:
    url = project.config.labeler.url
    if url is not None:
        raise ConfigError(
            f"this project uses your own server at {url}",
            wanted="labeler.url: null for the embedded one",
            do="start and stop your own server by its own means",
        )


def _tell_access(access: Any) -> None:
    out = tables.out()
    out.print(f"Label Studio: {access.url}", markup=False)
    out.print(f"Sign in as {access.email} with the password {access.password}", markup=False)
