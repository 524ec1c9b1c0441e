"""Which strategy needs fewer labels: every strategy of the menu, and some that lost, on labelled data.

    python tests/benchmarks/bench_selection.py selection.json [--data FILE --start 77 --batch 150 --rounds 5 --seeds 5]

    labelled file ─► part held out to measure on │ pool ─► cold start by coverage ─► rounds of picks ─► error after each

What it is not: the model is a FROZEN PROXY, a logistic head on frozen MiniLM embeddings, not a tuned encoder; people
are SIMULATED, the labels are the file's own, without errors. A pick that helps the proxy may help a tuned model less.
Only training files belong here, never a test file: settings were chosen on such runs. Each seed draws its own held-out
part, pool and cold start, the same for all strategies: differences are paired, with 95 % Student intervals.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tried_strategies
from scipy.stats import t as student

from loop import registry
from loop.protocols import PoolView, Strategy
from loop.records import FloatArray, IntArray
from loop.selection import spots
from loop.selection.strategies.basic import coverage

SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "pool.csv"
EVERY = 7
"""Each 7th label is kept out of training as dev, for the spots' estimates."""
SIZES = {"start": 48, "batch": 50, "rounds": 6, "seeds": 5, "first_seed": 0, "pool": 6000, "held": 500}


@dataclass(frozen=True)
class Data:
    """One seed's part of a labelled file."""

    pool: FloatArray
    pool_labels: IntArray
    held: FloatArray
    held_labels: IntArray
    spots: IntArray
    names: tuple[str, ...]


def main() -> None:
    options = _options()
    warnings.filterwarnings("ignore", message="lbfgs failed to converge")
    embeddings, labels = _embedded(options.data)
    strategies = _strategies(options.strategies)
    curves: dict[str, list[list[float]]] = {name: [] for name in strategies}
    seconds: dict[str, float] = dict.fromkeys(strategies, 0.0)
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        data = _part(embeddings, labels, options, seed)
        for name, strategy in strategies.items():
            curve, spent = _replay(data, strategy, options, seed)
            curves[name].append(curve)
            seconds[name] += spent / options.rounds / options.seeds
            print(f"seed {seed} {name:18s} " + " ".join(f"{error:.1%}" for error in curve), flush=True)
    rows = [_summary(name, curves, seconds[name]) for name in strategies]
    _print(rows, options)
    options.out.write_text(json.dumps({"options": _plain(options), "curves": curves, "rows": rows}, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Error rate by strategy and number of labels; frozen proxy")
    parser.add_argument("out", type=Path, help="JSON file to write")
    parser.add_argument("--data", type=Path, default=SAMPLE, help="CSV or JSONL with text and label or intent")
    parser.add_argument("--strategies", nargs="*", default=[])
    for name, value in SIZES.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=value)
    return parser.parse_args()


def _strategies(wanted: Sequence[str]) -> dict[str, Strategy]:
    found = {name: registry.load("strategy", name) for name in registry.names("strategy")}
    found |= {name: getattr(tried_strategies, name) for name in ("clustered", "error_mass", "tempered", "flips")}
    order = wanted or ["random", "margin", *(name for name in found if name not in {"random", "margin"})]
    return {name: found[name] for name in order}


def _embedded(path: Path) -> tuple[FloatArray, IntArray]:
    from loop.models import load_encoder

    with path.open(encoding="utf-8", newline="") as file:
        rows = [json.loads(line) for line in file] if path.suffix == ".jsonl" else list(csv.DictReader(file))
    labels = [row["label"] if "label" in row else row["intent"] for row in rows]
    embeddings = load_encoder("minilm").embed([row["text"] for row in rows])
    return embeddings, np.unique(labels, return_inverse=True)[1]


def _part(embeddings: FloatArray, labels: IntArray, options: argparse.Namespace, seed: int) -> Data:
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(embeddings))
    held, pool = order[: options.held], order[options.held : options.held + options.pool]
    centroids = spots.partition(embeddings[pool], rng=rng)
    return Data(
        pool=embeddings[pool],
        pool_labels=labels[pool],
        held=embeddings[held],
        held_labels=labels[held],
        spots=spots.assign(embeddings[pool], centroids),
        names=tuple(str(spot) for spot in range(len(centroids))),
    )


