"""What example phrases of labels are worth to the recipe `head`: an upper bound, with real texts in their place.

    python tests/benchmarks/bench_phrases.py phrases.json [--seeds 3 4 5 6 7] [--on held]

    training file ─► the pool by seed ─► 10 texts a label set aside ─► 3 or 10 of them stand as phrases
                              └─► n other labels at random ─► head with names and phrases ─► accuracy on the test file

Phrases that a person or a model makes up are worth less than texts that people sent: so this is an upper bound. The
texts set aside are the same for every number of phrases, and are labelled in no case. Names, descriptions and the
embeddings are those of bench_names. "codes": phrases without names, as where labels are called L01, L02, ...
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from bench_names import accuracy, known_labels
from frozen_parts import DATASETS, Part, part, read_set

from loop.protocols import EmbeddedLabels
from loop.records import IntArray

COUNTS = {"banking77": (0, 77), "sample": (0, 48), "snips": (0, 50)}
"""Without a label, and at the first batch."""
PHRASES = (0, 3, 10)
WAYS = ("names", "codes")


def main() -> None:
    options = _options()
    rows = [row for name in options.sets for row in _measured(name, options)]
    options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(_table(rows, options.sets))


def _measured(name: str, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    data = read_set(name, datasets=options.datasets, recipe="head", cache=options.cache)
    names = known_labels("names", name, options)
    for seed in options.seeds:
        own = part(data, seed, on=options.on, noise=0.0)
        aside, labelled = _set_aside(own, np.random.default_rng([seed, 6]))
        for count in COUNTS[name]:
            for way in WAYS:
                for phrases in PHRASES:
                    known = _with(names if way == "names" else None, own, aside[:, :phrases].ravel())
                    if count or known is not None:
                        found, _ = accuracy(own, labelled[:count], known, pool=False)
                        cell = {"set": name, "seed": seed, "labels": count, "way": way, "phrases": phrases}
                        yield cell | {"accuracy": found, "n": len(own.held_labels)}


def _set_aside(own: Part, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """(k, 10) rows of each class that may stand as phrases, and all other rows in random order."""
    order = rng.permutation(len(own.answers))
    aside = np.stack([order[own.answers[order] == column][: max(PHRASES)] for column in range(own.classes)])
    # Dealt again: the first rows of this order that are left are those of the commonest classes.
    return aside, rng.permutation(np.setdiff1d(order, aside))


def _with(names: EmbeddedLabels | None, own: Part, rows: IntArray) -> EmbeddedLabels | None:
    """The names, and after them these texts as phrases."""
    layers = own.pool.layers
    assert layers is not None
    found = EmbeddedLabels(own.answers[rows], own.pool.embeddings[rows], layers[rows], phrases=len(rows))
    if names is None:
        return found if len(rows) else None
    assert names.layers is not None
    return EmbeddedLabels(
        np.concatenate([names.columns, found.columns]),
        np.concatenate([names.embeddings, found.embeddings]),
        np.concatenate([names.layers, layers[rows]]),
        phrases=len(rows),
    )


def _table(rows: list[dict[str, Any]], sets: list[str]) -> str:
    """Mean accuracy in percent and its standard error over the seeds; in brackets the gain on no phrases, paired."""
    lines = ["| | labels | names | " + " | ".join(f"{count} phrases" for count in PHRASES) + " |"]
    lines.append("|---|---|---|" + "---|" * len(PHRASES))
    for name in sets:
        for count in COUNTS[name]:
            for way in WAYS:
                mine = [row for row in rows if (row["set"], row["labels"], row["way"]) == (name, count, way)]
                cells = [_cell(mine, phrases) for phrases in PHRASES]
                lines.append(
                    f"| {name} | {count} | {'yes' if way == 'names' else 'codes'} | " + " | ".join(cells) + " |"
                )
    return "\n".join(lines) + "\n"


def _cell(rows: list[dict[str, Any]], phrases: int) -> str:
    found, base = ({row["seed"]: row["accuracy"] for row in rows if row["phrases"] == k} for k in (phrases, 0))
    if not found:
        return "–"
    told = _mean(list(found.values()))
    gain = _mean([found[seed] - base[seed] for seed in found], sign="+") if phrases and base else ""
    return f"{told} ({gain})" if gain else told


def _mean(values: list[float], *, sign: str = "") -> str:
    numbers = 100 * np.array(values)
    error = numbers.std(ddof=1) / np.sqrt(len(numbers)) if len(numbers) > 1 else 0.0
    return f"{numbers.mean():{sign}.1f}±{error:.1f}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What phrases are worth at most; frozen encoder, simulated people")
    parser.add_argument("out", type=Path, help="JSON file to write")
    parser.add_argument("--sets", nargs="+", default=sorted(COUNTS), choices=sorted(COUNTS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[3, 4, 5, 6, 7])
    parser.add_argument("--on", choices=["test", "held"], default="test")
    parser.add_argument("--cache", type=Path, default=Path("bench-cache"), help="folder of embeddings and layers")
    parser.add_argument("--datasets", type=Path, default=DATASETS, help="folder of banking77 and snips")
    return parser.parse_args()


if __name__ == "__main__":
    main()
