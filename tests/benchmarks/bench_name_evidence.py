"""What a description of one label is worth, by how much of its texts the name alone finds (docs/simulate.md).

    python tests/benchmarks/bench_name_evidence.py

Shipped data, packaged MiniLM, no answer: the head of all names, and the head of all names and one label's description.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import yaml

from loop.label_texts import in_words
from loop.models import load_encoder
from loop.models.recipes.head import head
from loop.protocols import EmbeddedLabels, FrozenTexts
from loop.records import FloatArray, IntArray
from loop.simulation.name_evidence import drawn, judged

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


def guesses(texts: FloatArray, known: FloatArray, columns: IntArray, *, classes: int) -> IntArray:
    """(n,) what the head of these label texts says before the first answer."""
    frozen = FrozenTexts(("",) * len(texts), texts, labels=EmbeddedLabels(columns, known))
    none = np.zeros(0, np.int64)
    found: IntArray = head(frozen, none, none, classes=classes, unlabelled=none, seed=0).argmax(axis=1)
    return found


def main() -> None:
    """Prints one line a label, and the mean gain on either side of a half."""
    encoder = load_encoder("minilm")
    rows = list(csv.DictReader((SAMPLE / "pool.csv").open(encoding="utf-8")))
    names = sorted({row["intent"] for row in rows})
    described = yaml.safe_load((SAMPLE / "labels.yaml").read_text(encoding="utf-8"))
    labels = np.array([names.index(row["intent"]) for row in rows])
    picked = drawn(labels, classes=len(names))
    labels, texts = labels[picked], encoder.embed([rows[row]["text"] for row in picked])
    named, columns = encoder.embed([in_words(name) for name in names]), np.arange(len(names))
    lines = encoder.embed([described[name] for name in names])
    before = guesses(texts, named, columns, classes=len(names))
    found = judged(before, labels, names, base="minilm")
    gains: dict[bool, list[float]] = {True: [], False: []}
    for column, one in enumerate(found):
        known = np.concatenate([named, lines[column : column + 1]])
        after = guesses(texts, known, np.append(columns, column), classes=len(names))
        gain = 100 * float((after == labels).mean() - (before == labels).mean())
        recall = float((after[labels == column] == column).mean())
        gains[(one.recall or 0.0) < 0.5].append(gain)
        print(
            f"{one.label:24} n {one.n}  found {one.recall:.2f} -> {recall:.2f}  {one.verdict:8} all labels {gain:+.2f}"
        )
    for half, own in gains.items():
        side = "less than half" if half else "half or more"
        print(f"{side}: {len(own)} labels, accuracy over all labels {np.mean(own):+.2f} points")


if __name__ == "__main__":
    main()
