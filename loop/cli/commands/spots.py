"""Weak spots: how they stand, and what people may do to them."""

from __future__ import annotations

from typing import Annotated

import typer

from loop.cli.commands.options import (
    JsonOption,
    ProjectOption,
    TrustOption,
    WhyOption,
    refuse_options_before,
    root,
)

SpotArgument = Annotated[str, typer.Argument(metavar="SPOT", help="Its number, its name, or how the name begins.")]


def spots(
    context: typer.Context, project: ProjectOption = None, trust: TrustOption = False, json_: JsonOption = False
) -> None:
    """Weak spots: how each stands; rename, merge, split, mute them."""
    if context.invoked_subcommand is None:
        list_(project, trust, json_)
    elif project is not None or trust or json_:
        refuse_options_before(context.invoked_subcommand, group="spots")


def list_(project: ProjectOption = None, trust: TrustOption = False, json_: JsonOption = False) -> None:
    """Every spot: its state, error, labels spent, and what they brought."""
    from loop.cli import spots

    spots.spots(root(project, trust=trust, looks=True), as_json=json_)


def rename(
    spot: SpotArgument,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    why: WhyOption = "",
    project: ProjectOption = None,
    trust: TrustOption = False,
) -> None:
    """Give a spot a name of your own; it stays over rounds."""
    from loop.cli import spots

    spots.rename(root(project, trust=trust, looks=True), spot, name, why=why)


def merge(
    spot: SpotArgument,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The spot it becomes a part of.")],
    why: WhyOption = "",
    project: ProjectOption = None,
    trust: TrustOption = False,
) -> None:
    """Make a spot a part of another one."""
    from loop.cli import spots

    spots.merge(root(project, trust=trust, looks=True), spot, into, why=why)


def split(spot: SpotArgument, why: WhyOption = "", project: ProjectOption = None, trust: TrustOption = False) -> None:
    """Take a merge back."""
    from loop.cli import spots

    spots.split(root(project, trust=trust, looks=True), spot, why=why)


def mute(spot: SpotArgument, why: WhyOption = "", project: ProjectOption = None, trust: TrustOption = False) -> None:
    """Hear no more of a spot: no alerts, no reasons; it stays on the map."""
    from loop.cli import spots

    spots.mute(root(project, trust=trust, looks=True), spot, why=why)


def unmute(spot: SpotArgument, why: WhyOption = "", project: ProjectOption = None, trust: TrustOption = False) -> None:
    """Hear of it again."""
    from loop.cli import spots

    spots.unmute(root(project, trust=trust, looks=True), spot, why=why)
