"""Names of weak spots before and after: words alone, and labels, slice and words; how often a named pair is right.

    python tests/benchmarks/bench_names_of_spots.py [--sets sample banking77] [--seeds 3 4 5] [--labels 300] [--top 10]

    training file ─► regions of its frozen embeddings ─► names of words
                 └─► n labels at random, a fifth for dev ─► head ─► probabilities, dev mistakes ─► names of now
                                          hidden labels of all the rest ─► the pair truly confused most

Of each set the spots with the most expected errors are shown, of the first seed. The names see no hidden label; the
figures under the table, of all seeds, do: of the spots whose name speaks of a pair, in how many it is the pair confused
most often, or one of the three, and which share of the spot's errors it has, beside that of the pair that truly leads.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from frozen_parts import DATASETS, Embedded, chosen, label_names, read_set, read_table

from loop.label_texts import in_words
from loop.models.calibration import calibrate
from loop.models.recipes.head import fit_head
from loop.records import FloatArray, IntArray
from loop.selection import spots as maps
from loop.selection.spot_labels import Mistakes, confused_labels, main_labels
from loop.selection.spot_names import SpotTraits, name_by_traits
from loop.selection.spot_slices import standing_out

LEAST = 3
"""Figures are of spots with so many true errors: of fewer no pair leads."""
METADATA = {"sample": ("channel", "language", "customer_tier")}


@dataclass(frozen=True)
class Named:
    """A spot under both names, and the truth about it."""

    set: str
    before: str
    after: str
    errors: float
    """Expected by the model among its open rows."""
    wrong: int
    """True errors among its open rows."""
    confused: tuple[int, ...]
    """The labels whose confusion its name speaks of."""
    truth: tuple[tuple[tuple[int, int], int], ...]
    """(pair, mistakes), most first."""


def main() -> None:
    options = _options()
    for name in options.sets:
        rows = [list(_named(name, options, seed)) for seed in options.seeds]
        print(_table(rows[0], options.top), _figures([row for part in rows for row in part]), sep="\n\n", end="\n\n")


def _named(name: str, options: argparse.Namespace, seed: int) -> Iterator[Named]:
    data = read_set(name, datasets=options.datasets, recipe="head", cache=options.cache)
    table, labels = read_table(name, options.datasets), label_names(name, options.datasets)
    centroids = maps.partition(data.train.embeddings, rng=np.random.default_rng(seed))
    regions, count = maps.assign(data.train.embeddings, centroids), len(centroids)
    before, terms = maps.name_spots([row["text"] for row in table], regions, count=count, centroids=centroids)
    seen, dev, known, open_rows = _model(data, seed, options.labels, classes=len(labels))
    mistakes = _mistakes(regions, dev, data.labels, seen)
    confused = confused_labels(regions[open_rows], seen[open_rows], mistakes, count=count)
    mixed = seen.argmax(axis=1)
    mixed[known] = data.labels[known]
    mains = main_labels(regions, mixed, count=count)
    columns = {column: [row[column] for row in table] for column in METADATA.get(name, ())}
    slices = standing_out(columns, regions, count=count)
    shown = [in_words(label) for label in labels]
    traits = [
        SpotTraits(
            words=before[spot],
            terms=terms[spot],
            confused=tuple(shown[column] for column in confused[spot]),
            labels=tuple(shown[column] for column in mains[spot]),
            mixed=not mains[spot],
            slice=slices[spot],
        )
        for spot in range(count)
    ]
    after = name_by_traits(traits, labels=shown)
    guess = seen.argmax(axis=1)
    for spot in range(count):
        rows = open_rows[regions[open_rows] == spot]
        bad = [(data.labels[row], guess[row]) for row in rows.tolist() if data.labels[row] != guess[row]]
        truth = Counter((int(min(pair)), int(max(pair))) for pair in bad).most_common()
        expected = float((1 - seen[rows].max(axis=1)).sum())
        spoken = confused[spot] if len(confused[spot]) == 2 or not mains[spot] else ()
        yield Named(name, before[spot], after[spot], expected, len(bad), spoken, tuple(truth))


def _model(data: Embedded, seed: int, n: int, *, classes: int) -> tuple[FloatArray, IntArray, IntArray, IntArray]:
    """(n, k) calibrated probabilities of all rows; rows of dev, of all known labels, and the open ones."""
    order = np.random.default_rng([seed, 5]).permutation(len(data.labels))
    known = order[:n]
    dev, train = known[: n // 5], known[n // 5 :]
    own = chosen(data.train, train)
    made = fit_head(own.embeddings, own.layers, data.labels[train], classes=classes, label_texts=None)
    logits = made.logits(data.train.embeddings, data.train.layers)
    scaling = calibrate(logits[dev], data.labels[dev])
    return scaling.probabilities(logits), dev, known, order[n:]


def _mistakes(regions: IntArray, dev: IntArray, labels: IntArray, seen: FloatArray) -> Mistakes:
    guess = seen[dev].argmax(axis=1)
    bad = dev[guess != labels[dev]]
    return Mistakes(regions[bad], labels[bad], seen[bad].argmax(axis=1), np.ones(len(bad)))


def _table(rows: Sequence[Named], top: int) -> str:
    first = sorted(rows, key=lambda row: -row.errors)[:top]
    lines = [f"| {row.before} | {row.after} |" for row in first]
    return "\n".join([f"| {first[0].set}: before | after |", "|---|---|", *lines])


def _figures(rows: Sequence[Named]) -> str:
    weak = [row for row in rows if row.wrong >= LEAST]
    pairs = [(row, tuple(sorted(row.confused))) for row in weak if len(row.confused) == 2]
    ones = [(row, row.confused[0], _by_label(row)) for row in weak if len(row.confused) == 1]
    first = _percent([row.truth[0][1] == dict(row.truth).get(pair) for row, pair in pairs])
    third = _percent([pair in [known for known, _ in row.truth[:3]] for row, pair in pairs])
    share = _percent([dict(row.truth).get(pair, 0) / row.wrong for row, pair in pairs])
    leading = _percent([row.truth[0][1] / row.wrong for row, _ in pairs])
    most = _percent([known[label] == known.most_common(1)[0][1] for _, label, known in ones])
    part = _percent([known[label] / row.wrong for row, label, known in ones])
    return (
        f"{len(rows)} spots, {len(weak)} with {LEAST} errors or more. "
        f"{len(pairs)} name a pair: {first} the most confused one, {third} one of three; "
        f"it has {share} of the errors, the most confused one {leading}. "
        f"{len(ones)} name one label: {most} the one with the most errors; it has a part in {part} of them. "
        f"Longest name {max(len(row.after) for row in rows)}."
    )


def _by_label(row: Named) -> Counter[int]:
    """Label → errors of the spot in which it is the true or the predicted one."""
    errors: Counter[int] = Counter()
    for pair, n in row.truth:
        errors.update(dict.fromkeys(pair, n))
    return errors


def _percent(values: Sequence[float]) -> str:
    return f"{np.mean(values):.0%}" if values else "–"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Names of weak spots before and after; frozen encoder")
    parser.add_argument("--sets", nargs="+", default=["sample", "banking77"], choices=["banking77", "sample", "snips"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[3, 4, 5])
    parser.add_argument("--labels", type=int, default=300)
    parser.add_argument("--top", type=int, default=10, help="spots shown of each set, most expected errors first")
    parser.add_argument("--cache", type=Path, default=Path("bench-cache"), help="folder of embeddings and layers")
    parser.add_argument("--datasets", type=Path, default=DATASETS, help="folder of banking77 and snips")
    return parser.parse_args()


if __name__ == "__main__":
    main()
