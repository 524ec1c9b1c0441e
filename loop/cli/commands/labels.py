"""The labels, and example phrases for them from a model that is asked."""

from __future__ import annotations

from typing import Annotated

import typer

from loop.cli.commands.options import JsonOption, ProjectOption, TrustOption, refuse_options_before, root


def labels(
    context: typer.Context, project: ProjectOption = None, trust: TrustOption = False, json_: JsonOption = False
) -> None:
    """Every label: description, example phrases, answers so far; `suggest` asks a model for phrases."""
    from loop.cli import labels as body

    if context.invoked_subcommand is None:
        body.labels(root(project, trust=trust, looks=True), as_json=json_)
    elif project is not None or trust or json_:
        refuse_options_before(context.invoked_subcommand, group="labels")


def suggest(
    names: Annotated[list[str] | None, typer.Argument(metavar="[LABEL]...", help="Default: every label.")] = None,
    phrases: Annotated[int, typer.Option("--phrases", min=1, max=50, help="So many are asked for of each label.")] = 5,
    url: Annotated[
        str | None, typer.Option(help="An OpenAI-compatible address; default: judge.url, else generation.endpoint.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="The model's name there.")] = None,
    token_env: Annotated[
        str | None, typer.Option(help="The environment variable that holds its key; OPENAI_API_KEY with --url.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write them without asking.")] = False,
    project: ProjectOption = None,
    trust: TrustOption = False,
    json_: Annotated[bool, typer.Option("--json", help="Print them as JSON and write nothing.")] = False,
) -> None:
    """Ask a model for example phrases of labels, and write those you approve into weakspot.yaml.

    Names, descriptions and phrases of the labels are sent, no text of the data.
    """
    from loop.cli import suggest as body

    source = body.Source(url, model, token_env)
    body.suggest(root(project, trust=trust), tuple(names or ()), count=phrases, source=source, yes=yes, as_json=json_)