def _replay(data: Data, strategy: Strategy, options: argparse.Namespace, seed: int) -> tuple[list[float], float]:
    """Error rate on the held-out part after the cold start and each round; seconds spent picking."""
    k = int(data.pool_labels.max()) + 1
    rng = np.random.default_rng([seed, 1])
    free: IntArray = np.arange(len(data.pool))
    asked: IntArray = coverage(_view(data, free, free[:0], None, None), budget=options.start, rng=rng).rows
    errors, spent = [], 0.0
    for round_ in range(options.rounds + 1):
        train = np.delete(asked, slice(None, None, EVERY))
        head = _fitted(data.pool[train], data.pool_labels[train])
        errors.append(float((_probabilities(head, data.held, k).argmax(axis=1) != data.held_labels).mean()))
        if round_ < options.rounds:
            free = np.setdiff1d(np.arange(len(data.pool)), asked)
            probabilities = _probabilities(head, data.pool, k)
            view = _view(data, free, asked, probabilities, _estimates(data, free, asked[::EVERY], probabilities))
            started = time.perf_counter()
            asked = np.concatenate([asked, free[strategy(view, budget=options.batch, rng=rng).rows]])
            spent += time.perf_counter() - started
    return errors, spent


def _view(
    data: Data, free: IntArray, asked: IntArray, probabilities: FloatArray | None, estimates: FloatArray | None
) -> PoolView:
    return PoolView(
        ids=tuple(f"{row:06d}" for row in free),
        embeddings=data.pool[free],
        probabilities=None if probabilities is None else probabilities[free],
        spots=data.spots[free],
        spot_estimates=estimates,
        labelled_embeddings=data.pool[asked],
        labelled=data.pool_labels[asked],
    )


def _estimates(data: Data, free: IntArray, dev: IntArray, probabilities: FloatArray) -> FloatArray:
    none = np.empty(0, dtype=np.int64)
    wrong = probabilities[dev].argmax(axis=1) != data.pool_labels[dev]
    found = spots.estimate(
        names=data.names,
        terms=[()] * len(data.names),
        members=data.spots,
        unlabelled=data.spots[free],
        confidence=probabilities[free].max(axis=1),
        dev=data.spots[dev],
        dev_wrong=wrong,
        dev_doubt=1 - probabilities[dev].max(axis=1),
        answered=none,
        corrected=none.astype(bool),
        doubt=none.astype(float),
        mistakes=[("", "")] * int(wrong.sum()),
    )
    return np.array([spot.estimate for spot in found], dtype=np.float64)


def _fitted(rows: FloatArray, labels: IntArray) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=5, max_iter=60, tol=1e-3).fit(rows, labels)


def _probabilities(head: Any, rows: FloatArray, k: int) -> FloatArray:
    found = np.zeros((len(rows), k))
    found[:, head.classes_] = head.predict_proba(rows)
    return found


def _summary(name: str, curves: dict[str, list[list[float]]], seconds: float) -> dict[str, Any]:
    own = np.array(curves[name])[:, 1:]
    row: dict[str, Any] = {"strategy": name, "mean": own.mean(), "last": own[:, -1].mean(), "seconds": seconds}
    for other in ("random", "margin"):
        if other in curves and other != name:
            row[other] = _paired(own.mean(axis=1) - np.array(curves[other])[:, 1:].mean(axis=1))
    return row


def _paired(differences: FloatArray) -> tuple[float, float]:
    """Mean and half width of the 95 % Student interval; NaN for a single seed."""
    n = len(differences)
    half = student.ppf(0.975, n - 1) * differences.std(ddof=1) / np.sqrt(n) if n > 1 else float("nan")
    return float(differences.mean()), float(half)


def _print(rows: Sequence[dict[str, Any]], options: argparse.Namespace) -> None:
    print(f"\n{options.data}: {options.start} + {options.rounds} x {options.batch} labels, {options.seeds} seeds;")
    print("frozen proxy, simulated labels; error rates in %, differences in points, below 0 is better\n")
    print(f"{'strategy':18s} {'mean':>6s} {'last':>6s}  {'against random':>16s} {'against margin':>16s}  seconds")
    for row in rows:
        pairs = [_spoken(row.get(other)) for other in ("random", "margin")]
        figures = f"{row['mean']:6.2%} {row['last']:6.2%}  {pairs[0]:>16s} {pairs[1]:>16s}  {row['seconds']:.2f}"
        print(f"{row['strategy']:18s} {figures}")


def _spoken(pair: tuple[float, float] | None) -> str:
    return f"{100 * pair[0]:+.2f} ± {100 * pair[1]:.2f}" if pair else ""


def _plain(options: argparse.Namespace) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Path) else value for name, value in vars(options).items()}


if __name__ == "__main__":
    main()
