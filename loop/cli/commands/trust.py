"""Which projects may do more than be looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from loop.cli.commands.options import JsonOption
from loop.errors import ConfigError


def trust(
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Approve this project; without it: list the approved ones.")
    ] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Take the approval of DIR and its copies back.")] = False,
    json_: JsonOption = False,
) -> None:
    """List the projects you have made or approved; approve one that comes from others."""
    from loop.cli import trust as body

    if folder is None and forget:
        raise ConfigError("--forget without a folder", wanted="DIR", do="`weakspot trust` lists the approved ones")
    if folder is None:
        body.list_(as_json=json_)
    elif forget:
        body.forget(folder.resolve())
    else:
        body.approve(folder.resolve())
