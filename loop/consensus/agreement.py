"""How far annotators say the same, before any model of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from loop.consensus.judgements import Tally
from loop.records import IntArray


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement over left, tie and right; "both bad" is a tie."""

    raw: float | None
    """Share of the couples of answers on one pair, by two annotators, that say the same, 0..1; None without any."""
    alpha: float | None
    """Krippendorff's alpha, nominal: 1 full agreement, 0 what chance gives, below 0 worse. Chance knows no sides: left
    and right are taken as equally frequent, so that renaming the candidates changes nothing. None without couples, or
    when all answers are ties."""
    n: int
    """Pairs that two annotators or more answered."""
    answers: int
    """Their answers, one per annotator and pair."""


def agreement(answers: Tally, *, people: Collection[str]) -> Agreement:
    """Among `people`; one who answered a pair more than once has one voice."""
    counts = np.zeros((len(answers.pairs), 3), dtype=np.int64)
    person = np.isin(answers.annotator, [row for row, name in enumerate(answers.annotators) if name in people])
    np.add.at(counts, (answers.pair[person], answers.says[person]), 1)
    shared = counts[counts.sum(axis=1) > 1]
    couples, same = _couples(shared)
    return Agreement(
        raw=same / couples if couples else None,
        alpha=krippendorff(np.vstack((shared, shared[:, ::-1]))),
        n=len(shared),
        answers=int(shared.sum()),
    )


def krippendorff(counts: IntArray) -> float | None:
    """Krippendorff's alpha for nominal answers (Krippendorff 2019, Content Analysis, chapter 12).

    counts: (u, c) how often each of u units got each of c answers. Units with one answer do not count. None when no
    unit has two answers, or all answers are the same.
    """
    shared = counts[counts.sum(axis=1) > 1].astype(float)
    of_unit, of_answer = shared.sum(axis=1), shared.sum(axis=0)
    total = of_unit.sum()
    expected = (total**2 - (of_answer**2).sum()) / (total - 1) if total else 0.0
    if not expected:
        return None
    observed = ((of_unit**2 - (shared**2).sum(axis=1)) / (of_unit - 1)).sum()
    return float(1 - observed / expected)


def _couples(counts: IntArray) -> tuple[int, int]:
    """Couples of answers on the same unit, and those that say the same."""
    of_unit = counts.sum(axis=1)
    return int((of_unit * (of_unit - 1) // 2).sum()), int((counts * (counts - 1) // 2).sum())
