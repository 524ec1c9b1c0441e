"""The labels of a project: what says what they mean, and how many answers each has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from loop.label_texts import has_words, informative
from loop.ledger import people
from loop.report.view import View


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One label."""

    name: str
    description: str
    words: bool
    """Whether name or description holds a word; a code such as "L01" gives a model nothing to go by."""
    phrases: int
    """Example phrases in weakspot.yaml."""
    labelled: int
    """Examples that have the label so far, those that measure included."""


@dataclass(frozen=True, slots=True)
class LabelList:
    """All labels, in the order of the model."""

    rows: tuple[LabelRow, ...]
    informative: bool
    """Whether most labels have a word, so that models are made from names and descriptions too."""
    unlisted: Mapping[str, int]
    """Label that examples have and weakspot.yaml does not → how many: it was renamed or removed there."""


def labels(view: View) -> LabelList:
    """Every label of weakspot.yaml; none where models write free answers."""
    known = view.project.config.label_set
    with view.project.ledger.read() as connection:
        counts = Counter(label.label for label in people.labels(connection))
    rows = (
        LabelRow(
            name=name,
            description=known.descriptions.get(name, ""),
            words=has_words(known, name),
            phrases=len(known.phrases.get(name, ())),
            labelled=counts[name],
        )
        for name in known.names
    )
    unlisted = {name: n for name, n in counts.items() if known.names and name not in known.names}
    return LabelList(tuple(rows), informative(known), unlisted)
