"""How many labels the default needs, against random and what lost: learning curves, kept as they are made.

    python tests/benchmarks/bench_default.py curves.jsonl --strategies weak_spots random --seeds 3 4 5 [--noise 0 10 20]
    python tests/benchmarks/default_tables.py curves.jsonl

    training file ─► nine tenths by seed: the pool ─► cold start ─► rounds of picks ─► accuracy on the test file ─► line

Choices were made with `--on held`: a fifth of the training file measures and the test file is never read. Each seed's
pool, wrong answers and draws are the same for all strategies: differences are paired. The model is a FROZEN PROXY, the
recipe `plain` (logistic regression on frozen MiniLM); people are SIMULATED: a noisy one answers any other label, at
random. There are no spots: bench_selection.py measures what goes by them. A curve that stands in the file already is
not made again, so a killed run goes on where it was.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tried_strategies

from loop import registry
from loop.protocols import PoolView, Strategy
from loop.records import FloatArray, IntArray
from loop.selection.strategies import coverage

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "datasets"
FILES = {
    "sample": (ROOT / "data" / "sample" / "pool.csv", ROOT / "data" / "sample" / "gold.csv"),
    **{
        name: (SHARED / name / "train.jsonl", SHARED / name / "test.jsonl")
        for name in ("banking77", "snips", "goemotions")
    },
}
MOST = 12000
"""At most so many training rows are read of goemotions, and only rows with a single label."""
BATCHES = {"banking77": 75}
BATCH, ROUNDS = 25, 21
FURTHER = {"banking77": 4200, "sample": 2100, "goemotions": 1575}
"""Random goes on to so many labels, to see where it gets there."""
C, ITERATIONS, TOLERANCE = 5.0, 100, 1e-3
"""Those of the recipe `plain`."""


@dataclass(frozen=True)
class Embedded:
    """One data set as the frozen encoder sees it."""

    train: FloatArray
    labels: IntArray
    test: FloatArray
    test_labels: IntArray


@dataclass(frozen=True)
class Part:
    """One seed's part of it."""

    pool: FloatArray
    truth: IntArray
    answers: IntArray
    """What the simulated people say: the truth, but for the noise."""
    held: FloatArray
    held_labels: IntArray
    classes: int


def main() -> None:
    options = _options()
    warnings.filterwarnings("ignore", message="lbfgs failed to converge")
    warnings.filterwarnings("ignore", message="The number of unique classes")
    done = {_key(line) for line in read(options.out)} if options.out.exists() else set()
    for name in options.sets:
        data = _embedded(name, options.cache)
        for seed in options.seeds:
            for noise in options.noise:
                for strategy in ["full", *options.strategies] if noise == 0 else options.strategies:
                    line = {"set": name, "on": options.on, "noise": noise, "seed": seed, "strategy": strategy}
                    if _key(line) not in done:
                        part = _part(data, seed, on=options.on, noise=noise / 100)
                        line |= curve(part, name, strategy, seed=seed, last=options.last)
                        with options.out.open("a", encoding="utf-8") as file:
                            file.write(json.dumps(line) + "\n")
                        print(f"{name} {noise} % seed {seed} {strategy:20s} {line['accuracy'][-1]:.3f}", flush=True)


def read(path: Path) -> list[dict[str, Any]]:
    """The curves made so far, one line each."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def curve(part: Part, name: str, strategy: str, *, seed: int, last: int | None) -> dict[str, Any]:
    """labels and accuracy after each round; seconds spent picking, of all rounds; `full`: all labels at once."""
    everything: IntArray = np.arange(len(part.pool))
    if strategy == "full":
        return {"labels": [len(part.pool)], "accuracy": [_accuracy(part, fitted(part, everything))], "seconds": 0.0}
    named = _strategy(strategy)
    rng = np.random.default_rng([seed, 1])
    labels: list[int] = []
    accuracy: list[float] = []
    asked, probabilities, spent = everything[:0], None, 0.0
    for batch in _batches(name, further=strategy == "random", last=last):
        free = np.setdiff1d(everything, asked)
        view = _view(part, free, asked, probabilities)
        # As in live rounds, whatever the strategy; random is the plain way and starts at random.
        picks = coverage if probabilities is None and strategy != "random" else named
        started = time.perf_counter()
        asked = np.concatenate([asked, free[picks(view, budget=batch, rng=rng).rows]])
        spent += time.perf_counter() - started
        head = fitted(part, asked)
        probabilities = predicted(head, part.pool, part.classes)
        labels.append(len(asked))
        accuracy.append(_accuracy(part, head))
    return {"labels": labels, "accuracy": accuracy, "seconds": round(spent, 2)}


def fitted(part: Part, rows: IntArray) -> Any:
    """The head of the recipe `plain` on these answers, in single precision."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=C, max_iter=ITERATIONS, tol=TOLERANCE).fit(part.pool[rows], part.answers[rows])


