"""verify, replay: whether the record is whole, and whether it leads to the same result again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn

from loop.cli import tables
from loop.cli.output import console
from loop.cli.tables import plain
from loop.lineage import recover
from loop.lineage.compare import IDENTICAL
from loop.lineage.replay import Replay
from loop.lineage.replay import replay as replay_round
from loop.lineage.verify import Finding, Seal, seal, unseen
from loop.lineage.verify import verify as verify_project
from loop.project import only_worker, open_project
from loop.protocols import Progress as Advance
from loop.trust import RECORD


def verify(root: Path, *, as_json: bool) -> None:
    """Every finding; exits with status 1 when one is a problem."""
    with open_project(root, read_only=True, scope=RECORD) as project, _bar("checking files") as advance:
        found = verify_project(project, advance)
        newest, not_looked_at = seal(project), unseen(project)
    problems = [one for one in found if one.level == "problem"]
    if as_json:
        newest_as_told = asdict(newest) if newest else None
        tables.as_json(
            {
                "whole": not problems,
                "findings": [asdict(one) for one in found],
                "newest": newest_as_told,
                "not_looked_at": not_looked_at,
            }
        )
    else:
        _tell_findings(found, newest, not_looked_at)
    if problems:
        sys.exit(1)


def replay(root: Path, round_: int, *, as_json: bool) -> None:
    """Whether a round comes out the same; exits with status 1 when it does not."""
    with open_project(root, read_only=True) as project, _bar(f"round {round_} again") as advance:
        found = replay_round(project, round_, advance)
    if as_json:
        tables.as_json(found)
    else:
        _tell_replay(found)
    if not found.identical:
        sys.exit(1)


def restore(root: Path, round_: int, *, as_json: bool) -> None:
    """Puts lost folders of a round back; exits with status 1 when one could not be."""
    out = tables.out()
    with open_project(root) as project, only_worker(project, "replay --restore"):
        found = recover.restore(project, round_, say=lambda line: None if as_json else out.print(plain(line)))
    if as_json:
        tables.as_json({"round": round_, "folders": [asdict(one) for one in found]})
    for one in () if as_json else found:
        state = "is as it was again" if one.back else f"could not be put back: {one.why}"
        out.print(plain(f"{one.name} ({one.problem}) {state}"))
    if not found and not as_json:
        out.print(f"Round {round_}: no folder that its record names is lost or damaged.")
    if not all(one.back for one in found):
        sys.exit(1)


@contextmanager
def _bar(words: str) -> Iterator[Advance]:
    """A line of progress on standard error, on a terminal alone."""
    stderr = console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as progress:
        task = progress.add_task(words, total=1)

        def advance(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total or 1)

        yield advance


def _tell_findings(found: tuple[Finding, ...], newest: Seal | None, unseen: tuple[str, ...]) -> None:
    out = tables.out()
    problems = [one for one in found if one.level == "problem"]
    for one in found:
        where = f"round {one.round}, " if one.round is not None else ""
        out.print(plain(f"{one.level}: {where}{one.place} {one.found}", style="bold" if one in problems else ""))
        out.print(plain(f"  what it means: {one.means}"), soft_wrap=True)
        out.print(plain(f"  to do: {one.do}"))
    if problems:
        count = "1 thing is" if len(problems) == 1 else f"{len(problems)} things are"
        out.print(f"{count} not as it was written.", style="bold")
    else:
        out.print("Every file is as it was written, and the ledger says what the bundles say.", style="bold")
    if newest:
        out.print(f"Newest bundle: round {newest.round}, {newest.digest}")
        out.print("Keep this hash elsewhere: it vouches for every round up to that one.", style="dim")
    out.print("Not looked at:", style="dim")
    for line in unseen:
        out.print(plain(f"  {line}", style="dim"), soft_wrap=True)


def _tell_replay(found: Replay) -> None:
    out = tables.out()
    for fact, (then, now) in found.changed.items():
        out.print(plain(f"changed since: {fact} was {then}, is {now}"))
    for note in found.notes:
        out.print(plain(f"note: {note}"))
    width = max((len(part.name) for part in found.parts), default=0)
    for part in found.parts:
        out.print(plain(f"  {part.name:<{width}}  {part.state:<10}  {part.told}"))
    same = sum(part.state == IDENTICAL for part in found.parts)
    if found.identical:
        out.print(f"Round {found.round}: identical, in {found.seconds:.0f} s.", style="bold")
        return
    out.print(f"Round {found.round}: {same} of {len(found.parts)} parts identical.", style="bold")
    out.print(plain(f"Why: {found.why}"))
