"""The champion: moved by hand, and at work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from loop.cli.commands.options import ProjectOption, TrustOption, WhyOption, root


def promote(
    round_: Annotated[int, typer.Argument(min=0, metavar="ROUND")],
    why: WhyOption = "",
    project: ProjectOption = None,
    trust: TrustOption = False,
) -> None:
    """Make a round's model the champion by hand."""
    from loop.cli import champion

    champion.promote(root(project, trust=trust, looks=True), round_, why=why)


def rollback(why: WhyOption = "", project: ProjectOption = None, trust: TrustOption = False) -> None:
    """Go back to the champion before the present one."""
    from loop.cli import champion

    champion.rollback(root(project, trust=trust, looks=True), why=why)


def predict(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file with texts, as for init.")],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Where to write the CSV, texts as they are but for formulas; default: standard output, cleaned."
        ),
    ] = None,
    text: Annotated[str | None, typer.Option(help="The column with the text; guessed when missing.")] = None,
    project: ProjectOption = None,
    trust: TrustOption = False,
    json_: Annotated[bool, typer.Option("--json", help="JSON Lines with all probabilities.")] = False,
) -> None:
    """Label new texts with the champion."""
    from loop.cli import champion

    champion.predict(root(project, trust=trust), file, out=out, text=text, as_json=json_)


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder for the model.")],
    project: ProjectOption = None,
    trust: TrustOption = False,
    adapter: Annotated[bool, typer.Option("--adapter", help="Generation: the adapter alone, not merged.")] = False,
) -> None:
    """Write the champion as a standard model folder with a model card."""
    from loop.cli import champion

    champion.export(root(project, trust=trust), folder, adapter=adapter)
