"""Whole rounds without any gold test: does the interval that is reported hold the true error rate?

    PYTHONPATH=.:tests python tests/benchmarks/bench_audited_rounds.py OUT.json [--runs 100] [--rounds 4] [--batch 100]

    data/sample/pool.csv ─► weakspot init, run: 4 rounds of questions, the model of the fifth ─► report: rate, interval
    data/sample/gold.csv, which the project never sees ─► the same model ──────────────────────► the true rate

Real rounds of the product with another seed each; people are SIMULATED: on paper, and they know every answer. The
tuning method is "head" on the last layer. Two truths are told: the rate on the unseen gold file, itself a sample of
719 whose own chance is no fault of the interval, and the rate on all pool examples that nobody labelled or that
measure: the very population that is estimated. Finished runs stand in OUT.json and are not made again.
"""

from __future__ import annotations

import argparse
import csv
import gc
import json
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from command_line import here
from knowing_labeler import NAME, knowing

from loop.evaluation.intervals import wilson
from loop.ledger import estimates, people
from loop.models import TunedClassifier, load_classifier, load_encoder
from loop.project import open_project
from loop.records import FloatArray, Role
from loop.selection import layout

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
EMBEDDINGS = Path(".weakspot", "artifacts", "embeddings")


@dataclass(frozen=True)
class Run:
    """What one project reported, and what was true."""

    seed: int
    n: int
    effective_n: float
    value: float
    low: float
    high: float
    on_gold: float
    on_pool: float
    seconds: float


def main() -> None:
    options = _options()
    known = json.loads(options.out.read_text()) if options.out.exists() else []
    runs = {row["seed"]: Run(**row) for row in known}
    gold, pool = (_labels(SAMPLE / f"{name}.csv") for name in ("gold", "pool"))
    # Neither the picture of the map nor what was imported has a part in the figures; both take their time.
    layout.plane = lambda rows, **_: np.zeros((len(rows), 2))
    gc.freeze()
    measured = load_encoder("minilm").embed(list(gold)), list(gold.values())
    with tempfile.TemporaryDirectory() as scratch, knowing(pool):
        for seed in range(options.first, options.runs):
            if seed not in runs:
                runs[seed] = _run(Path(scratch), seed, gold=measured, pool=pool, options=options)
                options.out.write_text(json.dumps([asdict(run) for run in runs.values()], indent=1) + "\n")
                print(_line(runs[seed]), flush=True)
    print("\n" + summary(list(runs.values())))


def summary(runs: Sequence[Run]) -> str:
    """A Markdown table: how often the interval held each truth, with Wilson's interval of that share."""
    lines = [
        "| the true rate, measured on | held in | 95 % interval | mean rate told | mean truth |",
        "|---|---|---|---|---|",
    ]
    for name, truths in (
        ("the unseen gold file (n = 719)", [run.on_gold for run in runs]),
        ("the unlabelled pool", [run.on_pool for run in runs]),
    ):
        held = sum(run.low <= truth <= run.high for run, truth in zip(runs, truths, strict=True))
        low, high = wilson(held, len(runs)) or (0.0, 1.0)
        means = f"{_mean([run.value for run in runs]):.1%} | {_mean(truths):.1%}"
        lines.append(f"| {name} | {held} of {len(runs)} | {low:.1%}-{high:.1%} | {means} |")
    widths = _mean([run.high - run.low for run in runs])
    answers = f"{min(run.n for run in runs)} to {max(run.n for run in runs)} audit answers"
    lines.append(f"\n{answers}, worth {_mean([run.effective_n for run in runs]):.0f}; interval {widths:.1%} wide")
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Intervals of whole projects without a gold test")
    parser.add_argument("out", type=Path, help="JSON file; what it holds already is kept")
    for name, value in {"runs": 100, "first": 0, "rounds": 4, "batch": 100}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    return parser.parse_args()


Gold = tuple[FloatArray, list[str]]


def _run(scratch: Path, seed: int, *, gold: Gold, pool: Mapping[str, str], options: argparse.Namespace) -> Run:
    started = time.perf_counter()
    root, kept = scratch / f"run-{seed}", scratch / "embeddings"
    _must(
        *("init", root, "--data", SAMPLE / "pool.csv", "--labels", SAMPLE / "labels.yaml", "--seed-labels", "0"),
        *("--batch", str(options.batch), "--seed", str(seed), "--set", "model.tuning=head"),
        *("--set", 'model.options={"representation": "last"}'),
        *("--set", f"labeler.kind={NAME}", "--set", "labeler.poll_seconds=0.1"),
    )
    if kept.exists():
        shutil.copytree(kept, root / EMBEDDINGS)
    _must("run", "--project", root, "--rounds", str(options.rounds + 1), "--until", "gate")
    if not kept.exists():
        shutil.copytree(root / EMBEDDINGS, kept)
    with open_project(root, read_only=True) as project:
        with project.ledger.read() as connection:
            newest = max((row for row in estimates.estimates(connection) if row.headline), key=lambda row: row.round)
            learnt = {row.example_id for row in people.labels(connection) if row.role is not Role.AUDIT}
        model = load_classifier(project.artifacts.open(f"rounds/{newest.round:03d}/train") / "model")
        (name,) = [name for name in project.artifacts.names() if name.startswith("embeddings/")]
        left = {row: id_ for row, id_ in enumerate(project.pool.ids()) if id_ not in learnt}
        texts = project.pool.texts(list(left.values()))
        on_pool = _wrong(
            model, np.load(project.artifacts.open(name) / "embeddings.npy")[list(left)], [pool[one] for one in texts]
        )
    estimate = newest.estimate
    run = Run(
        seed=seed,
        n=estimate.n,
        effective_n=estimate.effective_n or estimate.n,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        on_gold=_wrong(model, *gold),
        on_pool=on_pool,
        seconds=time.perf_counter() - started,
    )
    shutil.rmtree(root)
    return run


def _wrong(model: TunedClassifier, embeddings: FloatArray, truth: Sequence[str]) -> float:
    columns = model.score_embeddings(embeddings).probabilities.argmax(axis=1)
    return float(np.mean([model.labels[column] != label for column, label in zip(columns, truth, strict=True)]))


def _labels(path: Path) -> dict[str, str]:
    with path.open(newline="") as file:
        return {row["text"]: row["intent"] for row in csv.DictReader(file)}


def _line(run: Run) -> str:
    told = f"{run.value:.1%} ({run.low:.1%} to {run.high:.1%}, n {run.n})"
    return f"seed {run.seed:3d}: told {told}; true {run.on_gold:.1%} gold, {run.on_pool:.1%} pool; {run.seconds:.0f} s"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _must(*arguments: str | Path) -> str:
    said = here(*arguments)
    assert said.status == 0, f"{arguments}\n{said.out}\n{said.err}"
    return said.out


if __name__ == "__main__":
    main()
