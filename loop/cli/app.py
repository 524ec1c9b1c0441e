"""The commands and their options. Bodies live in the modules beside, imported when a command runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from loop.errors import WeakspotError

app = typer.Typer(
    name="weakspot",
    help="Find where a tuned model is weak, get exactly those examples labelled, retrain, and see whether it helped.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
label_studio = typer.Typer(help="The labeling server that weakspot runs for you.", no_args_is_help=True)
app.add_typer(label_studio, name="label-studio")

ProjectOption = Annotated[
    Path | None, typer.Option("--project", help="The project's folder; default: the nearest weakspot.yaml upward.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason; it is recorded.")]


@app.command()
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
        str | None, typer.Option(help="Generation: prompts with references that must not be forgotten; same columns.")
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
    from loop.cli import running

    request = running.Request(
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
    running.init(request, as_json=json_)


@app.command()
def run(
    project: ProjectOption = None,
    rounds: Annotated[
        int | None, typer.Option(min=1, help="Run until the project has so many rounds; default: one more.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="STEP", help="In the last round stop after this step.")] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Return with status 3 when people are needed.")] = False,
    finish_early: Annotated[bool, typer.Option("--finish-early", help="Go on with the answers there are.")] = False,
    json_: JsonOption = False,
) -> None:
    """Run rounds, going on where the last run stopped; waits for people."""
    from loop.cli import running

    running.run(_root(project), rounds=rounds, until=until, wait=not no_wait, early=finish_early, as_json=json_)


@app.command()
def status(project: ProjectOption = None, json_: JsonOption = False) -> None:
    """Where the project stands and what to do next."""
    from loop.cli import reading

    reading.status(_root(project), as_json=json_)


@app.command()
def report(
    project: ProjectOption = None,
    details: Annotated[bool, typer.Option("--details", help="Also every figure of the newest round.")] = False,
    json_: JsonOption = False,
) -> None:
    """The figures of every round, with intervals."""
    from loop.cli import reading

    reading.report(_root(project), details=details, as_json=json_)


@app.command()
def explain(
    example: Annotated[str, typer.Argument(metavar="ID", help="Our id, its beginning, or your own id.")],
    project: ProjectOption = None,
    json_: JsonOption = False,
) -> None:
    """Everything about one example: guesses, why it was asked, who answered what."""
    from loop.cli import reading

    reading.explain(_root(project), example, as_json=json_)


@app.command()
def diff(
    before: Annotated[int, typer.Argument(min=0, metavar="R1")],
    after: Annotated[int, typer.Argument(min=0, metavar="R2")],
    project: ProjectOption = None,
    json_: JsonOption = False,
) -> None:
    """What changed between two rounds: settings, labels, fixed and broken examples."""
    from loop.cli import reading

    reading.diff(_root(project), before, after, as_json=json_)


@app.command()
def menu(
    kind: Annotated[str | None, typer.Argument(help="strategy, uncertainty, metric, tuning, ...")] = None,
    json_: JsonOption = False,
) -> None:
    """What can be chosen in weakspot.yaml."""
    from loop.cli import reading

    reading.menu(kind, as_json=json_)


@app.command()
def promote(
    round_: Annotated[int, typer.Argument(min=0, metavar="ROUND")], why: WhyOption = "", project: ProjectOption = None
) -> None:
    """Make a round's model the champion by hand."""
    from loop.cli import moving

    moving.promote(_root(project), round_, why=why)


@app.command()
def rollback(why: WhyOption = "", project: ProjectOption = None) -> None:
    """Go back to the champion before the present one."""
    from loop.cli import moving

    moving.rollback(_root(project), why=why)


@app.command()
def predict(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file with texts, as for init.")],
    out: Annotated[Path | None, typer.Option(help="Where to write; default: standard output, as CSV.")] = None,
    text: Annotated[str | None, typer.Option(help="The column with the text; guessed when missing.")] = None,
    project: ProjectOption = None,
    json_: Annotated[bool, typer.Option("--json", help="JSON Lines with all probabilities.")] = False,
) -> None:
    """Label new texts with the champion."""
    from loop.cli import moving

    moving.predict(_root(project), file, out=out, text=text, as_json=json_)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder for the model.")],
    project: ProjectOption = None,
    adapter: Annotated[bool, typer.Option("--adapter", help="Generation: the adapter alone, not merged.")] = False,
) -> None:
    """Write the champion as a standard model folder with a model card."""
    from loop.cli import moving

    moving.export(_root(project), folder, adapter=adapter)


@app.command()
def dashboard(
    project: ProjectOption = None,
    port: Annotated[int | None, typer.Option(help="Default: the next free one from 8501.")] = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
) -> None:
    """Open the dashboard."""
    from loop.cli import serving

    serving.dashboard(_root(project), port=port, host=host, open_browser=not no_browser)


@app.command()
def doctor(
    project: ProjectOption = None,
    mend: Annotated[bool, typer.Option("--mend", help="Do what can be done without asking.")] = False,
    json_: JsonOption = False,
) -> None:
    """Check versions, disk, server, token, ledger and config; one line each, with the mend."""
    from loop.cli import serving

    serving.doctor(project or Path.cwd(), mend=mend, as_json=json_)


@label_studio.command("start")
def start_server(project: ProjectOption = None) -> None:
    """Start it; installs it first when needed."""
    from loop.cli import serving

    serving.start(_root(project))


@label_studio.command("stop")
def stop_server(project: ProjectOption = None) -> None:
    """Stop it."""
    from loop.cli import serving

    serving.stop(_root(project))


@label_studio.command("status")
def server_status(project: ProjectOption = None, json_: JsonOption = False) -> None:
    """Whether it runs, where, and how to sign in."""
    from loop.cli import serving

    serving.status(_root(project), as_json=json_)


@label_studio.command("restore")
def restore_page(project: ProjectOption = None) -> None:
    """Put the labelling page and labels back as weakspot made them."""
    from loop.cli import serving

    serving.restore(_root(project))


def main() -> None:
    """Runs a command; a known error becomes one line and its exit status."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        app(standalone_mode=True)
    except WeakspotError as fault:
        print(f"weakspot: {fault}", file=sys.stderr)  # noqa: T201
        sys.exit(fault.exit_status)
    except BrokenPipeError:
        sys.exit(0)


def _root(project: Path | None) -> Path:
    from loop.project import find

    return project.resolve() if project else find(Path.cwd())
