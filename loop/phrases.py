"""Example phrases of labels that measure the model as well: texts of gold, audit or dev examples, or nearly.

phrases ─┬─► LeakGuard ─► PhraseLeak: not trained on, and no new phrase is suggested like it
gold, audit, dev texts ─┘
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loop.ledger import people
from loop.pool import LeakGuard
from loop.project import Project
from loop.records import LabelSet, PickKind, Role, Split

MEASURING = {"audit": (PickKind.AUDIT, Role.AUDIT), "dev": (PickKind.DEV, Role.DEV)}
"""Ground → the picks and the labels that belong to it."""


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


def leaking(project: Project, labels: LabelSet, *, before: int | None = None) -> tuple[PhraseLeak, ...]:
    """The leaking ones among the phrases, in their order.

    before: audit and dev examples count that were asked before this round; None: all.
    """
    phrases = [(name, phrase) for name in labels.names for phrase in labels.phrases.get(name, ())]
    measured = _measured(project, before) if phrases else []
    if not measured:
        return ()
    index = LeakGuard(project.pool.texts([id_ for id_, _ in measured]))
    return tuple(
        PhraseLeak(*phrases[leak.row], *measured[leak.gold_row], leak.grade.value, leak.similarity)
        for leak in index.find([phrase for _, phrase in phrases])
    )


def _measured(project: Project, before: int | None) -> Sequence[tuple[str, str]]:
    """Id and ground of every example that measures; of equally alike ones the first is taken."""
    with project.ledger.read() as connection:
        picks = [row for row in people.picks(connection) if before is None or row.round < before]
        labels = people.labels(connection, roles=[role for _, role in MEASURING.values()])
    found = dict.fromkeys(project.pool.ids(Split.GOLD), "gold")
    for ground, (kind, role) in MEASURING.items():
        ids = {row.pick.example_id for row in picks if row.pick.kind is kind}
        ids |= {label.example_id for label in labels if label.role is role}
        found |= dict.fromkeys(sorted(ids - found.keys()), ground)
    return list(found.items())
