"""How many labels the default needs, against random, what lost, and peers: learning curves, kept as they are made.

    python tests/benchmarks/bench_default.py curves.jsonl --strategies weak_spots random --seeds 3 4 5 [--noise 0 10 20]
    python tests/benchmarks/bench_default.py curves.jsonl --recipe names --strategies weak_spots  # the whole product
    python tests/benchmarks/bench_default.py curves.jsonl --strategies theirs_badge theirs_margin # scikit-activeml
    python tests/benchmarks/default_tables.py curves.jsonl

    training file ─► nine tenths by seed: the pool ─► cold start ─► rounds of picks ─► accuracy on the test file ─► line

Choices were made with `--on held`: a fifth of the training file measures and the test file is never read. Each seed's
pool, wrong answers and draws are the same for all strategies and recipes: differences are paired. The model is a FROZEN
PROXY: the recipe `plain` (logistic regression on frozen MiniLM), `head` (what it reads of MiniLM chosen by
cross-validation), or `names` (`head`, which also reads the labels' names and the rest of the pool, and so has a model
before the first batch); people are SIMULATED: a noisy one answers any other label, at random. There are no spots:
bench_selection.py measures what goes by them. A curve that stands in the file already is not made again, so a killed
run goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tried_strategies
from frozen_parts import ACROSS, DATASETS, SETS, Part, chosen, part, read_set
from scipy.special import softmax

from loop import registry
from loop.models.recipes.names import informative
from loop.protocols import FrozenTexts, PoolView, Strategy
from loop.records import FloatArray, IntArray
from loop.selection.strategies.basic import coverage

BATCHES = {"banking77": 75}
BATCH, ROUNDS = 25, 21
FURTHER = {"banking77": 4200, "sample": 2100, "goemotions": 1575}
"""Random goes on to so many labels with the recipe `plain` and no noise, to see where it gets there."""
C, ITERATIONS, TOLERANCE = 5.0, 100, 1e-3
"""Those of the recipe `plain`."""
NAMES = "names"
THEIRS = "theirs_"
"""How scikit-activeml's strategies are named: skactiveml_peers.PEERS."""
Model = Callable[[FrozenTexts], FloatArray]
"""n texts → (n, classes) probabilities."""
Picks = Callable[[IntArray, Model | None, FloatArray | None, int], IntArray]
"""Rows of the pool asked so far, the model and what it says of the pool, size of the batch → rows of the pool."""


def main() -> None:
    options = _options()
    warnings.filterwarnings("ignore", message="lbfgs failed to converge")
    warnings.filterwarnings("ignore", message="The number of unique classes")
    done = {_key(line) for line in read(options.out)} if options.out.exists() else set()
    for name in options.sets:
        data = read_set(
            name,
            datasets=options.datasets,
            recipe="plain" if options.recipe == "plain" else "head",
            cache=options.cache,
            names=options.recipe == NAMES,
        )
        for cell in _cells(options, name):
            if _key(cell) not in done:
                own = part(data, cell["seed"], on=options.on, noise=cell["noise"] / 100)
                line = cell | curve(own, cell, last=options.last)
                with options.out.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
                told = f"{name} {cell['noise']} % seed {cell['seed']} {cell['recipe']} {cell['strategy']:20s}"
                print(f"{told} {line['accuracy'][-1]:.3f} {line['cpu_seconds']:.0f} s", flush=True)


