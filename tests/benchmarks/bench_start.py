"""Where should tuning start: at the head of the recipe `head`, or at a plain regression? Accuracy after tuning.

    python tests/benchmarks/bench_start.py cells.jsonl [--sets sample snips] [--seeds 11 12 13 14] [--counts 50 100 250]

Without the names of the labels: where they are informative, the head that reads them is the start (bench_tuning.py).

    2,000 texts of the training file by seed: the pool ─► recipe `head` picks in batches of 25 ─► the labels so far
             └─► recipe `lora`, once from each start ─► accuracy on 700 more texts of the training file ─► line, table

The test files are never read: the start was chosen by this. People are SIMULATED: they answer what the file says. The
column `both` averages the log-probabilities of the head and of the tuned model: a committee of two. A cell that stands
in the file already is not made again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from bench_small_text import ROOT, SETS, Task, frozen_of, joined, read, task, view_of
from frozen_parts import chosen

from loop import registry
from loop.models import head as starts
from loop.models.bases import load_transformer
from loop.models.recipes.lora import lora
from loop.protocols import FrozenTexts
from loop.records import FloatArray, IntArray

POOL, HELD, BATCH = 2000, 700, 25
Answers = Callable[[Task, FrozenTexts, IntArray, FloatArray, IntArray], dict[str, FloatArray]]
"""(set and seed, frozen texts, rows asked, the head's (HELD, k), rows held out) → way → (HELD, k)."""
STARTS = {"regression": 0.0, "recipe": float("inf")}
"""Start → labels a class below which the recipe's head is taken."""


def main() -> None:
    options = given_options("Two starts of tuning, and a committee", (11, 12, 13, 14), (50, 100, 150, 250, 350))
    print("\n".join(table(gathered(options, answers))))


def gathered(options: argparse.Namespace, answers: Answers, *, names: bool = False) -> list[dict[str, Any]]:
    """All lines of the file, after those that were not there yet were added. names: the heads read label names."""
    done = {(line["set"], line["seed"], line["labels"]) for line in read(options.out)}
    for seed in options.seeds:
        for name in options.sets:
            wanted = [count for count in options.counts if (name, seed, count) not in done]
            for line in cells(name, seed, wanted, options.datasets, answers, names=names):
                with options.out.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
                print(line, flush=True)
    return list(read(options.out))


def cells(
    name: str, seed: int, counts: Sequence[int], datasets: Path, answers: Answers, *, names: bool
) -> Iterator[dict[str, Any]]:
    """One line for each of `counts`, in rising order: accuracy of each way of `answers`."""
    if not counts:
        return
    given = task(name, datasets, seed, pool=POOL, held=HELD, training_alone=True)
    given = given if names else replace(given, label_texts=None)
    encoder = load_transformer(given.base)
    frozen = joined(frozen_of(given, encoder, slice(0, given.pool)), frozen_of(given, encoder, slice(given.pool, None)))
    held: IntArray = np.arange(given.pool, len(given.texts))
    for asked, said in picked(given, frozen, seed, max(counts)):
        if len(asked) in counts:
            yield {"set": name, "seed": seed, "labels": len(asked), "classes": given.classes} | {
                way: round(float((found.argmax(axis=1) == given.truth[held]).mean()), 4)
                for way, found in answers(given, frozen, asked, said[held], held).items()
            }


def picked(given: Task, frozen: FrozenTexts, seed: int, most: int) -> Iterator[tuple[IntArray, FloatArray]]:
    """The rows asked so far and what the head then says of all texts, batch after batch."""
    head, strategy = registry.load("recipe", "head"), registry.load("strategy", "weak_spots")
    rng, asked = np.random.default_rng([seed, 6]), given.first
    while True:
        free = np.setdiff1d(np.arange(given.pool), asked)
        known = given.truth[asked]
        said = head(frozen, asked, known, classes=given.classes, unlabelled=free, seed=0)
        yield asked, said
        if len(asked) >= most:
            return
        picks = strategy(view_of(frozen, said, free, asked, known), budget=BATCH, rng=rng)
        asked = np.concatenate([asked, free[picks.rows]])


def answers(
    given: Task, frozen: FrozenTexts, asked: IntArray, head: FloatArray, held: IntArray
) -> dict[str, FloatArray]:
    """Way → (HELD, k) probabilities: the head, the tuned model from each start, the committee."""
    few, known = learned_and_held(frozen, asked, held)
    found = {"head": head}
    for name, below in STARTS.items():
        with mock.patch.object(starts, "FEW", below):
            said = lora(few, known, given.truth[asked], classes=given.classes, unlabelled=known[:0], seed=given.seed)
        found[name] = said[len(asked) :]
    found["both"] = np.log(head + 1e-9) + np.log(found["recipe"] + 1e-9)
    return found


def learned_and_held(frozen: FrozenTexts, asked: IntArray, held: IntArray) -> tuple[FrozenTexts, IntArray]:
    """The texts learned from and then those judged, and the places of the former among them."""
    rows = np.concatenate([asked, held])
    few = replace(chosen(frozen, rows), texts=tuple(frozen.texts[row] for row in rows))
    return few, np.arange(len(asked))


def table(lines: Sequence[dict[str, Any]]) -> list[str]:
    """Markdown: means by set and labels, and the difference of the starts with its standard error."""
    told = ["| set | labels | a class | seeds | head | from a regression | from the recipe | difference | both |"]
    told.append("|---" * 9 + "|")
    for name, count in sorted({(line["set"], line["labels"]) for line in lines}):
        own = [line for line in lines if (line["set"], line["labels"]) == (name, count)]
        mean = {way: np.mean([line[way] for line in own]) for way in ("head", *STARTS, "both")}
        told.append(
            f"| {name} | {count} | {count / own[0]['classes']:.1f} | {len(own)} | {mean['head']:.1%} | "
            f"{mean['regression']:.1%} | {mean['recipe']:.1%} | {_apart(own)} | {mean['both']:.1%} |"
        )
    for words, some in (("below 6 labels a class", True), ("from 6 on", False)):
        own = [line for line in lines if (line["labels"] / line["classes"] < starts.FEW) == some]
        if own:
            told.append(f"{words}: recipe against regression {_apart(own)} points over {len(own)} cells")
    return told


def _apart(lines: Sequence[dict[str, Any]]) -> str:
    gain = np.array([100 * (line["recipe"] - line["regression"]) for line in lines])
    return f"{gain.mean():+.1f}" + (f" (se {gain.std(ddof=1) / len(gain) ** 0.5:.1f})" if len(gain) > 1 else "")


def given_options(about: str, seeds: Sequence[int], counts: Sequence[int]) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("out", type=Path, help="JSON lines to add to")
    parser.add_argument("--sets", nargs="+", default=["sample", "snips"], choices=SETS)
    parser.add_argument("--seeds", nargs="+", type=int, default=list(seeds))
    parser.add_argument("--counts", nargs="+", type=int, default=list(counts), help="multiples of 25")
    parser.add_argument(
        "--datasets", type=Path, default=ROOT.parent / "shared" / "datasets", help="folder of public sets"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
