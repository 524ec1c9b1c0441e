"""Does the place on the page decide? Told from pairs that were shown in both orders, by whomever."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import sqrt

import numpy as np

from loop.consensus.judgements import Tally

Z = 1.959963984540054
"""Two-sided 95 %."""


@dataclass(frozen=True, slots=True)
class PositionBias:
    """How often the first place wins where both candidates had it; 0.5 is fair."""

    first: float
    """Share of "first" among the answers that take a side, 0..1, both orders counted alike."""
    low: float
    high: float
    """95 % Wilson interval on the answers of the scarcer order, doubled. On the safe side: a clear preference gives one
    "first" and one "second" of each couple, which scatters less than the interval allows for."""
    n: int
    """Answers that take a side on pairs shown in both orders."""


def position_bias(answers: Tally) -> PositionBias | None:
    """None when no pair was answered with a side in both orders."""
    firsts: defaultdict[tuple[str, str, str], tuple[list[bool], list[bool]]] = defaultdict(lambda: ([], []))
    for judgement in answers.judgements:
        if judgement.outcome in ("first", "second"):
            swapped = judgement.first > judgement.second
            firsts[judgement.pair][swapped].append(judgement.outcome == "first")
    couples = [(one, other) for one, other in firsts.values() if one and other]
    if not couples:
        return None
    weight = np.array([2 * min(len(one), len(other)) for one, other in couples])
    share = np.array([(np.mean(one) + np.mean(other)) / 2 for one, other in couples])
    first = float(weight @ share / weight.sum())
    low, high = _wilson(first, n=float(weight.sum()))
    return PositionBias(first, low, high, sum(len(one) + len(other) for one, other in couples))


def _wilson(share: float, *, n: float) -> tuple[float, float]:
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return max(0.0, middle - half), min(1.0, middle + half)