def read(path: Path) -> list[dict[str, Any]]:
    """The curves made so far, one line each; the first ones did not name their recipe, `plain`."""
    return [{"recipe": "plain"} | json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def curve(own: Part, cell: dict[str, Any], *, last: int | None) -> dict[str, Any]:
    """labels and accuracy after each round; seconds spent picking, of all rounds; `full`: all labels at once."""
    everything: IntArray = np.arange(len(own.answers))
    fit, began = FITS[cell["recipe"]], time.process_time()
    labels: list[int] = []
    accuracy: list[float] = []
    asked, spent = everything[:0], 0.0
    whole = cell["strategy"] == "full"
    model = fit(own, asked) if cell["recipe"] == NAMES else None
    said = None if model is None else model(own.pool)
    if model is not None:
        labels.append(0)
        accuracy.append(_right(model, own))
    picks = None if whole else _picks(own, cell["strategy"], seed=cell["seed"])
    for batch in [len(everything)] if whole else _batches(cell, last=last):
        started = time.perf_counter()
        asked = everything if picks is None else np.concatenate([asked, picks(asked, model, said, batch)])
        spent += time.perf_counter() - started
        model = fit(own, asked)
        said = None if whole else model(own.pool)
        labels.append(len(asked))
        accuracy.append(_right(model, own))
    used = round(time.process_time() - began, 1)
    return {"labels": labels, "accuracy": accuracy, "seconds": round(spent, 2), "cpu_seconds": used}


def _right(model: Model, own: Part) -> float:
    return float((model(own.held).argmax(axis=1) == own.held_labels).mean())


def plain(own: Part, rows: IntArray) -> Model:
    """The head of the recipe `plain` on these answers, in single precision; 0 for a class without an answer."""
    from sklearn.linear_model import LogisticRegression

    head = LogisticRegression(C=C, max_iter=ITERATIONS, tol=TOLERANCE)
    head.fit(own.pool.embeddings[rows], own.answers[rows])

    def says(texts: FrozenTexts) -> FloatArray:
        found = np.zeros((len(texts.embeddings), own.classes))
        found[:, head.classes_] = head.predict_proba(texts.embeddings)
        return found

    return says


def product(own: Part, rows: IntArray) -> Model:
    """The head of the recipe `head`, with all that it chooses by cross-validation on these answers and label texts."""
    from loop.models.recipes.head import fit_head

    known = chosen(own.pool, rows)
    head = fit_head(
        known.embeddings,
        known.layers,
        own.answers[rows],
        classes=own.classes,
        label_texts=known.labels,
        unlabelled=np.delete(own.pool.embeddings, rows, axis=0),
    )
    return lambda texts: np.asarray(softmax(head.logits(texts.embeddings, texts.layers), axis=1))


FITS: dict[str, Callable[[Part, IntArray], Model]] = {"plain": plain, "head": product, NAMES: product}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Learning curves of strategies; frozen proxy")
    parser.add_argument("out", type=Path, help="JSON lines to add to")
    parser.add_argument("--sets", nargs="+", default=["sample", "snips", "banking77"], choices=(*SETS, *ACROSS))
    parser.add_argument("--strategies", nargs="+", default=["random", "margin", "weak_spots"])
    parser.add_argument("--recipe", choices=sorted(FITS), default="plain")
    parser.add_argument("--seeds", nargs="+", type=int, default=[3, 4, 5, 6, 7])
    parser.add_argument("--noise", nargs="+", type=int, default=[0], help="percent of wrong answers")
    parser.add_argument("--last", type=int, help="labels to go to, instead of 525 (banking77: 1,500)")
    parser.add_argument("--on", choices=["test", "held"], default="test")
    parser.add_argument("--cache", type=Path, default=Path("bench-cache"), help="folder of embeddings and layers")
    parser.add_argument("--datasets", type=Path, default=DATASETS, help="folder of banking77, snips, goemotions")
    return parser.parse_args()


def _cells(options: argparse.Namespace, name: str) -> Iterator[dict[str, Any]]:
    """What a curve is made for; all labels at once only for the recipe `plain`, whose accuracy is the target."""
    for seed in options.seeds:
        for noise in options.noise:
            full = ["full"] if noise == 0 and options.recipe == "plain" else []
            for strategy in [*full, *options.strategies]:
                cell = {"set": name, "on": options.on, "noise": noise, "seed": seed}
                yield cell | {"recipe": options.recipe, "strategy": strategy}


def _key(line: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(line[name] for name in ("set", "on", "noise", "seed", "recipe", "strategy"))


def _batches(cell: dict[str, Any], *, last: int | None) -> Iterator[int]:
    """All of one size; random beyond what is compared in steps of three batches."""
    batch = BATCHES.get(cell["set"], BATCH)
    rounds = last // batch if last else 20 if cell["set"] == "banking77" else ROUNDS
    yield from [batch] * rounds
    if (cell["strategy"], cell["recipe"], cell["noise"]) == ("random", "plain", 0):
        yield from [3 * batch] * ((FURTHER.get(cell["set"], 0) - rounds * batch) // (3 * batch))


def _picks(own: Part, strategy: str, *, seed: int) -> Picks:
    rng = np.random.default_rng([seed, 1])
    if strategy.startswith(THEIRS):
        return _peers(own, strategy, seed=seed, rng=rng)
    tried: Strategy | None = getattr(tried_strategies, strategy, None)
    named = tried if tried is not None else registry.load("strategy", strategy)

    def of(asked: IntArray, _: Model | None, said: FloatArray | None, batch: int) -> IntArray:
        # As in live rounds, whatever the strategy; random is the plain way and starts at random.
        return _by(coverage if said is None and strategy != "random" else named, own, asked, said, batch, rng)

    return of


def _peers(own: Part, strategy: str, *, seed: int, rng: np.random.Generator) -> Picks:
    from skactiveml_peers import Peer

    peer = Peer(strategy, seed=seed, classes=own.classes)

    def of(asked: IntArray, model: Model | None, said: FloatArray | None, batch: int) -> IntArray:
        if model is None and not peer.starts:
            return _by(coverage, own, asked, said, batch, rng)
        says = None if model is None else lambda rows: model(FrozenTexts((), rows))
        return peer(own.pool.embeddings, own.answers, asked, says, batch=batch)

    return of


def _by(
    strategy: Strategy, own: Part, asked: IntArray, said: FloatArray | None, batch: int, rng: np.random.Generator
) -> IntArray:
    free = np.setdiff1d(np.arange(len(own.answers)), asked)
    view = PoolView(
        ids=tuple(f"{row:06d}" for row in free),
        embeddings=own.pool.embeddings[free],
        probabilities=None if said is None else said[free],
        spots=np.zeros(len(free), dtype=np.int64),
        spot_estimates=None,
        labelled_embeddings=own.pool.embeddings[asked],
        labelled=own.answers[asked],
        uses_label_texts=informative(own.pool.labels, own.pool.embeddings[asked], own.answers[asked]) is not None,
    )
    picked: IntArray = free[strategy(view, budget=batch, rng=rng).rows]
    return picked


if __name__ == "__main__":
    main()
