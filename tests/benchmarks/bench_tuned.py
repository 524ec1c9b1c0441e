"""Do the picks of a frozen proxy help the tuned model? Accuracy of a tuned encoder on random, margin and default picks.

    python tests/benchmarks/bench_tuned.py cells.jsonl [--sets snips sample] [--seeds 3 4 5] [--recipe lora]

    3,000 texts by seed: the pool ─► recipe `head` picks in batches of 25 ─► 50, 100, 250 and 525 labels
                                                    └─► the recipe tunes on them ─► accuracy on 700 test texts

Proxy-then-final, as with `model.final_every`: the cheap head picks, the tuned model answers. Random starts at random,
the others by covering. People are SIMULATED: they answer what the file says. The table gives the mean over seeds, and
paired differences with 95 % Student intervals. A cell that stands in the file already is not made again.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from bench_small_text import ROOT, SETS, Task, frozen_of, joined, read, task, view_of
from frozen_parts import chosen
from scipy.stats import t as student

from loop import registry
from loop.models.bases import load_transformer
from loop.protocols import FrozenTexts
from loop.records import IntArray
from loop.selection.strategies.basic import coverage

BATCH, COUNTS = 25, (50, 100, 250, 525)
POOL, HELD = 3000, 700
STRATEGIES = ("random", "margin", "weak_spots")


def main() -> None:
    options = _options()
    done = {_key(line) for line in read(options.out)}
    for seed in options.seeds:
        for name in options.sets:
            wanted = [{"set": name, "seed": seed, "strategy": one, "recipe": options.recipe} for one in STRATEGIES]
            if all(_key(cell) in done for cell in wanted):
                continue
            given = task(name, options.datasets, seed, pool=POOL, held=HELD)
            encoder = load_transformer(given.base)
            frozen = joined(
                frozen_of(given, encoder, slice(0, given.pool)), frozen_of(given, encoder, slice(given.pool, None))
            )
            for cell in wanted:
                if _key(cell) in done:
                    continue
                line = cell | {"labels": COUNTS, **measured(given, frozen, cell)}
                with options.out.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
                print(f"{name} seed {seed} {cell['strategy']:11s}", line["accuracy"], line["seconds"], flush=True)
    print("\n".join(table(read(options.out))))


def measured(given: Task, frozen: FrozenTexts, cell: dict[str, Any]) -> dict[str, list[float]]:
    """Accuracy of the proxy and of the tuned model after each of COUNTS, and CPU-seconds of tuning and answering."""
    recipe = registry.load("recipe", cell["recipe"])
    held: IntArray = np.arange(given.pool, len(given.texts))
    found: dict[str, list[float]] = {"proxy": [], "accuracy": [], "seconds": []}
    for asked, proxy in picked(given, frozen, cell["strategy"]):
        rows = np.concatenate([asked, held])
        few = replace(chosen(frozen, rows), texts=tuple(frozen.texts[row] for row in rows))
        known: IntArray = np.arange(len(asked))
        began = time.process_time()
        said = recipe(few, known, given.truth[asked], classes=given.classes, unlabelled=known[:0], seed=given.seed)
        found["seconds"].append(round(time.process_time() - began, 1))
        found["accuracy"].append(round(float((said[len(asked) :].argmax(axis=1) == given.truth[held]).mean()), 4))
        found["proxy"].append(round(float((proxy[held].argmax(axis=1) == given.truth[held]).mean()), 4))
    return found


def picked(given: Task, frozen: FrozenTexts, strategy: str) -> Iterator[tuple[IntArray, Any]]:
    """The rows asked by each of COUNTS, and what the proxy then says of all texts."""
    proxy, picks = registry.load("recipe", "head"), registry.load("strategy", strategy)
    rng = np.random.default_rng([given.seed, 7])
    asked: IntArray = np.zeros(0, dtype=np.int64)
    said = None
    while len(asked) < COUNTS[-1]:
        free = np.setdiff1d(np.arange(given.pool), asked)
        view = view_of(frozen, said, free, asked, given.truth[asked])
        named = coverage if said is None and strategy != "random" else picks
        asked = np.concatenate([asked, free[named(view, budget=BATCH, rng=rng).rows]])
        known = {"classes": given.classes, "unlabelled": free, "seed": given.seed}
        said = proxy(frozen, asked, given.truth[asked], **known)
        if len(asked) in COUNTS:
            yield asked, said


def table(lines: Sequence[dict[str, Any]]) -> list[str]:
    """Markdown: accuracy by set, labels and strategy; the default less each of the others."""
    told = [
        "| set | labels | " + " | ".join(STRATEGIES) + " | default less random | less margin | the proxy, default |"
    ]
    told.append("|---" * (len(STRATEGIES) + 5) + "|")
    for name in dict.fromkeys(line["set"] for line in lines):
        by = {(line["strategy"], line["seed"]): line for line in lines if line["set"] == name}
        seeds = sorted({seed for _, seed in by if all((one, seed) in by for one in STRATEGIES)})
        for place, count in enumerate(COUNTS if seeds else ()):
            right = {one: np.array([by[one, seed]["accuracy"][place] for seed in seeds]) for one in STRATEGIES}
            proxy = np.mean([by["weak_spots", seed]["proxy"][place] for seed in seeds])
            means = " | ".join(f"{right[one].mean():.1%}" for one in STRATEGIES)
            gains = " | ".join(_difference(right["weak_spots"] - right[one]) for one in ("random", "margin"))
            told.append(f"| {name}, {len(seeds)} seeds | {count} | {means} | {gains} | {proxy:.1%} |")
    return told


def _difference(gain: Any) -> str:
    if len(gain) < 2:
        return f"{100 * gain.mean():+.1f}"
    half = student.ppf(0.975, len(gain) - 1) * gain.std(ddof=1) / np.sqrt(len(gain))
    return f"{100 * gain.mean():+.1f} ± {100 * half:.1f}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Tuned models on picks of a frozen proxy")
    parser.add_argument("out", type=Path, help="JSON lines to add to")
    parser.add_argument("--sets", nargs="+", default=["snips", "sample"], choices=SETS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[3, 4, 5])
    parser.add_argument("--recipe", default="lora", help="of the menu")
    parser.add_argument(
        "--datasets", type=Path, default=ROOT.parent / "shared" / "datasets", help="folder of public sets"
    )
    return parser.parse_args()


def _key(line: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(line[name] for name in ("set", "seed", "strategy", "recipe"))


if __name__ == "__main__":
    main()
