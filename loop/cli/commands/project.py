"""A project begins, and its rounds run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from loop.cli.commands.options import JsonOption, ProjectOption, TrustOption, root


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The new project's folder.")],
    data: Annotated[
        str, typer.Option("--data", help="CSV, TSV, JSON Lines, JSON or Parquet file, or hf://OWNER/NAME.")
    ],
    task: Annotated[
        str | None, typer.Option(help="classification or generation; guessed when missing: generation for chats.")
    ] = None,
    gold: Annotated[str | None, typer.Option(help="A labelled test file: measured on, never trained on.")] = None,
    gold_share: Annotated[
        float, typer.Option(min=0, max=0.9, help="Without such a file: this share of the data becomes the gold test.")
    ] = 0.0,
    text: Annotated[str | None, typer.Option(help="The column with the text; guessed when missing.")] = None,
    label: Annotated[
        str | None, typer.Option(help='The column with labels or reference answers; guessed when missing, "" for none.')
    ] = None,
    context: Annotated[
        str | None, typer.Option(help='Generation: the column an answer must agree with; guessed, "" for none.')
    ] = None,
    id_: Annotated[str | None, typer.Option("--id", help="The column with your own ids; guessed when missing.")] = None,
    metadata: Annotated[
        str | None, typer.Option(help="Columns to slice by, with commas; guessed when missing.")
    ] = None,
    labels: Annotated[str | None, typer.Option(help="The labels: a YAML or text file, or names with commas.")] = None,
    seed_labels: Annotated[
        int | None, typer.Option(min=0, help="So many labels of the data may be used from the start; 0: cold start.")
    ] = None,
    retention: Annotated[
        str | None,
        typer.Option(help="What must not be forgotten: labelled texts or prompts with references; same columns."),
    ] = None,
    experts: Annotated[str, typer.Option(help="people, or simulated (answers from the label column).")] = "people",
    base: Annotated[
        str | None, typer.Option(help="The base model: a Hub name, a folder, or minilm; needed for generation.")
    ] = None,
    form: Annotated[
        str | None, typer.Option(help="Generation: what people are asked: pair, ranking, rating or correction.")
    ] = None,
    checks: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=SPEC", help="Generation: an expression answers must match, or FILE.py:function."),
    ] = None,
    rubric: Annotated[
        str | None, typer.Option(help="Generation: what simulated experts judge by, FILE.py:function.")
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Questions per round.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Same seed and same data, same picks.")] = 0,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A key of weakspot.yaml, as selection.audit=0.3."),
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="The files' encoding, when it is not recognised.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="The files' delimiter, when it is not recognised.")] = None,
    max_characters: Annotated[int, typer.Option(min=1, help="Longer texts are refused.")] = 100_000,
    json_: JsonOption = False,
) -> None:
    """Make a project from a file: guesses columns, splits the data, writes weakspot.yaml."""
    from loop.cli import project as body

    request = body.Request(
        folder=folder,
        data=data,
        task=task,
        gold=gold,
        gold_share=gold_share,
        text=text,
        label=label,
        context=context,
        id=id_,
        metadata=metadata,
        labels=labels,
        seed_labels=seed_labels,
        retention=retention,
        experts=experts,
        base=base,
        form=form,
        checks=tuple(checks or ()),
        settings=tuple(set_ or ()),
        rubric=rubric,
        batch=batch,
        seed=seed,
        encoding=encoding,
        delimiter=delimiter,
        max_characters=max_characters,
    )
    body.init(request, as_json=json_)


def run(
    project: ProjectOption = None,
    trust: TrustOption = False,
    rounds: Annotated[
        int | None, typer.Option(min=1, help="Run until the project has so many rounds; default: one more.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="STEP", help="In the last round stop after this step.")] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Return with status 3 when people are needed.")] = False,
    finish_early: Annotated[bool, typer.Option("--finish-early", help="Go on with the answers there are.")] = False,
    final: Annotated[
        bool, typer.Option("--final", help="Tune the last round's model, whatever model.final_every says.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Run rounds, going on where the last run stopped; waits for people."""
    from loop.cli import project as body

    body.run(
        root(project, trust=trust),
        rounds=rounds,
        until=until,
        wait=not no_wait,
        early=finish_early,
        final=final,
        as_json=json_,
    )
