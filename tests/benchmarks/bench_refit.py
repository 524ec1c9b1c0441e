"""What it is worth to train on dev answers too: error, calibration and spot estimates with and without `dev.refit`.

    python tests/benchmarks/bench_refit.py refit.json [--seeds 3 4 5 6 7] [--on held]

    training file ─► pool by seed ─► batches of 50: 15 % dev at random, the rest by the default strategy ─► `head`
        without refit: fitted without dev │ with: fitted on dev too, and cross-fitted for what is said of dev
        after each batch: error and ECE on the test file; error on dev less the true error on unlabelled texts; the
        estimates of the spots against the model's true error rate there, weighted by their size

The people are simulated: the file's own labels. With and without the names of the labels, so that the two gains are
told apart. Choices were made with `--on held` and seeds 0 to 2. Differences are paired by seed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from frozen_parts import DATASETS, Part, embedded_labels, part, read_set
from scipy.special import softmax
from scipy.stats import t as student

from loop import registry
from loop.evaluation.reliability import calibration_error
from loop.models.recipes.head import fit_head
from loop.protocols import EmbeddedLabels, PoolView
from loop.records import FloatArray, IntArray
from loop.selection import spots
from loop.selection.budget import COLD_START

SETS = ("banking77", "sample", "snips")
BATCH, DEV = 50, 0.15
COUNTS = (100, 150, 250, 500)
STRATEGY = "weak_spots"


def main() -> None:
    options = _options()
    rows = [row for name in options.sets for row in _measured(name, options)]
    options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    for name in options.sets:
        for names in (False, True):
            print(_table(name, names, [row for row in rows if (row["set"], row["names"]) == (name, names)]))


def _measured(name: str, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    data = read_set(name, datasets=options.datasets, recipe="head", cache=options.cache)
    known = embedded_labels(name, datasets=options.datasets, cache=options.cache)
    for seed in options.seeds:
        own = part(data, seed, on=options.on, noise=0.0)
        for names in (False, True):
            for refit in (False, True):
                project = Simulated(own, known if names else None, refit=refit, seed=seed)
                for figures in project.rounds(max(COUNTS)):
                    yield {"set": name, "seed": seed, "names": names, "refit": refit, **figures}


class Simulated:
    """One simulated project: batches by the default strategy, a head after each."""

    def __init__(self, own: Part, known: EmbeddedLabels | None, *, refit: bool, seed: int) -> None:
        self.own, self.known, self.refit, self.seed = own, known, refit, seed
        self.rng = np.random.default_rng([seed, 2])
        centroids = spots.partition(own.pool.embeddings, rng=np.random.default_rng([seed, 4]))
        self.regions, self.count = spots.assign(own.pool.embeddings, centroids), len(centroids)
        self.picked = self.dev = np.zeros(0, np.int64)

    def rounds(self, most: int) -> Iterator[dict[str, Any]]:
        """The figures after each batch."""
        probabilities = self._fitted(self.picked, self.dev)[0] if self.known is not None else None
        estimates = None
        while len(self.picked) + len(self.dev) < most:
            self._ask(probabilities, estimates)
            probabilities, held, unseen = self._fitted(self.picked, self.dev)
            dev_wrong = unseen.argmax(axis=1) != self.own.answers[self.dev]
            estimates, off, true = self._spots(probabilities, dev_wrong)
            right = held.argmax(axis=1) == self.own.held_labels
            yield {
                "labels": len(self.picked) + len(self.dev),
                "error": float(1 - right.mean()),
                "ece": calibration_error(held.max(axis=1), right),
                "dev_bias": float(dev_wrong.mean()) - true,
                "spots_off": off,
                "n": len(right),
            }

    def _ask(self, probabilities: FloatArray | None, estimates: FloatArray | None) -> None:
        pool = np.arange(len(self.own.answers))
        free = np.setdiff1d(pool, np.concatenate([self.picked, self.dev]))
        dev = self.rng.permutation(free)[: round(DEV * BATCH)]
        free = np.setdiff1d(free, dev)
        steering = np.concatenate([self.picked, self.dev])
        view = PoolView(
            ids=tuple(f"{row:08d}" for row in free.tolist()),
            embeddings=self.own.pool.embeddings[free],
            probabilities=None if probabilities is None else probabilities[free],
            spots=self.regions[free],
            spot_estimates=estimates,
            labelled_embeddings=self.own.pool.embeddings[steering],
            labelled=self.own.answers[steering],
        )
        pick = registry.load("strategy", COLD_START if probabilities is None else STRATEGY)
        rows = free[np.asarray(pick(view, budget=BATCH - len(dev), rng=self.rng).rows)]
        self.picked, self.dev = np.concatenate([self.picked, rows]), np.concatenate([self.dev, dev])

    def _fitted(self, rows: IntArray, dev: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Probabilities of pool and test texts, and logits of dev texts by a model that was not trained on them."""
        pool, held = self.own.pool, self.own.held
        taught = np.concatenate([rows, dev]) if self.refit else rows
        made = fit_head(
            pool.embeddings[taught],
            None if pool.layers is None else pool.layers[taught],
            self.own.answers[taught],
            classes=self.own.classes,
            label_texts=self.known,
            dev=np.arange(len(rows), len(taught)),
        )
        logits = made.logits(pool.embeddings, pool.layers)
        tested = softmax(made.logits(held.embeddings, held.layers), axis=1)
        return softmax(logits, axis=1), tested, made.dev if self.refit else logits[dev]

    def _spots(self, probabilities: FloatArray, dev_wrong: Any) -> tuple[FloatArray, float, float]:
        """The estimates of the spots, how far they are from the truth on average, and the true error rate."""
        free = np.setdiff1d(np.arange(len(self.own.answers)), np.concatenate([self.picked, self.dev]))
        found = spots.estimate(
            names=[""] * self.count,
            terms=[()] * self.count,
            members=self.regions,
            unlabelled=self.regions[free],
            confidence=probabilities[free].max(axis=1),
            dev=self.regions[self.dev],
            dev_wrong=dev_wrong,
            answered=np.zeros(0, np.int64),
            corrected=np.zeros(0, np.bool_),
            doubt=np.zeros(0),
            mistakes=[("", "")] * int(dev_wrong.sum()),
        )
        estimates = np.array([one.estimate for one in found])
        wrong = (probabilities[free].argmax(axis=1) != self.own.answers[free]).astype(float)
        sizes = np.bincount(self.regions[free], minlength=self.count)
        true = np.bincount(self.regions[free], weights=wrong, minlength=self.count) / np.maximum(sizes, 1)
        return estimates, float((np.abs(estimates - true) * sizes).sum() / sizes.sum()), float(wrong.mean())


