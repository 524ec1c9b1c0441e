"""Asks before a project that this user has not made or approved does more than being looked at; `weakspot trust`.

a command ─► admit ─┬─► approved: goes on, what is new in a project of one's own is reported once
                    ├─► a terminal: shows what the project asks for, and asks
                    └─► no terminal: NotApproved, from whatever opens the project; --trust approves
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from loop import trust
from loop.cli import tables
from loop.config import Config, load
from loop.errors import ConfigError
from loop.printable import one_line
from loop.project import CONFIG
from loop.trust import Request, Scope


def admit(root: Path, *, scope: Scope, approve: bool) -> None:
    """Approves the project in `root` when `approve` says so or a person at the terminal does.

    Does nothing where nobody can be asked: opening the project raises NotApproved. Raises ConfigError.
    """
    config = load(root / CONFIG)
    if approve:
        _approve(config, root)
        return
    wanted = trust.requests(config, root, scope=scope)
    ruling = trust.rule_on(wanted, root)
    if not ruling.approved:
        if person_there():
            _ask(config, root)
    elif not ruling.known:
        for one in ruling.new:
            _say(f"New in this project: {one}")
        _remember(config, root, wanted)


def approve(root: Path) -> None:
    """Shows what the project asks for, asks at a terminal, and approves. Raises ConfigError."""
    config = load(root / CONFIG)
    if not person_there():
        _approve(config, root)
    elif _ask(config, root):
        _say(f"Approved {root}")


def forget(root: Path) -> None:
    """Takes the approval back. Raises ConfigError when there is none."""
    gone = trust.forget(root)
    if not gone:
        raise ConfigError(f"{root} is not among the approved projects", do="`weakspot trust` lists them")
    for one in gone:
        tables.out().print(tables.plain(f"Forgotten: {one}"), soft_wrap=True)


def list_(*, as_json: bool) -> None:
    """Every project this user has made or approved, and what for."""
    found = trust.entries()
    if as_json:
        rows = [{name: value for name, value in asdict(one).items() if not name.startswith("mark")} for one in found]
        tables.as_json({"store": str(trust.path()), "projects": rows})
        return
    out = tables.out()
    if not found:
        out.print("No project is approved yet: `weakspot init` makes one, `weakspot trust DIR` approves one.")
        return
    for one in found:
        out.print(tables.plain(f"{one.path}  {one.origin} {one.at}", style="bold"), soft_wrap=True)
        for request in one.requests:
            out.print(tables.plain(f"  {request}"), soft_wrap=True)
    out.print(f"Kept in {trust.path()}", style="dim", markup=False, soft_wrap=True)


def _remember(config: Config, root: Path, wanted: tuple[Request, ...]) -> None:
    """What is approved already gets an entry of its own; without one it is decided again next time."""
    try:
        trust.approve(config, root, shown=wanted)
    except ConfigError as fault:
        _say(f"Not remembered: {fault}")


def _approve(config: Config, root: Path) -> None:
    """Without a question; says what was approved, once."""
    wanted = trust.requests(config, root)
    if not trust.rule_on(wanted, root).known:
        for one in wanted:
            _say(f"Approved: {one}")
    trust.approve(config, root, shown=wanted)


def _ask(config: Config, root: Path) -> bool:
    """Approves what is shown when a person says yes to it, and nothing that came in between."""
    wanted = trust.requests(config, root)
    yes = _says_yes(root, wanted)
    if yes:
        trust.approve(config, root, shown=wanted)
    return yes


def _says_yes(root: Path, wanted: Sequence[Request]) -> bool:
    _say(f"You have not made or approved this project: {root}")
    _say("If you go on, it")
    for one in wanted:
        _say(f"  {one.what}  ({one.key})")
    print("Approve it? [y/N] ", end="", file=sys.stderr, flush=True)  # noqa: T201
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def person_there() -> bool:
    """Whether somebody at a terminal can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _say(line: str) -> None:
    print(one_line(line), file=sys.stderr)  # noqa: T201
