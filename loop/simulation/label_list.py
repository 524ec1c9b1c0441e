"""What a simulation knows of its labels: the names in the file, with descriptions and example phrases from a list.

    names of the file ─┬─► LabelSet ─► texts ─► embedded once ─► LabelFolder, which every process opens
    list of labels ────┘   without phrases that occur in the file

Phrases of a live project are left out when they are twins of what measures the model. Here that is the test file, or
without one any text of the file, in one seed or another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from loop.errors import ConfigError
from loop.label_texts import label_texts
from loop.pool import LeakGuard
from loop.protocols import EmbeddedLabels, Progress
from loop.records import LabelSet
from loop.simulation import embeddings

LISTED = 5
"""So many labels are named in a sentence."""


@dataclass(frozen=True, slots=True)
class LabelFolder:
    """Embedded texts of the labels, as `embeddings.embedded` keeps them; travels to another process."""

    folder: str
    columns: tuple[int, ...]
    """The label each text belongs to: its place among the names of the file."""
    phrases: int
    """So many at the end are example phrases."""

    def key(self) -> list[Any]:
        """What decides a result, as plain JSON values: the folder's name identifies its texts and its encoder."""
        return [Path(self.folder).name, list(self.columns), self.phrases]


def label_set(
    names: Sequence[str], given: LabelSet | None, texts: Sequence[str], *, where: str
) -> tuple[LabelSet, tuple[str, ...]]:
    """The labels of the file with what a list says about them, and what was left out, in sentences.

    given: the list; None: names alone. texts: those that may measure the model. where: what the list is called.
    Raises ConfigError when the list has none of the names.
    """
    if given is None:
        return LabelSet(tuple(names)), ()
    known = set(names)
    if known.isdisjoint(given.names):
        raise ConfigError(
            f"{where} has none of the labels of the file: {listed(given.names)}",
            wanted=f"some of {listed(names)}",
            do="name the list that belongs to this file with --label-list",
        )
    phrases = {name: given.phrases[name] for name in names if given.phrases.get(name)}
    flat = [(name, phrase) for name, some in phrases.items() for phrase in some]
    twins = {leak.row for leak in LeakGuard(texts).find([phrase for _, phrase in flat])} if flat else set[int]()
    kept: dict[str, tuple[str, ...]] = {}
    for row, (name, phrase) in enumerate(flat):
        if row not in twins:
            kept[name] = (*kept.get(name, ()), phrase)
    described = {name: given.descriptions[name] for name in names if given.descriptions.get(name)}
    sentences = [f"Read from {where}: descriptions {len(described):,}, phrases {len(flat) - len(twins):,}."]
    if twins:
        sentences.append(f"Phrases that are texts to measure on as well, or nearly so: {len(twins):,}; left out.")
    if missing := [name for name in given.names if name not in known]:
        sentences.append(f"Labels of the list that are not in the file: {listed(missing)}; left out.")
    return LabelSet(tuple(names), described, kept), tuple(sentences)


def embedded(
    labels: LabelSet, *, base: str, recipes: Sequence[str], folder: Path, progress: Progress
) -> LabelFolder | None:
    """Their texts as the encoder sees them, made if they are not there; None where the names are codes without more."""
    texts = label_texts(labels)
    if texts is None:
        return None
    place, _ = embeddings.embedded(texts.texts, base=base, recipes=recipes, folder=folder, progress=progress)
    return LabelFolder(str(place), texts.columns, texts.phrases)


@lru_cache(maxsize=1)
def opened(labels: LabelFolder) -> EmbeddedLabels:
    """What `embedded` made."""
    found = embeddings.opened(Path(labels.folder))
    layers = None if found.layers is None else np.asarray(found.layers)
    rows = np.asarray(found.embeddings)
    return EmbeddedLabels(np.array(labels.columns), rows, layers, labels.phrases, texts=found.texts)


def listed(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f" and {more:,} more" if more > 0 else "")
