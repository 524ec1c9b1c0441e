"""For bench_default: labelled files as the frozen encoder sees them, and one seed's part of one.

training and test file ─► rows with one label ─► embeddings, and layers where a recipe reads them, kept in a folder
                                                      └─► seed: pool with what people say │ held: to measure on
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from loop.label_texts import label_texts
from loop.protocols import EmbeddedLabels, FrozenTexts
from loop.records import IntArray, LabelSet
from loop.simulation.embeddings import embedded, opened

ROOT = Path(__file__).parents[2]
DATASETS = ROOT.parent / "shared" / "datasets"
SETS = ("banking77", "goemotions", "sample", "snips")
ACROSS = ("banking77_forms", "sample_forms", "goemotions_feelings", "wnut17_kinds", "gsm8k_steps")
"""Few labels that cut across topics, made from the row: see LABELS."""
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


Row = dict[str, Any]


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


def read_set(name: str, *, datasets: Path, recipe: str, cache: Path, names: bool = False) -> Embedded:
    """The set with all that the recipe may read; the encoder runs where `cache` does not have it yet.

    names: whether the training texts have the texts of the labels beside them.
    """
    train, test = _labelled(name, datasets)
    train = train[:MOST] if name.startswith("goemotions") else train
    both = [*train, *test]
    words = np.unique([label for _, label in both], return_inverse=True)[1]
    cache.mkdir(parents=True, exist_ok=True)
    texts = [text for text, _ in both]
    place, _ = embedded(texts, base="minilm", recipes=[recipe], folder=cache, progress=lambda done, total: None)
    frozen, parted = opened(place), np.split(np.arange(len(both)), [len(train)])
    if recipe == "plain":
        frozen = FrozenTexts(frozen.texts, frozen.embeddings)
    if names:
        frozen = replace(frozen, labels=embedded_labels(name, datasets=datasets, cache=cache))
    return Embedded(chosen(frozen, parted[0]), words[: len(train)], chosen(frozen, parted[1]), words[len(train) :])


def label_names(name: str, datasets: Path) -> list[str]:
    """The labels of a set in the order of their columns."""
    return sorted({label for rows in _labelled(name, datasets) for _, label in rows})


def embedded_labels(name: str, *, datasets: Path, cache: Path) -> EmbeddedLabels:
    """The names of the set's labels; of the shipped data, the descriptions in data/sample/labels.yaml too."""
    described = yaml.safe_load((ROOT / "data" / "sample" / "labels.yaml").read_text()) if name == "sample" else {}
    texts = label_texts(LabelSet(tuple(label_names(name, datasets)), described))
    assert texts is not None
    return embedded_texts(texts.texts, np.array(texts.columns), cache=cache)


def embedded_texts(texts: Sequence[str], columns: IntArray, *, cache: Path) -> EmbeddedLabels:
    """These texts of the labels in `columns`, with layers."""
    place, _ = embedded(texts, base="minilm", recipes=["head"], folder=cache, progress=lambda done, total: None)
    found = opened(place)
    return EmbeddedLabels(columns, np.asarray(found.embeddings), np.asarray(found.layers))


def read_table(name: str, datasets: Path) -> list[Row]:
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
    return FrozenTexts((), np.asarray(frozen.embeddings[rows]), layers, frozen.labels)


def _labelled(name: str, datasets: Path) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(text, label) of the training and of the test file."""
    name, _, way = name.partition("_")
    train, test = (_rows(file, way) for file in _files(name, datasets))
    return train, test


def _own(row: Row) -> str | None:
    label = row.get("label", row.get("intent"))
    return (label if isinstance(label, str) else label[0]) if _single(label) else None


def _feeling(row: Row) -> str | None:
    label = _own(row)
    return next((group for group, inside in FEELINGS.items() if label in inside), None)


def _kind(row: Row) -> str | None:
    """The kind of the entities that a text names, where all are of one kind."""
    kinds = {tag.partition("-")[2] for tag in row["tags"]} - {""}
    return kinds.pop() if len(kinds) == 1 else None


def _steps(row: Row) -> str:
    """How many steps the solution has: up to two, three, four, or more."""
    steps = row["answer"].count("<<")
    return "up to two" if steps < 3 else {3: "three", 4: "four"}.get(steps, "more")


def _form(row: Row) -> str:
    """What is asked for: how, why, what, where or when, yes or no, by the first such word; else a statement."""
    sentences = [re.findall(r"[a-z]+", one) for one in re.split(r"[.?!,]", row["text"].lower().replace("'", ""))]
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


def _rows(path: Path, way: str) -> list[tuple[str, str]]:
    """Texts and labels of the rows that have just one."""
    said = [(row["text"], LABELS[way](row)) for row in _cells(path)]
    return [(text, label) for text, label in said if label is not None]


def _cells(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return [json.loads(line) for line in file] if path.suffix == ".jsonl" else list(csv.DictReader(file))


def _single(label: str | Sequence[str]) -> bool:
    return isinstance(label, str) or len(label) == 1


LABELS: dict[str, Callable[[Row], str | None]] = {
    "": _own,
    "forms": _form,
    "feelings": _feeling,
    "kinds": _kind,
    "steps": _steps,
}
"""What follows the `_` of a set's name → the label of a row; None: the row has none, or several."""
