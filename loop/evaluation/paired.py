"""Paired tests and intervals: two models on the same examples, and how far the difference can be chance.

    fixed, broken, n ─────────────► mcnemar, paired_interval        every example counts alike
    changes, weights = 1 / chance ─► signflip, weighted_interval     drawn with unequal chances

A change is what happened to one example: -1 fixed, 0 the same, +1 broken.
"""

from __future__ import annotations

from functools import lru_cache
from math import sqrt

import numpy as np

from loop.evaluation.estimators.effective import kish, wilson_at
from loop.records import FloatArray, IntArray

GRAIN = 64
"""The mean weight of a changed example becomes this whole number, the others in proportion."""
LARGEST = 100_000
"""Grains of all changed examples together, at most: with many of them each is weighed more coarsely."""
FEW = 10
"""Changed examples."""


@lru_cache(maxsize=100_000)
def mcnemar(fixed: int, broken: int) -> float:
    """Exact two-sided p-value, 0..1, of "fixing and breaking are equally likely"; 1.0 when nothing changed.

    McNemar 1947; the exact form is the binomial test of fixed among fixed + broken.
    """
    from scipy.stats import binom

    changed = fixed + broken
    return min(1.0, 2 * float(binom.cdf(min(fixed, broken), changed, 0.5))) if changed else 1.0


def paired_interval(fixed: int, broken: int, *, champion_errors: int, n: int) -> tuple[float, float]:
    """95 % interval of (broken - fixed) / n, the change of the error rate, within -1..1; n at least 1.

    Newcombe 1998, Improved confidence intervals for the difference between binomial proportions based on paired data,
    Statistics in Medicine 17, method 10: the Wilson intervals of both rates, squared and added, less their correlation.
    """
    both = champion_errors - fixed
    return _newcombe(both / n, fixed / n, broken / n, n=n)


def signflip(changes: IntArray, weights: FloatArray) -> float:
    """Exact two-sided p-value, 0..1, of "fixing and breaking are equally likely", each change by its weight.

    changes: (n,) of -1, 0, 1. weights: (n,) above 0; only their ratios matter, and they are rounded to some grains. If
    the models are exchangeable, every change could as well have gone the other way, whatever its weight: the sum of
    the changes is compared with its distribution over all 2^m ways (Fisher 1935, The design of experiments, section
    21), found by convolution. Rounding changes which sum is looked at and not that the test is exact. With equal
    weights it is `mcnemar`.
    """
    changed = changes != 0
    m = int(changed.sum())
    if m == 0:
        return 1.0
    mean = float(weights[changed].mean())
    grain = max(min(GRAIN, LARGEST // m), 1) if np.ptp(weights[changed]) > 0 else 1
    grains = np.maximum(np.rint(weights[changed] / mean * grain), 1).astype(np.int64)
    told = abs(int((grains * changes[changed]).sum()))
    total = int(grains.sum())
    # chance[s]: the grains that went one way add up to s; those of the other way are the rest.
    chance: FloatArray = np.zeros(total + 1)
    chance[0] = 1.0
    for grain_ in grains.tolist():
        moved = np.zeros_like(chance)
        moved[grain_:] = chance[: total + 1 - grain_]
        chance = (chance + moved) / 2
    sums = 2 * np.arange(total + 1) - total
    return min(1.0, float(chance[np.abs(sums) >= told].sum()))


def weighted_interval(champion: FloatArray, challenger: FloatArray, weights: FloatArray) -> tuple[float, float]:
    """95 % interval of the weighted difference of two error rates, challenger's less champion's, within -1..1.

    champion, challenger: (n,) 1.0 wrong, 0.0 right; weights (n,) above 0; n at least 1. Newcombe's interval of the
    weighted rates at the number of plain examples that would tell as much: n divided by the difference's own design
    effect, at most n (Korn and Graubard 1998, as for `loop.evaluation.estimators`). Where fewer than FEW examples
    changed, that cannot be told, and Kish's number is taken where it is smaller.
    """
    share = weights / weights.sum()
    both, fixed, broken = (
        float((share * one).sum())
        for one in (champion * challenger, champion * (1 - challenger), (1 - champion) * challenger)
    )
    n, change = len(weights), challenger - champion
    spread = change - float((share * change).sum())
    plain, robust = float((share * spread**2).sum()) / n, float((share**2 * spread**2).sum())
    worth = min(n * plain / robust, n) if robust > 0 else float(n)
    if np.count_nonzero(change) < FEW:
        worth = min(worth, kish(weights))
    return _newcombe(both, fixed, broken, n=max(worth, 1.0))


def _newcombe(both: float, fixed: float, broken: float, *, n: float) -> tuple[float, float]:
    """both, fixed, broken: shares of the n examples."""
    after, before = both + broken, both + fixed
    low_after, high_after = wilson_at(min(after, 1.0), n)
    low_before, high_before = wilson_at(min(before, 1.0), n)
    phi = _correlation(both, fixed, broken, n)
    down = _added(after - low_after, high_before - before, phi)
    up = _added(high_after - after, before - low_before, phi)
    return max(broken - fixed - down, -1.0), min(broken - fixed + up, 1.0)


def _added(one: float, other: float, phi: float) -> float:
    return sqrt(max(one**2 - 2 * phi * one * other + other**2, 0.0))


def _correlation(both: float, fixed: float, broken: float, n: float) -> float:
    """Phi of the 2 x 2 table, with the paper's continuity correction when positive; 0 when a margin is empty."""
    neither = max(1 - both - fixed - broken, 0.0)
    margins = (both + fixed) * (broken + neither) * (both + broken) * (fixed + neither)
    if margins <= 0:
        return 0.0
    product = both * neither - fixed * broken
    corrected = max(product - 1 / (2 * n), 0.0) if product > 0 else product
    return corrected / sqrt(margins)
