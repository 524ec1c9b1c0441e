"""What a set-up would need, tried on labelled data before anyone labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from loop.cli.commands.options import JsonOption


def simulate(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A labelled file, as for init.")],
    test: Annotated[
        str | None, typer.Option(help="A labelled file to measure on; default: a part of FILE, drawn anew a seed.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="The column with the text; guessed when missing.")] = None,
    label: Annotated[str | None, typer.Option(help="The column with the label; guessed when missing.")] = None,
    encoding: Annotated[str | None, typer.Option(help="The files' encoding, when it is not recognised.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="The file's delimiter, when it is not recognised.")] = None,
    max_characters: Annotated[int, typer.Option(min=1, help="Longer texts are refused.")] = 100_000,
    strategies: Annotated[
        str, typer.Option(help="Names with commas, see `weakspot menu strategy`; random is always there.")
    ] = "random,margin,weak_spots",
    recipes: Annotated[str, typer.Option(help="Names with commas, see `weakspot menu recipe`.")] = "plain",
    seeds: Annotated[int, typer.Option(help="So many draws of held-out part, pool and start.")] = 5,
    noise: Annotated[str, typer.Option(help="Shares of wrong answers, with commas, as 0,0.1,0.2.")] = "0",
    batch: Annotated[
        str | None, typer.Option(help="Answers per round, with commas; default: 25, or 75 with many labels.")
    ] = None,
    rounds: Annotated[int | None, typer.Option(help="Batches in all; default: 20, or as many as there are.")] = None,
    labels: Annotated[int | None, typer.Option(help="Answers in all, in place of --rounds.")] = None,
    audit: Annotated[float, typer.Option(help="Share of each batch drawn at random to measure.")] = 0.0,
    dev: Annotated[float, typer.Option(help="Share of each batch drawn at random for the spots.")] = 0.0,
    held: Annotated[float, typer.Option(help="Share of FILE that is measured on, without --test.")] = 0.2,
    rows: Annotated[int, typer.Option(min=100, help="Of a larger file so many rows are drawn.")] = 20_000,
    base: Annotated[
        str, typer.Option(help="The frozen encoder: a Hub name, a folder, or minilm; several with commas.")
    ] = "minilm",
    without_names: Annotated[
        bool, typer.Option("--without-names", help="Recipes read nothing of the labels' names: what are those worth?")
    ] = False,
    label_list: Annotated[
        str | None,
        typer.Option(
            help="Descriptions and example phrases of the labels, a YAML file as for init; default: those of --project."
        ),
    ] = None,
    price_per_label: Annotated[float | None, typer.Option(min=0, help="What an answer costs.")] = None,
    price_per_hour: Annotated[float | None, typer.Option(min=0, help="Or what an hour costs, with --seconds.")] = None,
    seconds: Annotated[float | None, typer.Option(min=0, help="How long an answer takes.")] = None,
    currency: Annotated[str, typer.Option(help="Of the price.")] = "EUR",
    processes: Annotated[int | None, typer.Option(min=1, help="Default: one per core.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for results; default: simulate-FILE.")] = None,
    project: Annotated[
        Path | None, typer.Option("--project", help="A project's folder: write the advice into its weakspot.yaml.")
    ] = None,
    write: Annotated[Path | None, typer.Option(help="Or the weakspot.yaml to write the advice into.")] = None,
    json_: JsonOption = False,
) -> None:
    """Replay rounds on labelled data: which strategy, recipe and batch need the fewest labels."""
    from loop.cli import simulate as body

    config = body.config_of(project, write)
    where, known = body.labels_known(label_list, config, recipes=body.names(recipes), use_names=not without_names)
    price = body.price_of(price_per_label, price_per_hour, seconds)
    spec = body.SimulationSpec(
        file=file,
        out=out or Path(f"simulate-{Path(file).stem}"),
        test=test,
        text=text,
        label=label,
        encoding=encoding,
        delimiter=delimiter,
        max_characters=max_characters,
        strategies=body.names(strategies),
        recipes=body.names(recipes),
        seeds=seeds,
        noise=body.numbers("--noise", noise),
        batches=tuple(int(one) for one in body.numbers("--batch", batch or "", whole=True)),
        rounds=rounds,
        labels=labels,
        audit=audit,
        dev=dev,
        held=held,
        rows=rows,
        bases=body.names(base),
        use_names=not without_names,
        label_set=known,
        label_list=where,
        price=price,
        currency=currency,
        processes=processes,
    )
    body.simulate(spec, config=config, as_json=json_)
