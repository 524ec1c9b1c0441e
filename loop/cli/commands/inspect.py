"""What is known: figures, stories, what can be chosen."""

from __future__ import annotations

from typing import Annotated

import typer

from loop.cli.commands.options import JsonOption, ProjectOption, TrustOption, root


def status(project: ProjectOption = None, trust: TrustOption = False, json_: JsonOption = False) -> None:
    """Where the project stands and what to do next."""
    from loop.cli import inspect

    inspect.status(root(project, trust=trust, looks=True), as_json=json_)


def report(
    project: ProjectOption = None,
    trust: TrustOption = False,
    details: Annotated[bool, typer.Option("--details", help="Also every figure of the newest round.")] = False,
    json_: JsonOption = False,
) -> None:
    """The figures of every round, with intervals."""
    from loop.cli import inspect

    inspect.report(root(project, trust=trust, looks=True), details=details, as_json=json_)


def explain(
    example: Annotated[str, typer.Argument(metavar="ID", help="Our id, its beginning, or your own id.")],
    project: ProjectOption = None,
    trust: TrustOption = False,
    json_: JsonOption = False,
) -> None:
    """Everything about one example: guesses, why it was asked, who answered what."""
    from loop.cli import inspect

    inspect.explain(root(project, trust=trust, looks=True), example, as_json=json_)


def diff(
    before: Annotated[int, typer.Argument(min=0, metavar="R1")],
    after: Annotated[int, typer.Argument(min=0, metavar="R2")],
    project: ProjectOption = None,
    trust: TrustOption = False,
    json_: JsonOption = False,
) -> None:
    """What changed between two rounds: settings, labels, fixed and broken examples."""
    from loop.cli import inspect

    inspect.diff(root(project, trust=trust, looks=True), before, after, as_json=json_)


def menu(
    kind: Annotated[str | None, typer.Argument(help="strategy, uncertainty, metric, tuning, ...")] = None,
    json_: JsonOption = False,
) -> None:
    """What can be chosen in weakspot.yaml."""
    from loop.cli import inspect

    inspect.menu(kind, as_json=json_)


def plan(project: ProjectOption = None, trust: TrustOption = False, json_: JsonOption = False) -> None:
    """What the next batch will bring and cost, and whether to go on."""
    from loop.cli import plan as body

    body.plan(root(project, trust=trust, looks=True), as_json=json_)


def calibration(project: ProjectOption = None, trust: TrustOption = False, json_: JsonOption = False) -> None:
    """How far confidences can be trusted, and above which one answers may be accepted unseen."""
    from loop.cli import calibration as body

    body.calibration(root(project, trust=trust, looks=True), as_json=json_)


def leaks(project: ProjectOption = None, trust: TrustOption = False, json_: JsonOption = False) -> None:
    """Texts kept out of training because a twin of theirs measures the model."""
    from loop.cli import leaks as body

    body.leaks(root(project, trust=trust, looks=True), as_json=json_)
