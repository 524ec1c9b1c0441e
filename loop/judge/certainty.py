"""How firm a judge is, from two askings of the same question. Pure.

agreement of both orders (1: all the same, 0.5: as by chance) x how probable its words were ─► 0.5..1
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

MOST = 1 - 1e-6
"""Of a probability, so that one asking can be no more than very sure."""


def certainty(agreement: float, probabilities: Sequence[float | None]) -> float:
    """0.5..1; 0.5 is no better than a coin.

    agreement: 0..1, of the verdicts in both orders. probabilities: of the words of each asking; when one is None the
    agreement speaks alone. The probabilities are averaged as log odds, in which a fixed leaning to one place adds as
    much in one order as it takes in the other.
    """
    known = [min(max(p, 1 - MOST), MOST) for p in probabilities if p is not None]
    if not known or len(known) < len(probabilities):
        return max(0.5, agreement)
    odds = math.fsum(math.log(p / (1 - p)) for p in known) / len(known)
    return max(0.5, agreement / (1 + math.exp(-odds)))


def same_order(one: Sequence[int], other: Sequence[int]) -> float:
    """0..1, share of the pairs that both rankings order alike: (1 + Kendall's tau) / 2.

    one, other: permutations of the same two or more things, best first.
    """
    first = {thing: place for place, thing in enumerate(one)}
    second = {thing: place for place, thing in enumerate(other)}
    pairs = list(combinations(one, 2))
    return sum((first[a] < first[b]) == (second[a] < second[b]) for a, b in pairs) / len(pairs)


def mean_order(one: Sequence[int], other: Sequence[int]) -> tuple[int, ...]:
    """The things by their mean place in both rankings, best first; ties as `one` has them."""
    return tuple(sorted(one, key=lambda thing: (one.index(thing) + other.index(thing), one.index(thing))))
