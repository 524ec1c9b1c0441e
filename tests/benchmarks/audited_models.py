"""Models to audit, made on real data as weakspot makes them, and what they get wrong on data they never saw.

    labelled file ─► embeddings (cached) ─► one part to train on │ the rest: the population that is estimated
                                                 │                   │
         random start, then smallest margins ────┴─► head after each ┴─► wrong?, doubt of every example (cached)

The head is a logistic regression on frozen packaged-MiniLM embeddings. Its confidences are made honest as the product
does it: by one temperature, on a small random dev set apart from training. The picks are taken from the training part
alone, so that the rest stays a random sample of the data.
"""

from __future__ import annotations

import csv
import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from loop.records import FloatArray, IntArray

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "datasets"
FILES = {
    "banking77": (SHARED / "banking77" / "train.jsonl", SHARED / "banking77" / "test.jsonl"),
    "snips": (SHARED / "snips" / "train.jsonl", SHARED / "snips" / "test.jsonl"),
    "sample": (ROOT / "data" / "sample" / "pool.csv", ROOT / "data" / "sample" / "gold.csv"),
}
LABELS = {
    "banking77": (100, 150, 200, 300, 400, 600, 1000, 1800, 3200),
    "snips": (12, 16, 20, 28, 40, 80, 200, 600, 1500, 4000),
    "sample": (40, 60, 90, 150, 300, 600, 1100, 1900),
}
"""Training sets of these sizes, one after the other."""
TRAINING_PART = 0.5
DEV = 0.15
"""So many random dev examples per training label."""
SCALE, C = 8.0, 1.0


@dataclass(frozen=True)
class Models:
    """One model per size of the training set, in order; arrays (models, population)."""

    labels: tuple[int, ...]
    wrong: NDArray[np.bool_]
    doubt: FloatArray

    @property
    def errors(self) -> FloatArray:
        """(models,) error rate on the whole population."""
        rates: FloatArray = self.wrong.mean(axis=1)
        return rates


def made(name: str, cache: Path) -> Models:
    """Trains or reads from the cache."""
    path = cache / f"models-{name}.npz"
    if not path.exists():
        embeddings, labels = _embedded(name, cache)
        models = _trained(embeddings, labels, LABELS[name])
        np.savez(path, labels=models.labels, wrong=models.wrong, doubt=models.doubt)
    with np.load(path) as stored:
        return Models(tuple(stored["labels"].tolist()), stored["wrong"], stored["doubt"])


def _embedded(name: str, cache: Path) -> tuple[FloatArray, IntArray]:
    from loop.models import load_encoder

    path = cache / f"{name}.npz"
    if not path.exists():
        rows = [row for file in FILES[name] for row in _rows(file)]
        labels = np.unique([row.get("label") or row["intent"] for row in rows], return_inverse=True)[1]
        np.savez(path, embeddings=load_encoder("minilm").embed([row["text"] for row in rows]), labels=labels)
    with np.load(path) as stored:
        return stored["embeddings"], stored["labels"]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [json.loads(line) for line in file] if path.suffix == ".jsonl" else list(csv.DictReader(file))


def _trained(embeddings: FloatArray, labels: IntArray, counts: Sequence[int]) -> Models:
    rng = np.random.default_rng(0)
    order = rng.permutation(len(labels))
    half = round(TRAINING_PART * len(order))
    part, rest = order[:half], order[half:]
    dev_order, pool = part[: round(DEV * counts[-1])], part[round(DEV * counts[-1]) :]
    logits: FloatArray = np.zeros((len(pool), int(labels.max()) + 1))
    taken: IntArray = np.zeros(0, dtype=np.int64)
    wrong, doubt = [], []
    for count in (min(count, len(pool)) for count in counts):
        left = np.setdiff1d(np.arange(len(pool)), taken)
        top = np.sort(logits[left], axis=1)
        first = rng.permutation(len(left)) if not len(taken) else np.argsort(top[:, -1] - top[:, -2], kind="stable")
        taken = np.concatenate([taken, left[first[: count - len(taken)]]])
        dev = dev_order[: max(round(DEV * count), 3)]
        logits, found = _head(embeddings, labels, (pool[taken], dev, pool, rest))
        wrong.append(found.argmax(axis=1) != labels[rest])
        doubt.append(1.0 - found.max(axis=1))
        print(f"  {count} labels: error {wrong[-1].mean():.1%}, expected {doubt[-1].mean():.1%}", flush=True)
    return Models(tuple(counts), np.array(wrong), np.array(doubt))


def _head(
    embeddings: FloatArray, labels: IntArray, parts: tuple[IntArray, IntArray, IntArray, IntArray]
) -> tuple[FloatArray, FloatArray]:
    """Logits of the pool, and calibrated probabilities of the rest, after training; columns are all labels."""
    from scipy.special import softmax
    from sklearn.linear_model import LogisticRegression

    from loop.models.calibration import fit_temperature

    train, dev = parts[:2]
    head = LogisticRegression(C=C, max_iter=300)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        head.fit(embeddings[train] * SCALE, labels[train])
    known = [_spread(head.decision_function(embeddings[rows] * SCALE), head.classes_, labels) for rows in parts[1:]]
    temperature = fit_temperature(known[0], labels[dev])
    return known[1], softmax(known[2] / temperature, axis=1)


def _spread(scores: FloatArray, present: IntArray, labels: IntArray) -> FloatArray:
    """Labels never seen get the lowest logit of the row."""
    rows = np.repeat(scores.min(axis=1, keepdims=True) - 1.0, int(labels.max()) + 1, axis=1)
    rows[:, present] = scores
    return rows
