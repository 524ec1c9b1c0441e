"""Options that several commands share, and the project they speak of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ProjectOption = Annotated[
    Path | None, typer.Option("--project", help="The project's folder; default: the nearest weakspot.yaml upward.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason; it is recorded.")]


def root(project: Path | None) -> Path:
    """The project's folder. Raises ConfigError when none is named and none is near."""
    from loop.project import find

    return project.resolve() if project else find(Path.cwd())
