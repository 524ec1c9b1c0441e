"""Example phrases of labels that measure the model as well: texts of gold, audit or dev examples, or nearly.

phrases ─┬─► LeakGuard ─► PhraseLeak: not trained on, and no new phrase is suggested like it
gold, audit, dev texts ─┘
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from loop.ledger import people
from loop.pool import LeakGuard
from loop.project import Project
from loop.records import LabelSet, Split
from loop.records.vocabulary import EVAL_SET_OF, ROLES


@dataclass(frozen=True, slots=True)
class PhraseLeak:
    """A phrase, and the text most like it that measures the model."""

    label: str
    phrase: str
    twin_id: str
    ground: str
    """What the twin is for: "gold", "audit" or "dev"."""
    grade: str
    """"same", "folded" or "near"."""
    similarity: float
    """0..1."""


@dataclass(frozen=True)
class MeasuringTexts:
    """The texts that measure the model, indexed."""

    grounds: dict[str, str]
    """Example id → ground, in the order of the index."""
    index: LeakGuard

    def leaking(self, phrases: Iterable[tuple[str, str]]) -> tuple[PhraseLeak, ...]:
        """The leaking ones among (label, phrase), in their order; of equal twins gold comes before audit before dev."""
        given, places = list(phrases), list(self.grounds.items())
        return tuple(
            PhraseLeak(*given[leak.row], *places[leak.gold_row], leak.grade.value, leak.similarity)
            for leak in self.index.find([phrase for _, phrase in given])
        )


def measuring_texts(project: Project, *, before: int | None = None) -> MeasuringTexts:
    """Those of gold, of audit and of dev examples.

    before: audit and dev examples count that were asked before this round; None: all.
    """
    with project.ledger.read() as connection:
        picks = [row for row in people.picks(connection) if before is None or row.round < before]
        labels = people.labels(connection, roles=list(ROLES.values()))
    found = dict.fromkeys(project.pool.ids(Split.GOLD), "gold")
    for kind, role in ROLES.items():
        ids = {row.pick.example_id for row in picks if row.pick.kind is kind}
        ids |= {label.example_id for label in labels if label.role is role}
        found |= dict.fromkeys(sorted(ids - found.keys()), EVAL_SET_OF[kind])
    return MeasuringTexts(found, LeakGuard(project.pool.texts(list(found))))


def leaking(project: Project, labels: LabelSet, *, before: int | None = None) -> tuple[PhraseLeak, ...]:
    """The leaking ones among the phrases of the labels, in their order. before: as for `measuring_texts`."""
    phrases = [(name, phrase) for name in labels.names for phrase in labels.phrases.get(name, ())]
    return measuring_texts(project, before=before).leaking(phrases) if phrases else ()
