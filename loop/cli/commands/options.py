"""Options that several commands share, and the project they speak of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from loop.errors import ConfigError

ProjectOption = Annotated[
    Path | None, typer.Option("--project", help="The project's folder; default: the nearest weakspot.yaml upward.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
TrustOption = Annotated[
    bool, typer.Option("--trust", help="Approve the project, if others made it: see `weakspot trust`.")
]
WhyOption = Annotated[str, typer.Option("--why", help="The reason; it is recorded.")]


def refuse_options_before(command: str, *, group: str) -> None:
    """Raises ConfigError: an option that stands before the sub-command of a group would be lost."""
    raise ConfigError(
        f"an option stands before {command}", wanted=f"it after {command}", do=f"weakspot {group} {command} ..."
    )


def root(project: Path | None, *, trust: bool, looks: bool = False) -> Path:
    """The project's folder, approved where a person can be asked; `looks` for commands that only read its record.

    Raises ConfigError when none is named and none is near.
    """
    from loop.cli.trust import admit
    from loop.project import find
    from loop.trust import EVERYTHING, RECORD

    folder = project.resolve() if project else find(Path.cwd())
    admit(folder, scope=RECORD if looks else EVERYTHING, approve=trust)
    return folder
