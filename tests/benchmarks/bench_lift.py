"""Does the lift meter tell the truth? Simulated rounds in which it is known what picking brought.

    python tests/benchmarks/bench_lift.py --datasets ../shared/datasets [--cache build/bench/lift] [--repeats 25]

labelled file ─► held-out third │ start, audit and dev reserve, pool ─► picks by a strategy ─► lift ─► interval, verdict
                       └► this run's picks against the mean of several random draws, at equal counts: the truth

Strategies: weak_spots, random, and sure (the most confident first: deliberately bad). Of the random answers two in five
are audit, drawn with unequal chances by the doubt of the first model, the rest dev; all three times over are picks in
batches of 25, after a start of one or two labels a class. People are SIMULATED: the file's own labels. Model: that of
the product's meter, on the frozen MiniLM embeddings.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import softmax

from loop import registry
from loop.evaluation.labels_saved import saved
from loop.evaluation.lift import SHARES, RandomAnswers, lift
from loop.models.recipes.regression import logistic
from loop.protocols import FrozenTexts, PoolView
from loop.records import FloatArray, IntArray
from loop.rounds.lift import C
from loop.selection import audit, spots
from loop.simulation.data import read
from loop.simulation.embeddings import embedded, opened
from loop.simulation.spec import SimulationSpec

SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "pool.csv"
SIZES = (60, 120, 240)
STRATEGIES = ("weak_spots", "random", "sure")
BATCH, DRAWS, HELD = 25, 6, 2000
Probabilities = Callable[[IntArray, FloatArray], FloatArray]
"""(rows to learn from, embeddings to judge) → (n, k)."""


@dataclass(frozen=True)
class Row:
    """One meter reading beside the truth; rates 0..1."""

    data: str
    n: int
    strategy: str
    m: int
    value: float
    low: float
    high: float
    truth: float
    verdict: str
    saved: float | None
    saved_low: float | None
    saved_high: float | None
    saved_truth: float | None


def main() -> None:
    options = _options()
    sets = {"sample": SAMPLE, **{name: options.datasets / name / "train.jsonl" for name in ("snips", "banking77")}}
    for name, file in sets.items():
        if name in options.sets and file.exists():
            labelled = read(SimulationSpec(file=str(file), out=options.cache, rows=10_003))
            place, _ = embedded(
                labelled.texts,
                base="minilm",
                folder=options.cache,
                recipes=("plain",),
                progress=lambda _done, _all: None,
            )
            frozen = FrozenTexts(labelled.texts, np.asarray(opened(place).embeddings))
            rows: list[Row] = []
            for seed in range(options.repeats):
                rows += _readings(name, frozen, labelled.labels, seed=seed)
                print(f"{name} {seed + 1}/{options.repeats}", file=sys.stderr, flush=True)
                if options.json:
                    options.json.with_name(f"{options.json.stem}-{name}.json").write_text(
                        json.dumps([row.__dict__ for row in rows])
                    )
            _tell(rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Coverage and verdicts of the lift meter")
    parser.add_argument("--datasets", type=Path, default=Path("../shared/datasets"))
    parser.add_argument("--cache", type=Path, default=Path("build/bench/lift"))
    parser.add_argument("--repeats", type=int, default=25)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sets", nargs="+", default=["sample", "snips", "banking77"])
    return parser.parse_args()


def _readings(name: str, frozen: FrozenTexts, labels: IntArray, *, seed: int) -> Iterator[Row]:
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(labels))
    held, rest = np.split(order, [min(HELD, len(labels) // 3)])
    classes = int(labels.max()) + 1
    start, rest = np.split(rest, [2 * classes if classes < 20 else classes])
    reserves, pool = np.split(rest, [len(rest) * 3 // 10])
    fit = _logistic(frozen.embeddings, labels, classes)
    regions = spots.assign(
        frozen.embeddings, spots.partition(frozen.embeddings[pool], rng=np.random.default_rng(seed + 1))
    )

    def right(rows: IntArray) -> float:
        return float((fit(rows, frozen.embeddings[held]).argmax(axis=1) == labels[held]).mean())

    random = {n: _random_answers(frozen, fit, start, reserves, n=n, rng=rng) for n in SIZES}
    for strategy in STRATEGIES:
        picked = _picks(frozen, labels, fit, regions, start=start, pool=pool, strategy=strategy, rng=rng)
        for n, answers in random.items():
            yield _reading(
                (name, n, strategy), frozen, labels, fit, right, answers, start=start, picked=picked[: 3 * n],
                pool=pool, rng=rng,
            )  # fmt: skip


def _reading(
    told: tuple[str, int, str],
    frozen: FrozenTexts,
    labels: IntArray,
    fit: Probabilities,
    right: Callable[[IntArray], float],
    answers: RandomAnswers,
    *,
    start: IntArray,
    picked: IntArray,
    pool: IntArray,
    rng: np.random.Generator,
) -> Row:
    judged = answers.rows

    def guesses(rows: IntArray) -> IntArray:
        found = np.full(len(labels), -1)
        found[judged] = fit(rows, frozen.embeddings[judged]).argmax(axis=1)
        return found

    found = lift(guesses, answers, picked=picked, start=start, labels=labels, rng=rng)
    assert found is not None
    draws = [right(np.concatenate([start, rng.permutation(pool)[: found.m]])) for _ in range(DRAWS)]
    counts = [round(share * found.m) for share in SHARES if round(share * found.m) <= len(picked)]
    gains = np.array([right(np.concatenate([start, picked[:count]])) for count in counts]) - np.mean(draws)
    place = counts.index(found.m)
    saved_truth = saved(np.array(counts) / found.m, gains, gains, gains, place=place)[0]
    return Row(
        *told, found.m, found.difference, found.low, found.high, float(gains[place]), found.verdict,
        found.saved, found.saved_low, found.saved_high, saved_truth,
    )  # fmt: skip


def _random_answers(
    frozen: FrozenTexts, fit: Probabilities, start: IntArray, reserves: IntArray, *, n: int, rng: np.random.Generator
) -> RandomAnswers:
    """Two in five by audit, with the first model's doubt; the others by dev."""
    half = reserves[: len(reserves) // 2]
    doubt = 1 - fit(start, frozen.embeddings[half]).max(axis=1)
    count = n * 2 // 5
    drawn = audit.draw(rng.random(len(half)), audit.size_measure(doubt), np.zeros(len(half)), count=count)
    dev = reserves[len(half) :][: n - count]
    return RandomAnswers(
        rows=np.concatenate([half[drawn.rows], dev]),
        chances=np.concatenate([drawn.inclusion[drawn.rows], np.ones(len(dev))]),
        draws=np.repeat([0, 1], [count, len(dev)]),
        groups=np.arange(n),
    )


def _picks(
    frozen: FrozenTexts,
    labels: IntArray,
    fit: Probabilities,
    regions: IntArray,
    *,
    start: IntArray,
    pool: IntArray,
    strategy: str,
    rng: np.random.Generator,
) -> IntArray:
    """As many as any reading learns from, in the order asked."""
    asked, free = start, pool
    while len(asked) - len(start) < 2 * max(SIZES) * 8 // 10:
        said = fit(asked, frozen.embeddings[free])
        if strategy == "sure":
            rows = np.argsort(-said.max(axis=1), kind="stable")[:BATCH]
        else:
            view = _view(frozen, labels, regions, said, free=free, asked=asked)
            rows = registry.load("strategy", strategy)(view, budget=BATCH, rng=rng).rows
        asked, free = np.concatenate([asked, free[rows]]), np.delete(free, rows)
    return asked[len(start) :]


def _view(
    frozen: FrozenTexts, labels: IntArray, regions: IntArray, said: FloatArray, *, free: IntArray, asked: IntArray
) -> PoolView:
    doubt, own = 1 - said.max(axis=1), regions[free]
    size = np.maximum(np.bincount(own, minlength=int(regions.max()) + 1), 1)
    return PoolView(
        ids=tuple(f"{row:06d}" for row in free.tolist()),
        embeddings=frozen.embeddings[free],
        probabilities=said,
        spots=own,
        spot_estimates=np.bincount(own, doubt, minlength=len(size)) / size,
        labelled_embeddings=frozen.embeddings[asked],
        labelled=labels[asked],
    )


def _logistic(embeddings: FloatArray, labels: IntArray, classes: int) -> Probabilities:
    def fit(rows: IntArray, judged: FloatArray) -> FloatArray:
        said: FloatArray = softmax(logistic(embeddings[rows], labels[rows], judged, classes=classes, c=C), axis=1)
        return said

    return fit


def _tell(rows: list[Row]) -> None:
    """A table for the docs: points are percentage points."""
    print(
        "\n| data | audit + dev | picks by | at | true lift | mean width | covered | pays | no proof | not | ", end=""
    )
    print("saved: true | covered |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for name, n, strategy in dict.fromkeys((row.data, row.n, row.strategy) for row in rows):
        own = [row for row in rows if (row.data, row.n, row.strategy) == (name, n, strategy)]
        told = [row.verdict for row in own]
        shares = [f"{told.count(one)}" for one in ("picking pays", "no proof yet", "picking does not pay")]
        true = [row.saved_truth for row in own if row.saved_truth is not None]
        print(
            f"| {name} | {n} | {strategy} | {np.mean([row.m for row in own]):.0f} "
            f"| {100 * np.mean([row.truth for row in own]):+.1f} "
            f"| {100 * np.mean([row.high - row.low for row in own]):.1f} "
            f"| {sum(row.low <= row.truth <= row.high for row in own)} of {len(own)} | {' | '.join(shares)} "
            f"| {f'{100 * np.median(true):.0f} %' if 2 * len(true) > len(own) else 'none'} "
            f"| {sum(_saved_held(row) for row in own)} of {len(own)} |",
            flush=True,
        )


def _saved_held(row: Row) -> bool:
    if row.saved_truth is None:
        return row.saved_low is None
    low, high = (
        (-np.inf if row.saved_low is None else row.saved_low),
        (np.inf if row.saved_high is None else row.saved_high),
    )
    return bool(low <= row.saved_truth <= high)


if __name__ == "__main__":
    main()
