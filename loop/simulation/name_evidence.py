"""How much the name of each label tells the encoder, found on the labelled texts of the file.

    names, no answer ─► the recipe's model before the first answer ─► its guesses on some texts of each label
        ─► recall of the label │ by chance: how often the other labels' texts are taken for it ─► verdict

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
from loop.simulation import frozen
from loop.simulation.data import Labelled

FEWEST_TEXTS = 5
"""A label with fewer texts is not judged."""
MOST_TEXTS = 50
"""So many texts of a label, drawn at random, are enough to judge it; more would take time."""
ALPHA = 0.05
"""Of the one-sided binomial test against chance."""
TAKES_MOST = 0.5
"""A name that gets this share of the other labels' texts is judged by the test alone: there is hardly room above it."""
NOTHING, LITTLE, ENOUGH = "nothing", "little", "enough"
LISTED = 5
"""So many labels are named in a sentence."""


@dataclass(frozen=True, slots=True)
class NameEvidence:
    """What the name of one label tells one encoder."""

    base: str
    """The frozen encoder."""
    label: str
    n: int
    """Texts of the label that it was judged on."""
    recall: float | None
    """Share of them that the names alone give this label, 0..1; None where names are codes and not read."""
    chance: float | None
    """Share to expect of a name that tells nothing: that of other labels' texts which get it, and 1/k at least."""
    verdict: str | None
    """NOTHING, LITTLE or ENOUGH; None: too few texts."""


def evidence(data: Labelled, place: Path, names: Path | None, *, base: str, recipe: str) -> tuple[NameEvidence, ...]:
    """One for each label, in the order of the columns.

    place, names: folders of loop.simulation.frozen with texts and names; names None: they are codes and not read.
    recipe: one that is a model before the first answer.
    """
    rows = drawn(data.labels, classes=len(data.names))
    labels = data.labels[rows]
    if names is None:
        counts = np.bincount(labels, minlength=len(data.names))
        pairs = zip(data.names, counts.tolist(), strict=True)
        return tuple(NameEvidence(base, name, n, None, None, NOTHING) for name, n in pairs)
    guesses = _guesses(frozen.opened(place), frozen.opened(names), rows, classes=len(data.names), recipe=recipe)
    return judged(guesses, labels, data.names, base=base)


def drawn(labels: IntArray, *, classes: int) -> IntArray:
    """Rows of at most MOST_TEXTS texts of each label, the same each time. labels: (n,)."""
    order = np.random.default_rng(0).permutation(len(labels))
    rows = [order[labels[order] == column][:MOST_TEXTS] for column in range(classes)]
    return np.sort(np.concatenate(rows))


def judged(guesses: IntArray, labels: IntArray, names: Sequence[str], *, base: str) -> tuple[NameEvidence, ...]:
    """The verdict on each name. guesses, labels: (n,) columns in `names`."""
    label_set = LabelSet(tuple(names))
    found = []
    for column, name in enumerate(names):
        own = labels == column
        n, hits = int(own.sum()), int((guesses[own] == column).sum())
        taken = float((guesses[~own] == column).mean()) if not own.all() else 0.0
        chance = max(taken, 1 / len(names))
        verdict = _verdict(hits, n, taken, chance) if has_words(label_set, name) or n < FEWEST_TEXTS else NOTHING
        found.append(NameEvidence(base, name, n, hits / n if n else None, chance, verdict))
    return tuple(found)


def name_advice(found: Sequence[NameEvidence]) -> list[str]:
    """For which labels of one encoder a line each would help; nothing where all names tell enough."""
    nothing, little = ([one for one in found if one.verdict == verdict] for verdict in (NOTHING, LITTLE))
    lines = []
    if nothing and all(one.recall is None for one in nothing):
        listed = _listed([one.label for one in nothing])
        lines.append(f"Most labels are codes, and no name is read ({listed}): {WRITE}.")
    elif nothing:
        those = f"names of {len(nothing)} labels tell" if len(nothing) > 1 else "name of 1 label tells"
        lines.append(f"The {those} nothing here ({_listed([one.label for one in nothing])}): {WRITE}.")
    if little:
        those = f"names of {len(little)} labels find" if len(little) > 1 else "name of 1 label finds"
        worst = sorted(little, key=lambda one: one.recall or 0.0)
        listed = _listed([f"{one.label} {100 * (one.recall or 0.0):.0f} %" for one in worst])
        lines.append(f"Before the first answer the {those} few of their texts ({listed}): a line each would help.")
    return lines


WRITE = "write a line each, or example phrases (`weakspot labels suggest`)"


def _guesses(texts: FrozenTexts, names: FrozenTexts, rows: IntArray, *, classes: int, recipe: str) -> IntArray:
    """(r,) what a model of the names alone says of these rows."""
    fit: Recipe = registry.load("recipe", recipe)
    known = EmbeddedLabels(
        columns=np.arange(classes),
        embeddings=np.asarray(names.embeddings),
        layers=None if names.layers is None else np.asarray(names.layers),
    )
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


def _listed(labels: Sequence[str]) -> str:
    more = len(labels) - LISTED
    return ", ".join(labels[:LISTED]) + (f" and {more:,} more" if more > 0 else "")
