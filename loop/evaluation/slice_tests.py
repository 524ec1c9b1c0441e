"""Parts of the examples that the gate watches beside the whole: classes, slices, spots, checks, guard sets.

    champion and challenger on each part ─► too few examples: left out ─► one-sided p, corrected for looking at many

Correction: Holm 1979, A simple sequentially rejective multiple test procedure, which holds whatever binds the parts
together, over those parts that could be told at all. A part where two examples changed can never have a p-value below
1/4, whichever way they went; counted among a hundred it would only blunt the others. How many parts to count follows
from how many examples changed in each and never from the way they went, so the correction stays valid: Tarone 1990, A
modified Bonferroni method for discrete data, Biometrics 46.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from loop.evaluation.compare import ALIKE, Chances, compare_wrong, p_worse
from loop.records import Comparison, SliceComparison


def part(
    kind: str,
    name: str,
    before: Mapping[str, bool],
    after: Mapping[str, bool],
    *,
    on: str,
    margin: float,
    chances: Chances = ALIKE,
) -> SliceComparison | None:
    """One part, not yet corrected. before, after: id → wrong, of champion and challenger; None: they share no id."""
    if not set(before) & set(after):
        return None
    return watched(kind, name, compare_wrong(before, after, on=on, chances=chances), margin=margin)


def watched(kind: str, name: str, comparison: Comparison, *, margin: float) -> SliceComparison:
    """A part from its comparison, not yet corrected."""
    return SliceComparison(kind, name, comparison, p_worse(comparison), margin)


def corrected(parts: Sequence[SliceComparison], *, alpha: float, least: int) -> tuple[SliceComparison, ...]:
    """The parts with at least `least` examples, their p-values corrected for each other; those that tell most first.

    alpha: the level they will be held against, which decides how many could be told at all. The others get 1.0.
    """
    enough = sorted((one for one in parts if one.comparison.n >= least), key=_telling)
    count = _tellable(sorted(_smallest(one) for one in enough), alpha)
    able = [one for one in enough if _smallest(one) <= alpha / count]
    adjusted = dict(zip(map(id, able), holm([one.p_worse for one in able]), strict=True))
    return tuple(sorted((replace(one, p_worse=adjusted.get(id(one), 1.0)) for one in enough), key=_telling))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p-values, 0..1, in the order given: each at most alpha holds for all at once with 1 - alpha."""
    order = sorted(range(len(p_values)), key=lambda row: p_values[row])
    found = [1.0] * len(p_values)
    largest = 0.0
    for place, row in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[row]))
        found[row] = largest
    return tuple(found)


def _tellable(smallest: Sequence[float], alpha: float) -> int:
    """Tarone's K: the fewest tests that alpha must be shared among; smallest: the least p each could have, sorted."""
    return next(
        count for count in range(1, len(smallest) + 2) if sum(one <= alpha / count for one in smallest) <= count
    )


def _smallest(one: SliceComparison) -> float:
    """The least one-sided p-value with as many changes."""
    return float(0.5 ** (one.comparison.fixed + one.comparison.broken))


def _telling(one: SliceComparison) -> tuple[float, float, str, str]:
    return one.p_worse, -one.comparison.difference, one.kind, one.name
