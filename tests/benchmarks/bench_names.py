"""What the labels' names and descriptions are worth to the recipe `head`, and what they cost where they tell nothing.

    python tests/benchmarks/bench_names.py names.json [--seeds 3 4 5 6 7] [--on held]

    training file ─► the pool by seed ─► n labels at random ─► head without / with names ─► accuracy on the test file
                                                  self-trained: with names, and the rest of the pool as unlabelled texts
                          controls: codes ("L07") and the names dealt out at random in their place, with the pool

The descriptions of the shipped data are those of data/sample/labels.yaml; banking77 and snips have names alone. Choices
were made with `--on held` and seeds 0 to 2. Differences to the head without names are paired: the same pool, labels and
test texts.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from frozen_parts import DATASETS, Part, embedded_labels, embedded_texts, part, read_set

from loop.models.recipes.head import fit_head
from loop.protocols import EmbeddedLabels

COUNTS = {
    "banking77": (0, 25, 77, 154, 300, 750),
    "sample": (0, 12, 24, 48, 100, 250, 525),
    "snips": (0, 7, 14, 25, 50, 100, 250),
}
WAYS = ("without", "names", "self-trained", "codes", "shuffled")


def main() -> None:
    options = _options()
    rows = [row for name in options.sets for row in _measured(name, options)]
    options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    for name in options.sets:
        print(_table(name, rows))


def _measured(name: str, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    data = read_set(name, datasets=options.datasets, recipe="head", cache=options.cache)
    known = {way: known_labels(way, name, options) for way in WAYS}
    for seed in options.seeds:
        own = part(data, seed, on=options.on, noise=0.0)
        order = np.random.default_rng([seed, 5]).permutation(len(own.answers))
        for count in COUNTS[name]:
            for way in WAYS:
                if count or known[way] is not None:
                    found, seconds = accuracy(own, order[:count], known[way], pool=way != "names")
                    cell = {"set": name, "seed": seed, "labels": count, "way": way}
                    yield cell | {"accuracy": found, "cpu_seconds": seconds, "n": len(own.held_labels)}


def accuracy(own: Part, rows: Any, known: EmbeddedLabels | None, *, pool: bool) -> tuple[float, float]:
    """Of a head of these rows and label texts on the held texts, and the seconds of processor time that it took.

    pool: whether it may learn from the rest of the pool.
    """
    layers, began = own.pool.layers, time.process_time()
    made = fit_head(
        own.pool.embeddings[rows],
        None if layers is None else layers[rows],
        own.answers[rows],
        classes=own.classes,
        label_texts=known,
        unlabelled=np.delete(own.pool.embeddings, rows, axis=0) if pool else None,
    )
    spent = time.process_time() - began
    said = made.logits(own.held.embeddings, own.held.layers).argmax(axis=1)
    return float((said == own.held_labels).mean()), round(spent, 3)


def known_labels(way: str, name: str, options: argparse.Namespace) -> EmbeddedLabels | None:
    """Names and descriptions of a set, embedded; None for the way "without"."""
    if way == "without":
        return None
    known = embedded_labels(name, datasets=options.datasets, cache=options.cache)
    if way == "codes":
        codes = [f"L{column:02d}" for column in known.columns]
        return embedded_texts(codes, known.columns, cache=options.cache)
    if way == "shuffled":
        dealt = np.random.default_rng(0).permutation(known.columns.max() + 1)
        return replace(known, columns=dealt[known.columns])
    return known


def _table(name: str, rows: list[dict[str, Any]]) -> str:
    """Mean accuracy in percent of each way; for those with names the paired difference and its 95 % half width."""
    mine = [row for row in rows if row["set"] == name]
    counts = sorted({row["labels"] for row in mine})
    lines = [f"| {name} | " + " | ".join(map(str, counts)) + " |", "|---|" + "---|" * len(counts)]
    for way in WAYS:
        cells = [_cell(mine, count, way) for count in counts]
        lines.append(f"| {way} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(rows: list[dict[str, Any]], count: int, way: str) -> str:
    found = {row["seed"]: row["accuracy"] for row in rows if (row["labels"], row["way"]) == (count, way)}
    if not found:
        return "–"
    mean = 100 * float(np.mean(list(found.values())))
    base = {row["seed"]: row["accuracy"] for row in rows if (row["labels"], row["way"]) == (count, "without")}
    if way == "without" or not base or len(found) < 2:
        return f"{mean:.1f}"
    differences = 100 * np.array([found[seed] - base[seed] for seed in found])
    half = 1.96 * differences.std(ddof=1) / np.sqrt(len(differences))
    return f"{mean:.1f} ({differences.mean():+.1f}±{half:.1f})"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What label names are worth; frozen encoder, simulated people")
    parser.add_argument("out", type=Path, help="JSON file to write")
    parser.add_argument("--sets", nargs="+", default=sorted(COUNTS), choices=sorted(COUNTS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[3, 4, 5, 6, 7])
    parser.add_argument("--on", choices=["test", "held"], default="test")
    parser.add_argument("--cache", type=Path, default=Path("bench-cache"), help="folder of embeddings and layers")
    parser.add_argument("--datasets", type=Path, default=DATASETS, help="folder of banking77 and snips")
    return parser.parse_args()


if __name__ == "__main__":
    main()