def predicted(head: Any, rows: FloatArray, classes: int) -> FloatArray:
    """(n, classes) probabilities; 0 for a class without an answer."""
    found = np.zeros((len(rows), classes))
    found[:, head.classes_] = head.predict_proba(rows)
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Learning curves of strategies; frozen proxy")
    parser.add_argument("out", type=Path, help="JSON lines to add to")
    parser.add_argument("--sets", nargs="+", default=["sample", "snips", "banking77"], choices=sorted(FILES))
    parser.add_argument("--strategies", nargs="+", default=["random", "margin", "weak_spots"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[3, 4, 5, 6, 7])
    parser.add_argument("--noise", nargs="+", type=int, default=[0], help="percent of wrong answers")
    parser.add_argument("--last", type=int, help="labels to go to, instead of 525 (banking77: 1,500)")
    parser.add_argument("--on", choices=["test", "held"], default="test")
    parser.add_argument("--cache", type=Path, default=Path("bench-cache"), help="folder of embeddings")
    return parser.parse_args()


def _key(line: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(line[name] for name in ("set", "on", "noise", "seed", "strategy"))


def _strategy(name: str) -> Strategy:
    own: Strategy | None = getattr(tried_strategies, name, None)
    return own if own is not None else registry.load("strategy", name)


def _batches(name: str, *, further: bool, last: int | None) -> Iterator[int]:
    """All of one size; random beyond what is compared in steps of three batches."""
    batch = BATCHES.get(name, BATCH)
    rounds = last // batch if last else 20 if name == "banking77" else ROUNDS
    yield from [batch] * rounds
    if further:
        yield from [3 * batch] * ((FURTHER.get(name, 0) - rounds * batch) // (3 * batch))


def _embedded(name: str, cache: Path) -> Embedded:
    path = cache / f"{name}.npz"
    if not path.exists():
        from loop.models import load_encoder

        encoder = load_encoder("minilm")
        (texts, labels), (test_texts, test_labels) = (_rows(file) for file in FILES[name])
        texts, labels = texts[:MOST] if name == "goemotions" else texts, labels[: len(texts)]
        names = sorted({*labels, *test_labels})
        cache.mkdir(parents=True, exist_ok=True)
        columns = {"y": labels[: len(texts)], "ty": test_labels}
        found = {key: np.searchsorted(names, values) for key, values in columns.items()}
        np.savez(path, x=encoder.embed(texts), tx=encoder.embed(test_texts), **found)
    with np.load(path) as kept:
        return Embedded(train=kept["x"], labels=kept["y"], test=kept["tx"], test_labels=kept["ty"])


def _rows(path: Path) -> tuple[list[str], list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [json.loads(line) for line in file] if path.suffix == ".jsonl" else list(csv.DictReader(file))
    kept = [(row["text"], row.get("label", row.get("intent"))) for row in rows]
    single = [(text, label[0] if isinstance(label, list) else label) for text, label in kept if _single(label)]
    return [text for text, _ in single], [label for _, label in single]


def _single(label: str | Sequence[str]) -> bool:
    return isinstance(label, str) or len(label) == 1


def _part(data: Embedded, seed: int, *, on: str, noise: float) -> Part:
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(data.train))
    share = len(order) // 10 if on == "test" else len(order) // 5
    held, pool = order[:share], np.sort(order[share:])
    classes = int(max(data.labels.max(), data.test_labels.max())) + 1
    truth = data.labels[pool]
    wrong = rng.random(len(pool)) < noise
    answers = np.where(wrong, (truth + rng.integers(1, classes, size=len(pool))) % classes, truth)
    return Part(
        pool=data.train[pool],
        truth=truth,
        answers=answers,
        held=data.test if on == "test" else data.train[held],
        held_labels=data.test_labels if on == "test" else data.labels[held],
        classes=classes,
    )


def _view(part: Part, free: IntArray, asked: IntArray, probabilities: FloatArray | None) -> PoolView:
    return PoolView(
        ids=tuple(f"{row:06d}" for row in free),
        embeddings=part.pool[free],
        probabilities=None if probabilities is None else probabilities[free],
        spots=np.zeros(len(free), dtype=np.int64),
        spot_estimates=None,
        labelled_embeddings=part.pool[asked],
        labelled=part.answers[asked],
    )


def _accuracy(part: Part, head: Any) -> float:
    return float((predicted(head, part.held, part.classes).argmax(axis=1) == part.held_labels).mean())


if __name__ == "__main__":
    main()