def _table(name: str, names: bool, rows: list[dict[str, Any]]) -> str:
    """Means in percent; of the refit the paired difference and its 95 % half width (Student)."""
    head = f"{name}, {'with' if names else 'without'} names"
    lines = [f"| {head} | " + " | ".join(map(str, COUNTS)) + " |", "|---|" + "---|" * len(COUNTS)]
    for figure in ("error", "ece", "dev_bias", "spots_off"):
        for refit in (False, True):
            cells = [_cell(rows, count, figure, refit) for count in COUNTS]
            lines.append(f"| {figure}, {'refit' if refit else 'dev held out'} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(rows: list[dict[str, Any]], count: int, figure: str, refit: bool) -> str:
    found = {row["seed"]: row[figure] for row in rows if (row["labels"], row["refit"]) == (count, refit)}
    mean = 100 * float(np.mean(list(found.values())))
    if not refit:
        return f"{mean:.1f}"
    base = {row["seed"]: row[figure] for row in rows if (row["labels"], row["refit"]) == (count, False)}
    differences = 100 * np.array([found[seed] - base[seed] for seed in found])
    n = len(differences)
    half = student.ppf(0.975, n - 1) * differences.std(ddof=1) / np.sqrt(n) if n > 1 else float("nan")
    return f"{mean:.1f} ({differences.mean():+.1f}±{half:.1f})"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Dev answers trained on or not; frozen encoder, simulated people")
    parser.add_argument("out", type=Path, help="JSON file to write")
    parser.add_argument("--sets", nargs="+", default=SETS, choices=SETS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[3, 4, 5, 6, 7])
    parser.add_argument("--on", choices=["test", "held"], default="test")
    parser.add_argument("--cache", type=Path, default=Path("bench-cache"), help="folder of embeddings and layers")
    parser.add_argument("--datasets", type=Path, default=DATASETS, help="folder of banking77 and snips")
    return parser.parse_args()


if __name__ == "__main__":
    main()
