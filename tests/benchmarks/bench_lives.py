"""How often the rules of a weak spot's life are right: simulated rounds whose truth is known.

    python tests/benchmarks/bench_lives.py lives.json [--data FILE --start 300 --batch 150 --seeds 2 --sabotage]

    labelled file ─► pool, dev reserve ─► rounds of picks ─► a head each round ─► estimates ─► lives │ against the truth

What it is not: the model is a FROZEN PROXY, a logistic head on frozen MiniLM embeddings, calibrated by a temperature on
dev; people are SIMULATED and never wrong. With --sabotage the head of the last two rounds is trained with half of the
labels of five classes replaced by others, and put to use as if there were no gate: spots of those classes must reopen.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from bench_selection import SAMPLE, _embedded
from sklearn.linear_model import LogisticRegression

from loop.evaluation import spot_status
from loop.evaluation.spot_status import Seen
from loop.protocols import PoolView
from loop.records import FloatArray, IntArray, Spot, SpotLife
from loop.selection import spots
from loop.selection.strategies.weak_spots import weak_spots

SIZES = {"start": 48, "batch": 100, "rounds": 8, "seeds": 3, "pool": 4000}
DEV, DEV_SHARE = 0.15, 0.15
SPOILED, SPOILED_ROUNDS = 5, 2
NEAR = (1.25, 0.02)
"""Fixed is right when the spot truly errs at most so many times the overall rate, and so much more."""


@dataclass
class World:
    """One seed's data and what is known of it so far."""

    rows: FloatArray
    truth: IntArray
    regions: IntArray
    reserve: IntArray
    train: list[int]
    dev: list[int]
    asked: list[tuple[int, bool, float]] = field(default_factory=list)
    """Row, whether the guess was wrong, 1 - confidence."""


