"""Does vector scaling help? No scaling, temperature, vector and the automatic choice, on data held out.

    python tests/benchmarks/bench_calibration.py calibration.json --data banking77=TRAIN:TEST [--seeds 5]

    TRAIN ─► labels drawn at random ─► each 7th is dev ─► head on frozen embeddings ─► scalings from dev ─┐
    TEST ────────────────────────────────────────────────────────────────────► log-loss, ECE, error ◄─────┘

The head is the one that LoRA and full tuning start from. Labels are the files' own, without errors. Differences are
paired over seeds, with 95 % Student intervals.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t as student

from loop.evaluation import metrics
from loop.records import FloatArray, IntArray

C = 0.03
"""Inverse L2 strength on features of length 16: what tuning starts from."""
EVERY = 7
MOST_TRAIN = 4000
"""At most so many training texts are embedded; the labels are drawn from them."""


def main() -> None:
    options = _options()
    warnings.filterwarnings("ignore", message="lbfgs failed to converge")
    found = []
    for name, _, files in (spec.partition("=") for spec in options.data):
        train, test = (_read(Path(file)) for file in files.split(":"))
        for count in options.labels:
            runs = [_run(train, test, count=count, seed=seed) for seed in range(options.seeds)]
            found += _rows(name, count, runs)
    _print(found)
    options.out.write_text(json.dumps(found, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Held-out log-loss and ECE by way of calibration")
    parser.add_argument("out", type=Path, help="JSON file to write")
    parser.add_argument("--data", nargs="+", required=True, help="NAME=TRAIN:TEST, JSONL with text and label")
    parser.add_argument("--labels", nargs="+", type=int, default=[200, 500, 1000, 2000])
    parser.add_argument("--seeds", type=int, default=5)
    return parser.parse_args()


def _read(path: Path) -> tuple[FloatArray, IntArray]:
    """Embeddings and label columns of a file, or of MOST_TRAIN random lines of it."""
    from loop.models import load_encoder

    with path.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    names = sorted({row["label"] for row in rows})
    rows = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))[:MOST_TRAIN]]
    labels = np.array([names.index(row["label"]) for row in rows])
    return load_encoder("minilm").embed([row["text"] for row in rows]), labels


def _run(
    train: tuple[FloatArray, IntArray], test: tuple[FloatArray, IntArray], *, count: int, seed: int
) -> dict[str, dict[str, float]]:
    """Way of calibration → its held-out figures, for one draw of the labels."""
    from loop.models.calibration import Scaling, calibrate

    (embeddings, labels), (held, truth) = train, test
    k = int(labels.max()) + 1
    rows = np.random.default_rng(seed).permutation(len(labels))[:count]
    dev, rest = rows[::EVERY], np.delete(rows, np.arange(0, len(rows), EVERY))
    logits = _head(embeddings[rest], labels[rest], k)
    hows = ("temperature", "vector", "auto")
    ways = {how: calibrate(logits(embeddings[dev]), labels[dev], how=how) for how in hows} | {"none": Scaling()}
    figures: dict[str, dict[str, float]] = {}
    for how, scaling in ways.items():
        probabilities = scaling.probabilities(logits(held))
        figures[how] = {
            "log_loss": metrics.log_loss(probabilities, truth) or 0.0,
            "ece": metrics.ece(probabilities, truth) or 0.0,
            "error": metrics.error_rate(probabilities, truth) or 0.0,
            "by_class": float(bool(scaling.factors)),
        }
    return figures


def _set(embeddings: FloatArray, labels: IntArray) -> Any:
    from loop.protocols import TrainingSet

    return TrainingSet(("",) * len(labels), labels, embeddings)


def _head(embeddings: FloatArray, labels: IntArray, k: int) -> Any:
    from loop.models.head import warm_start

    weight, bias = warm_start(_set(embeddings, labels), k, scale=16.0, c=C, power=1.0)
    return lambda rows: rows @ (16.0 * weight.numpy().T) + bias.numpy()


def _rows(name: str, count: int, runs: Sequence[dict[str, dict[str, float]]]) -> list[dict[str, Any]]:
    found = []
    for how in runs[0]:
        gain = np.array([run[how]["log_loss"] - run["temperature"]["log_loss"] for run in runs])
        half = float(student.ppf(0.975, len(runs) - 1) * gain.std(ddof=1) / np.sqrt(len(runs)))
        means = {key: float(np.mean([run[how][key] for run in runs])) for key in runs[0][how]}
        found.append({"data": name, "labels": count, "how": how, **means, "gain": float(gain.mean()), "half": half})
    return found


def _print(rows: Sequence[dict[str, Any]]) -> None:
    print("| data | labels | calibration | log-loss | against temperature | ECE | error | by class |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        gain = f"{row['gain']:+.3f} ± {row['half']:.3f}"
        figures = f"{row['log_loss']:.3f} | {gain} | {row['ece']:.3f} | {row['error']:.1%} | {row['by_class']:.0%}"
        print(f"| {row['data']} | {row['labels']} | {row['how']} | {figures} |")


if __name__ == "__main__":
    main()
