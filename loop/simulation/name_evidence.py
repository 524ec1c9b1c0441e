"""How much the name of each label tells the encoder, found on the labelled texts of the file.

    names, and descriptions and phrases from a list ─► the recipe's model before the first answer
        ─► its guesses on some texts of each label ─► recall of the label │ by chance: how often it gets other labels'
        texts ─► verdict

No answer is used, so every text of the file is one the model has not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import binom

from loop import registry
from loop.evaluation.intervals import wilson
from loop.label_texts import has_words
from loop.protocols import EmbeddedLabels, FrozenTexts, Recipe
from loop.records import IntArray, LabelSet
from loop.simulation import embeddings
from loop.simulation.data import Labelled
from loop.simulation.label_list import LabelFolder, listed, opened

FEWEST_TEXTS = 5
"""A label with fewer texts is not judged."""
MOST_TEXTS = 50
"""So many texts of a label, drawn at random, are enough to judge it; more would take time."""
ALPHA = 0.05
"""Of the one-sided binomial test against chance."""
TAKES_MOST = 0.5
"""A name that gets this share of the other labels' texts is judged by the test alone: there is hardly room above it."""
NOTHING, LITTLE, ENOUGH = "nothing", "little", "enough"


@dataclass(frozen=True, slots=True)
class NameEvidence:
    """How informative what is known of one label before the first answer is to one encoder."""

    base: str
    """The frozen encoder."""
    label: str
    n: int
    """Texts of the label that it was judged on."""
    recall: float | None
    """Share of them that a model without answers gives this label, 0..1; None where names are codes and not read."""
    chance: float | None
    """Share to expect of a name that tells nothing: that of other labels' texts which get it, and 1/k at least."""
    verdict: str | None
    """NOTHING, LITTLE or ENOUGH; None: too few texts."""
    described: bool = False
    """Whether a description or phrases of the label were read as well."""


def evidence(
    data: Labelled, label_set: LabelSet, place: Path, known: LabelFolder | None, *, base: str, recipe: str
) -> tuple[NameEvidence, ...]:
    """One for each label, in the order of the columns.

    label_set: the labels, names as in `data`. place: folder of loop.simulation.embeddings with the texts.
    known: what is read of the labels; None: they are codes, without descriptions and phrases.
    recipe: one that is a model before the first answer.
    """
    rows = drawn(data.labels, classes=len(data.names))
    labels = data.labels[rows]
    if known is None:
        counts = np.bincount(labels, minlength=len(data.names))
        pairs = zip(data.names, counts.tolist(), strict=True)
        return tuple(NameEvidence(base, name, n, None, None, NOTHING) for name, n in pairs)
    guesses = _guesses(embeddings.opened(place), opened(known), rows, classes=len(data.names), recipe=recipe)
    return judged(guesses, labels, label_set, base=base)


def drawn(labels: IntArray, *, classes: int) -> IntArray:
    """Rows of at most MOST_TEXTS texts of each label, the same each time. labels: (n,)."""
    order = np.random.default_rng(0).permutation(len(labels))
    rows = [order[labels[order] == column][:MOST_TEXTS] for column in range(classes)]
    return np.sort(np.concatenate(rows))


def judged(guesses: IntArray, labels: IntArray, label_set: LabelSet, *, base: str) -> tuple[NameEvidence, ...]:
    """The verdict on each label. guesses, labels: (n,) columns of the label set."""
    names, found = label_set.names, []
    for column, name in enumerate(names):
        own = labels == column
        n, hits = int(own.sum()), int((guesses[own] == column).sum())
        taken = float((guesses[~own] == column).mean()) if not own.all() else 0.0
        chance = max(taken, 1 / len(names))
        readable = has_words(label_set, name) or bool(label_set.phrases.get(name))
        verdict = _verdict(hits, n, taken, chance) if readable or n < FEWEST_TEXTS else NOTHING
        described = bool(label_set.descriptions.get(name) or label_set.phrases.get(name))
        found.append(NameEvidence(base, name, n, hits / n if n else None, chance, verdict, described))
    return tuple(found)


def name_advice(found: Sequence[NameEvidence]) -> list[str]:
    """For which labels of one encoder a line each would help; nothing where all names tell enough."""
    lines = []
    for described in (False, True):
        nothing, little = (
            [one for one in found if one.verdict == verdict and one.described == described]
            for verdict in (NOTHING, LITTLE)
        )
        do = REWRITE if described else WRITE
        if nothing and all(one.recall is None for one in nothing):
            names = listed([one.label for one in nothing])
            lines.append(f"Most labels are codes, and no name is read ({names}): {do}.")
        elif nothing:
            names = listed([one.label for one in nothing])
            lines.append(f"The {_names(nothing, 'tell')} nothing here ({names}): {do}.")
        if little:
            worst = sorted(little, key=lambda one: one.recall or 0.0)
            names = listed([f"{one.label} {100 * (one.recall or 0.0):.0f} %" for one in worst])
            do = "phrases would help" if described else "a line each would help"
            lines.append(f"Before the first answer the {_names(little, 'find')} few of their texts ({names}): {do}.")
    return lines


WRITE = "write a line each, or example phrases (`weakspot labels suggest`)"
REWRITE = "write other lines, or example phrases (`weakspot labels suggest`)"


def _names(those: Sequence[NameEvidence], verb: str) -> str:
    """What is known of these labels, at least one, all described or none, as a subject with its verb."""
    many, described = len(those) > 1, those[0].described
    name = ("names and descriptions" if many else "name and description") if described else "names" if many else "name"
    labels = f"{len(those)} labels" if many else "1 label"
    return f"{name} of {labels} {verb}" + ("" if many or described else "s")


def _guesses(texts: FrozenTexts, known: EmbeddedLabels, rows: IntArray, *, classes: int, recipe: str) -> IntArray:
    """(r,) the guesses of a model without any answer on these rows."""
    fit: Recipe = registry.load("recipe", recipe)
    some = FrozenTexts(
        texts=tuple(texts.texts[row] for row in rows),
        embeddings=np.asarray(texts.embeddings[rows]),
        layers=None if texts.layers is None else np.asarray(texts.layers[rows]),
        labels=known,
    )
    none = np.zeros(0, np.int64)
    found: IntArray = fit(some, none, none, classes=classes, unlabelled=none, seed=0).argmax(axis=1)
    return found


def _verdict(hits: int, n: int, taken: float, chance: float) -> str | None:
    """ENOUGH unless the name surely finds less than half of what chance would miss, or most other texts as well.

    taken: share of other labels' texts that get this label.
    """
    interval = wilson(hits, n)
    if interval is None or n < FEWEST_TEXTS:
        return None
    by_chance = binom.sf(hits - 1, n, chance) > ALPHA
    if interval[1] < (1 + chance) / 2:
        return NOTHING if by_chance else LITTLE
    return NOTHING if by_chance and taken >= TAKES_MOST else ENOUGH
