"""For bench_planner: learning curves of a frozen proxy, made once and kept.

labelled file ─► held-out part │ pool ─► random or margin picks, round by round ─► which held-out examples it errs on

The model is a logistic head on frozen MiniLM embeddings, the people are SIMULATED: the file's own labels, no errors.
Only training files: banking77, snips and goemotions (rows with one emotion) from a folder of data sets, the shipped
pool; what is not there is left out. The planner's priors were set on seeds 0 to 5 of banking77, snips and the pool, and
widened once after goemotions, whose curve is nearly flat, was seen.
"""

from __future__ import annotations

import csv
import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop.records import FloatArray, IntArray

SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "pool.csv"
ROUNDS = 12
HELD = 2000
PICKS = ("random", "margin")


@dataclass(frozen=True)
class Source:
    """A labelled file and how it is asked about."""

    name: str
    file: Path
    start: int
    batch: int
    most: int | None = None
    """The first rows that are taken; None: all."""


@dataclass(frozen=True)
class Curve:
    """One simulated project."""

    name: str
    picks: str
    seed: int
    labels: IntArray
    """(rounds,) labels each model was trained on."""
    wrong: NDArray[np.bool_]
    """(rounds, held) whether each model errs on the held-out examples, in random order."""
    guesses: IntArray
    """(rounds, held) its labels."""


def sources(datasets: Path) -> list[Source]:
    """Those that are there."""
    found = [
        Source("banking77", datasets / "banking77" / "train.jsonl", 150, 100),
        Source("snips", datasets / "snips" / "train.jsonl", 28, 25),
        Source("sample", SAMPLE, 48, 50),
        Source("goemotions", datasets / "goemotions" / "train.jsonl", 100, 100, most=6000),
    ]
    return [one for one in found if one.file.exists()]


def curves(datasets: Path, *, seeds: range, cache: Path) -> list[Curve]:
    """All simulated projects; a second call reads them from `cache`."""
    cache.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore", message="lbfgs failed to converge")
    found = []
    for source in sources(datasets):
        missing = [(picks, seed) for picks in PICKS for seed in seeds if not _file(cache, source, picks, seed).exists()]
        if missing:
            rows, labels = _embedded(source, cache)
            for picks, seed in missing:
                made = _grown(source, rows, labels, picks=picks, seed=seed)
                np.savez_compressed(
                    _file(cache, source, picks, seed), labels=made.labels, wrong=made.wrong, guesses=made.guesses
                )
        for picks in PICKS:
            for seed in seeds:
                kept = np.load(_file(cache, source, picks, seed))
                found.append(Curve(source.name, picks, seed, kept["labels"], kept["wrong"], kept["guesses"]))
    return found


def _file(cache: Path, source: Source, picks: str, seed: int) -> Path:
    return cache / f"{source.name}-{source.start}-{source.batch}-{ROUNDS}-{picks}-{seed}.npz"


def _embedded(source: Source, cache: Path) -> tuple[FloatArray, IntArray]:
    kept = cache / f"{source.name}-embedded.npz"
    if not kept.exists():
        from loop.models import load_encoder

        with source.file.open(encoding="utf-8", newline="") as file:
            rows = [json.loads(line) for line in file] if source.file.suffix == ".jsonl" else list(csv.DictReader(file))
        known = [(row["text"], _label(row)) for row in rows]
        kept_rows = [(text, label) for text, label in known if label is not None][: source.most]
        embeddings = load_encoder("minilm").embed([text for text, _ in kept_rows])
        labels = [label for _, label in kept_rows]
        np.savez(kept, rows=embeddings, labels=np.unique(labels, return_inverse=True)[1])
    found = np.load(kept)
    return found["rows"], found["labels"]


def _label(row: dict[str, Any]) -> str | None:
    """None: several labels, or none."""
    found = row["label"] if "label" in row else row["intent"]
    if isinstance(found, list):
        return str(found[0]) if len(found) == 1 else None
    return str(found)


def _grown(source: Source, rows: FloatArray, labels: IntArray, *, picks: str, seed: int) -> Curve:
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(rows))
    held, pool = order[: min(HELD, len(rows) // 3)], order[min(HELD, len(rows) // 3) :]
    asked = pool[: source.start]
    free = pool[source.start :]
    sizes, wrong, guesses = [], [], []
    for _ in range(ROUNDS):
        head = _fitted(rows[asked], labels[asked])
        guess = head.classes_[head.decision_function(rows[held]).argmax(axis=1)]
        sizes.append(len(asked))
        guesses.append(guess)
        wrong.append(guess != labels[held])
        chosen = _chosen(head, rows[free], picks, budget=source.batch, rng=rng)
        asked, free = np.concatenate([asked, free[chosen]]), np.delete(free, chosen)
    return Curve(source.name, picks, seed, np.array(sizes), np.array(wrong), np.array(guesses, dtype=np.int16))


def _chosen(head: Any, rows: FloatArray, picks: str, *, budget: int, rng: np.random.Generator) -> IntArray:
    if picks == "random":
        return np.asarray(rng.choice(len(rows), size=budget, replace=False))
    best = np.sort(head.predict_proba(rows), axis=1)[:, -2:]
    return np.asarray(np.argsort(best[:, 1] - best[:, 0], kind="stable")[:budget])


def _fitted(rows: FloatArray, labels: IntArray) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=5, max_iter=40, tol=1e-3).fit(rows, labels)
