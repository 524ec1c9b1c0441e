"""For bench_default: labelled files as the frozen encoder sees them, and one seed's part of one.

training and test file ─► rows with one label ─► embeddings, and layers where a recipe reads them, kept in a folder
                                                      └─► seed: pool with what people say │ held: to measure on
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from loop.protocols import FrozenTexts
from loop.records import IntArray
from loop.simulation.frozen import embedded, opened

ROOT = Path(__file__).parents[2]
DATASETS = ROOT.parent / "shared" / "datasets"
SETS = ("banking77", "goemotions", "sample", "snips")
ACROSS = ("banking77_forms", "sample_forms", "goemotions_feelings")
"""The same texts with few labels that cut across topics, made from text or label: see `_form` and FEELINGS."""
FEELINGS = {
    "positive": (
        *("admiration", "amusement", "approval", "caring", "desire", "excitement", "gratitude", "joy", "love"),
        *("optimism", "pride", "relief"),
    ),
    "negative": (
        *("anger", "annoyance", "disappointment", "disapproval", "disgust", "embarrassment", "fear", "grief"),
        *("nervousness", "remorse", "sadness"),
    ),
    "ambiguous": ("confusion", "curiosity", "realization", "surprise"),
    "neutral": ("neutral",),
}
"""The groups of Demszky et al. 2020, "GoEmotions"."""
QUESTION_WORDS = {
    "how": "how",
    "why": "why",
    **dict.fromkeys(("what", "whats", "which", "who", "whose"), "what"),
    **dict.fromkeys(("when", "where", "wheres"), "where"),
}
YES_OR_NO = (
    "am",
    "are",
    "can",
    "could",
    "did",
    "do",
    "does",
    "has",
    "have",
    "is",
    "may",
    "should",
    "was",
    "will",
    "would",
)
MOST = 12000
"""At most so many training rows are read of goemotions, and only rows with a single label."""


@dataclass(frozen=True)
class Embedded:
    """One data set as the frozen encoder sees it."""

    train: FrozenTexts
    labels: IntArray
    test: FrozenTexts
    test_labels: IntArray


@dataclass(frozen=True)
class Part:
    """One seed's part of it."""

    pool: FrozenTexts
    answers: IntArray
    """What the simulated people say: the truth, but for the noise."""
    held: FrozenTexts
    held_labels: IntArray
    classes: int


def read_set(name: str, *, datasets: Path, recipe: str, cache: Path) -> Embedded:
    """The set with all that the recipe may read; the encoder runs where `cache` does not have it yet."""
    name, _, way = name.partition("_")
    train, test = (
        [(text, _across(text, label, way)) for text, label in _rows(file)] for file in _files(name, datasets)
    )
    train = train[:MOST] if name == "goemotions" else train
    both = [*train, *test]
    words = np.unique([label for _, label in both], return_inverse=True)[1]
    cache.mkdir(parents=True, exist_ok=True)
    texts = [text for text, _ in both]
    place, _ = embedded(texts, base="minilm", recipes=[recipe], folder=cache, progress=lambda done, total: None)
    frozen, parted = opened(place), np.split(np.arange(len(both)), [len(train)])
    if recipe == "plain":
        frozen = FrozenTexts(frozen.texts, frozen.embeddings)
    return Embedded(chosen(frozen, parted[0]), words[: len(train)], chosen(frozen, parted[1]), words[len(train) :])


def label_names(name: str, datasets: Path) -> list[str]:
    """The labels of a set in the order of their columns."""
    return sorted({label for file in _files(name, datasets) for _, label in _rows(file)})


def read_table(name: str, datasets: Path) -> list[dict[str, str]]:
    """The training file's rows with one label, every column, in the order of `read_set`. Not for goemotions."""
    return [row for row in _cells(_files(name, datasets)[0]) if _single(row.get("label", row.get("intent", "")))]


def part(data: Embedded, seed: int, *, on: str, noise: float) -> Part:
    """on: "test": nine tenths of the training file are the pool; "held": four fifths, and the rest measures."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(data.labels))
    share = len(order) // 10 if on == "test" else len(order) // 5
    held, pool = order[:share], np.sort(order[share:])
    classes = int(max(data.labels.max(), data.test_labels.max())) + 1
    truth = data.labels[pool]
    wrong = rng.random(len(pool)) < noise
    answers = np.where(wrong, (truth + rng.integers(1, classes, size=len(pool))) % classes, truth)
    return Part(
        pool=chosen(data.train, pool),
        answers=answers,
        held=data.test if on == "test" else chosen(data.train, held),
        held_labels=data.test_labels if on == "test" else data.labels[held],
        classes=classes,
    )


def chosen(frozen: FrozenTexts, rows: IntArray) -> FrozenTexts:
    """These rows, without their texts."""
    layers = None if frozen.layers is None else np.asarray(frozen.layers[rows])
    return FrozenTexts((), np.asarray(frozen.embeddings[rows]), layers)


def _across(text: str, label: str, way: str) -> str:
    if way == "forms":
        return _form(text)
    return next(group for group, inside in FEELINGS.items() if label in inside) if way == "feelings" else label


def _form(text: str) -> str:
    """What is asked for: how, why, what, where or when, yes or no, by the first such word; else a statement."""
    sentences = [re.findall(r"[a-z]+", one) for one in re.split(r"[.?!,]", text.lower().replace("'", ""))]
    for words in sentences:
        for word in words:
            if word in QUESTION_WORDS:
                return QUESTION_WORDS[word]
        if words and words[0] in YES_OR_NO:
            return "yes or no"
    return "statement"


def _files(name: str, datasets: Path) -> tuple[Path, Path]:
    if name == "sample":
        return ROOT / "data" / "sample" / "pool.csv", ROOT / "data" / "sample" / "gold.csv"
    return datasets / name / "train.jsonl", datasets / name / "test.jsonl"


def _rows(path: Path) -> list[tuple[str, str]]:
    """Texts and labels of the rows that have just one."""
    said = [(row["text"], row.get("label", row.get("intent"))) for row in _cells(path)]
    return [(text, label[0] if isinstance(label, list) else label) for text, label in said if _single(label)]


def _cells(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [json.loads(line) for line in file] if path.suffix == ".jsonl" else list(csv.DictReader(file))


def _single(label: str | Sequence[str]) -> bool:
    return isinstance(label, str) or len(label) == 1
