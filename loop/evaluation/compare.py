"""Champion and challenger on the same examples: what was fixed, what was broken, and whether that can be chance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from loop.errors import DataError
from loop.evaluation.measure import aligned
from loop.evaluation.paired import mcnemar, paired_interval, signflip, weighted_interval
from loop.records import Comparison, Predictions

Chances = Mapping[str, float]
"""Id → how likely the example was drawn, above 0; only ratios matter. Empty: all alike."""
ALIKE: Chances = {}


def compare_wrong(
    before: Mapping[str, bool], after: Mapping[str, bool], *, on: str, chances: Chances = ALIKE
) -> Comparison:
    """Id → whether the champion (before) and the challenger (after) are wrong, on the ids that both have.

    chances: of the shared ids, where some were likelier to be drawn than others: then the difference, its interval and
    its p-value weigh each by 1 / chance, while the counts stay plain counts. Raises DataError when the models share no
    id, or one has no chance.
    """
    shared = sorted(set(before) & set(after))
    if not shared:
        raise DataError(
            f"champion and challenger share no example on {on} where both are known to be right or wrong",
            wanted="at least one",
            do="measure both models on the same examples",
        )
    fixed = sum(before[id_] and not after[id_] for id_ in shared)
    broken = sum(after[id_] and not before[id_] for id_ in shared)
    errors = sum(before[id_] for id_ in shared)
    plain = counted(fixed, broken, champion_errors=errors, n=len(shared), on=on)
    if not chances:
        return plain
    weights = 1 / np.array([_chance(chances, id_) for id_ in shared])
    if np.ptp(weights) == 0:
        return plain
    old, new = (np.array([model[id_] for id_ in shared], dtype=np.float64) for model in (before, after))
    low, high = weighted_interval(old, new, weights)
    return Comparison(
        n=plain.n,
        fixed=fixed,
        broken=broken,
        champion_errors=errors,
        difference=float((weights * (new - old)).sum() / weights.sum()),
        low=low,
        high=high,
        p_value=signflip((new - old).astype(np.int64), weights),
        on=on,
    )


def counted(fixed: int, broken: int, *, champion_errors: int, n: int, on: str) -> Comparison:
    """A comparison from its counts, every example alike; n at least 1."""
    low, high = paired_interval(fixed, broken, champion_errors=champion_errors, n=n)
    return Comparison(
        n=n,
        fixed=fixed,
        broken=broken,
        champion_errors=champion_errors,
        difference=(broken - fixed) / n,
        low=low,
        high=high,
        p_value=mcnemar(fixed, broken),
        on=on,
    )


def wrong_of(model: Predictions, truth: Mapping[str, str]) -> dict[str, bool]:
    """Id → whether the model errs there, for all of `truth`. Raises DataError when one has no prediction."""
    ids = sorted(truth)
    probabilities, columns = aligned(model, truth, ids)
    return dict(zip(ids, (probabilities.argmax(axis=1) != columns).tolist(), strict=True))


def p_worse(comparison: Comparison) -> float:
    """One-sided p-value of "not worse", 0..1; 1.0 where it is no worse as seen.

    The two-sided tests here are symmetric, so that the half is exact for a difference above 0.
    """
    return comparison.p_value / 2 if comparison.difference > 0 else 1.0


def _chance(chances: Chances, id_: str) -> float:
    chance = chances.get(id_)
    if chance is None or chance <= 0:
        raise DataError(
            f"example {id_} has no chance of having been drawn",
            wanted="a chance above 0 for every example that was drawn with unequal chances",
        )
    return chance
