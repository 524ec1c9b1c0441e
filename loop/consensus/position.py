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
    firsts: defaultdict[tuple[str, str, str], dict[bool, list[bool]]] = defaultdict(lambda: {True: [], False: []})
    for judgement in answers.judgements:
        if judgement.outcome in ("first", "second"):
            firsts[judgement.pair][judgement.first < judgement.second].append(judgement.outcome == "first")
    couples = [
        (straight, swapped) for _, (straight, swapped) in sorted((k, tuple(v.values())) for k, v in firsts.items())
    ]
    couples = [(straight, swapped) for straight, swapped in couples if straight and swapped]
    if not couples:
        return None
    weight = np.array([2 * min(len(straight), len(swapped)) for straight, swapped in couples])
    share = np.array([(np.mean(straight) + np.mean(swapped)) / 2 for straight, swapped in couples])
    first = float(weight @ share / weight.sum())
    low, high = _wilson(first, n=float(weight.sum()))
    return PositionBias(first, low, high, sum(len(straight) + len(swapped) for straight, swapped in couples))


def _wilson(share: float, *, n: float) -> tuple[float, float]:
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return max(0.0, middle - half), min(1.0, middle + half)
