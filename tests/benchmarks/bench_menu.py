"""How long each strategy of the menu takes, and which examples it asks: the table of docs/strategies.md.

    python tests/benchmarks/bench_menu.py [--rows 10000 --labels 77 --budget 75 --known 300 --names badge real]

Made-up blobs, one for each label, rows of length 1 in 384 dimensions; probabilities by distance to the blobs' middles.
Seconds are processor seconds of one run on one thread (set OMP_NUM_THREADS=1), also as a multiple of what `margin`
takes. Beside them what can be told without training: how many labels the picks hit, and the cosine of the nearest two.
"""

from __future__ import annotations

import argparse
import inspect
import resource
import time

import numpy as np

from loop import registry
from loop.protocols import PoolView, Strategy
from loop.records import FloatArray
from loop.selection.strategies.surrogate import softmax

DIMENSIONS, SPREAD, SHARPNESS = 384, 0.06, 12.0
SPOTS = 60


def main() -> None:
    options = _options()
    view, labels = made_pool(options.rows, options.labels, options.known, seed=0)
    base = _seconds(registry.load("strategy", "margin"), view, options.budget)[0]
    print(f"{options.rows} x {DIMENSIONS}, {options.labels} labels, {options.known} asked, budget {options.budget}\n")
    print("| strategy | what it asks | needs a model | seconds | x margin | labels hit | nearest pair |")
    print("|---|---|---|---:|---:|---:|---:|")
    for name in options.names or registry.names("strategy"):
        strategy: Strategy = registry.load("strategy", name)
        spent, rows = _seconds(strategy, view, options.budget)
        hit = len(set(labels[rows].tolist()))
        picked = view.embeddings[rows]
        nearest = float((picked @ picked.T - 2 * np.eye(len(rows))).max())
        told = inspect.getdoc(strategy) or ""
        line = told.partition("\n")[0].rstrip(".")
        needs = "yes" if "Raises DataError" in " ".join(told.split()) else "no"
        figures = f"{spent:.2f} | {spent / base:.0f} | {hit} | {nearest:.2f}"
        print(f"| {name} | {line} | {needs} | {figures} |", flush=True)
    print(f"\nMost memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def made_pool(rows: int, labels: int, known: int, *, seed: int) -> tuple[PoolView, FloatArray]:
    """A view of `rows` candidates and `known` labelled ones, and the candidates' labels."""
    rng = np.random.default_rng(seed)
    middles = rng.normal(size=(labels, DIMENSIONS))
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    of_row = rng.integers(labels, size=rows + known)
    points = (middles[of_row] + SPREAD * rng.normal(size=(rows + known, DIMENSIONS))).astype(np.float32)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    view = PoolView(
        ids=tuple(f"{number:07d}" for number in rng.permutation(rows)),
        embeddings=points[:rows],
        probabilities=softmax(SHARPNESS * (points[:rows] @ middles.T)).astype(np.float32),
        spots=of_row[:rows] % SPOTS,
        spot_estimates=rng.random(SPOTS),
        labelled_embeddings=points[rows:],
        labelled=of_row[rows:],
    )
    return view, of_row[:rows]


def _seconds(strategy: Strategy, view: PoolView, budget: int) -> tuple[float, FloatArray]:
    started = time.process_time()
    rows = strategy(view, budget=budget, rng=np.random.default_rng(0)).rows
    return time.process_time() - started, rows


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Seconds of every strategy of the menu")
    parser.add_argument("--names", nargs="*", default=[])
    for name, value in {"rows": 10_000, "labels": 77, "budget": 75, "known": 300}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    return parser.parse_args()


if __name__ == "__main__":
    main()
