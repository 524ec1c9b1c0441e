"""Lineage: is the record whole, and does it lead to the same result again?"""

from __future__ import annotations

from typing import Annotated

import typer

from loop.cli.commands.options import JsonOption, ProjectOption, TrustOption, root


def verify(project: ProjectOption = None, trust: TrustOption = False, json_: JsonOption = False) -> None:
    """Check every file of every round, and what the ledger says of it, for changes made afterwards."""
    from loop.cli import lineage

    lineage.verify(root(project, trust=trust, looks=True), as_json=json_)


def replay(
    round_: Annotated[int, typer.Argument(min=0, metavar="ROUND")],
    restore: Annotated[bool, typer.Option("--restore", help="Put lost or damaged folders of the round back.")] = False,
    project: ProjectOption = None,
    trust: TrustOption = False,
    json_: JsonOption = False,
) -> None:
    """Run a round again from its record, beside the project, and say whether the result is the same.

    With --restore: make its lost folders again instead, and put back those that come out the same to the byte.
    """
    from loop.cli import lineage

    folder = root(project, trust=trust)
    if restore:
        lineage.restore(folder, round_, as_json=json_)
    else:
        lineage.replay(folder, round_, as_json=json_)
