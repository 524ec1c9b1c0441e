"""Huge pools and huge batches, and the order of candidates: what a strategy need not think of itself.

    view in any order ─► by example id ─► at most `most`, drawn at random ─► strategy, `portion` at a time ─► rows

A rule under this wrapper may go by row number: the same examples in another order give the same picks.
Random subsets before a costly rule: Ertekin et al. 2007, Learning on the border: active learning in imbalanced data
classification.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import numpy as np

from loop.protocols import Choice, PoolView, Strategy
from loop.records import IntArray
from loop.selection.strategies.basic import by_id
from loop.selection.wrappers.subset import among, asked_too, joined

MOST = 20_000
"""Candidates looked at together, unless a rule says otherwise."""
PORTION = 2_000
"""Rows picked at once; a larger budget is handed out in portions, each new to what was picked before."""


def subsampled(*, most: int = MOST, portion: int = PORTION) -> Callable[[Strategy], Strategy]:
    """A decorator; `portion` must not exceed `most`. Memory of the rule is bounded by these two, whatever the pool."""

    def narrowing(strategy: Strategy) -> Strategy:
        @wraps(strategy)
        def narrowed(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
            left = by_id(view)
            wanted = min(budget, len(left))
            found: list[Choice] = []
            taken: IntArray = left[:0]
            while len(taken) < wanted or not found:
                choice = among(
                    strategy,
                    asked_too(view, taken),
                    _drawn(left, most, rng),
                    budget=min(portion, wanted - len(taken)),
                    rng=rng,
                )
                found.append(choice)
                taken = np.concatenate([taken, choice.rows])
                left = left[~np.isin(left, choice.rows)]
                if not len(choice.rows):
                    break
            return joined(found)

        return narrowed

    return narrowing


def _drawn(rows: IntArray, most: int, rng: np.random.Generator) -> IntArray:
    """At most so many of the rows, in their order."""
    if len(rows) <= most:
        return rows
    drawn: IntArray = rows[np.sort(rng.choice(len(rows), most, replace=False))]
    return drawn