def main() -> None:
    options = _options()
    warnings.filterwarnings("ignore")
    embeddings, labels = _embedded(options.data)
    total: Counter[str] = Counter()
    for seed in range(options.seeds):
        found = _live_through(_world(embeddings, labels, options, seed), options, np.random.default_rng([seed, 1]))
        total += found
        print(f"seed {seed}", dict(sorted(found.items())), flush=True)
    print("all", dict(sorted(total.items())))
    options.out.write_text(json.dumps({"options": {k: str(v) for k, v in vars(options).items()}, **total}) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How often the rules of a spot's life are right; frozen proxy")
    parser.add_argument("out", type=Path, help="JSON file to write")
    parser.add_argument("--data", type=Path, default=SAMPLE, help="CSV or JSONL with text and label or intent")
    parser.add_argument("--sabotage", action="store_true")
    for name, value in SIZES.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    return parser.parse_args()


def _world(embeddings: FloatArray, labels: IntArray, options: argparse.Namespace, seed: int) -> World:
    rng = np.random.default_rng(seed)
    drawn = rng.permutation(len(labels))[: options.pool]
    rows, truth = embeddings[drawn], np.unique(labels[drawn], return_inverse=True)[1]
    centroids = spots.partition(rows, rng=rng)
    order = rng.permutation(len(rows))
    cut = int(DEV * len(rows))
    dev = order[: max(20, options.start // 6)].tolist()
    train = order[cut : cut + options.start].tolist()
    return World(rows, truth, spots.assign(rows, centroids), order[:cut], train, dev)


def _live_through(world: World, options: argparse.Namespace, rng: np.random.Generator) -> Counter[str]:
    count = int(world.regions.max()) + 1
    history: list[list[Seen]] = [[] for _ in range(count)]
    before: list[SpotLife | None] = [None] * count
    when_entered = np.zeros(count)
    spoiled = rng.permutation(int(world.truth.max()) + 1)[:SPOILED]
    found: Counter[str] = Counter()
    for round_ in range(options.rounds):
        late = options.sabotage and round_ >= options.rounds - SPOILED_ROUNDS
        chances = _model(world, spoiled if late else spoiled[:0], rng)
        wrong = chances.argmax(axis=1) != world.truth
        standing = _standing(world, chances, count)
        true = np.bincount(world.regions, weights=wrong, minlength=count) / np.bincount(world.regions, minlength=count)
        overall, rate = spot_status.overall_rate(standing), float(wrong.mean())
        for spot in standing:
            labels = sum(int(world.regions[row]) == spot.id for row, _, _ in world.asked)
            history[spot.id].append(Seen(round_, spot, overall, labels))
            was = before[spot.id]
            life = spot_status.live(history[spot.id], was)
            before[spot.id] = life
            if life.state not in (was.state if was else "quiet", "sent"):
                right = _right(life.state, float(true[spot.id]), rate, float(when_entered[spot.id]))
                found[f"{life.state}, {'rightly' if right else 'wrongly'}"] += 1
                when_entered[spot.id] = true[spot.id]
        states = [life.state if life else "quiet" for life in before]
        if late:
            hit = [k for k in range(count) if np.isin(world.truth[world.regions == k], spoiled).mean() > 0.5]
            alerts = [k for k, life in enumerate(before) if life and life.alert]
            found += Counter({"spoiled spots": len(hit) * (round_ == options.rounds - 1)})
            found += Counter({"alerts at spoiled spots": len(set(alerts) & set(hit)), "alerts": len(alerts)})
            if round_ == options.rounds - 1:
                found["spoiled spots open or reopened"] += sum(states[k] in ("open", "sent", "reopened") for k in hit)
        _ask(world, chances, standing, options.batch, rng)
    weak = [k for k in range(count) if true[k] > 1.5 * rate + NEAR[1]]
    open_ = ("open", "sent", "improving", "reopened")
    return found + Counter({"weak at the end": len(weak), "told of them": sum(states[k] in open_ for k in weak)})


def _right(state: str, true: float, overall: float, entered: float) -> bool:
    """entered: its true rate when it came into the state before."""
    return {
        "open": true > overall,
        "improving": true < entered,
        "fixed": true <= NEAR[0] * overall + NEAR[1],
        "reopened": true > overall and true > entered,
    }[state]


def _model(world: World, spoiled: IntArray, rng: np.random.Generator) -> FloatArray:
    """(n, k) calibrated probabilities of all rows."""
    labels = world.truth[world.train].copy()
    k = int(world.truth.max()) + 1
    bad = np.isin(labels, spoiled) & (rng.random(len(labels)) < 0.5)
    labels[bad] = (labels[bad] + rng.integers(1, k, size=int(bad.sum()))) % k
    head = LogisticRegression(C=10, max_iter=200).fit(world.rows[world.train], labels)
    logits = np.full((len(world.rows), k), -30.0)
    scores = head.decision_function(world.rows)
    logits[:, head.classes_] = scores if scores.ndim > 1 else np.stack([-scores, scores], axis=1)
    tried = [_softmax(logits / temperature) for temperature in np.geomspace(0.1, 3, 25)]
    return min(tried, key=lambda p: -np.log(p[world.dev, world.truth[world.dev]] + 1e-4).mean())


def _softmax(logits: FloatArray) -> FloatArray:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _standing(world: World, chances: FloatArray, count: int) -> tuple[Spot, ...]:
    sure, wrong = chances.max(axis=1), chances.argmax(axis=1) != world.truth
    known = np.zeros(len(world.rows), dtype=bool)
    known[[*world.train, *world.dev]] = True
    rows = np.array([row for row, _, _ in world.asked], dtype=np.int64)
    return spots.estimate(
        names=["spot"] * count,
        terms=[()] * count,
        members=world.regions,
        unlabelled=world.regions[~known],
        confidence=sure[~known],
        dev=world.regions[world.dev],
        dev_wrong=wrong[world.dev],
        answered=world.regions[rows],
        corrected=np.array([bad for _, bad, _ in world.asked], dtype=bool),
        doubt=np.array([doubt for _, _, doubt in world.asked], dtype=np.float64),
        mistakes=[("a", "b")] * int(wrong[world.dev].sum()),
        dev_doubt=1 - sure[world.dev],
    )


def _ask(world: World, chances: FloatArray, standing: tuple[Spot, ...], batch: int, rng: np.random.Generator) -> None:
    """A batch by the default strategy, and its share of dev questions."""
    free = np.setdiff1d(np.arange(len(world.rows)), [*world.train, *world.reserve])
    view = PoolView(
        ids=tuple(f"{row:06d}" for row in free),
        embeddings=world.rows[free],
        probabilities=chances[free],
        spots=world.regions[free],
        spot_estimates=np.array([spot.estimate for spot in standing]),
        labelled_embeddings=world.rows[world.train],
        labelled=np.full(len(world.train), -1),
    )
    guess, sure = chances.argmax(axis=1), chances.max(axis=1)
    dev = round(DEV_SHARE * batch)
    for row in free[weak_spots(view, budget=batch - dev, rng=rng).rows].tolist():
        world.asked.append((row, bool(guess[row] != world.truth[row]), float(1 - sure[row])))
        world.train.append(row)
    world.dev += [row for row in world.reserve.tolist() if row not in set(world.dev)][:dev]


if __name__ == "__main__":
    main()
