"""Champion and challenger on the same examples: what was fixed, what was broken, and whether that can be chance."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

from loop.errors import DataError
from loop.evaluation.intervals import wilson
from loop.evaluation.measure import aligned
from loop.records import Comparison, Predictions


def compare(champion: Predictions, challenger: Predictions, truth: Mapping[str, str], *, on: str) -> Comparison:
    """On the examples of `truth` that both have predicted; each may have its own labels.

    Raises DataError when there is no such example.
    """
    shared = sorted(set(truth) & set(champion.ids) & set(challenger.ids))
    if not shared:
        raise DataError(
            f"champion and challenger share no example with a true label on {on}",
            wanted="at least one",
            do="predict the same examples with both models",
        )
    before, after = (_wrong(model, truth, shared) for model in (champion, challenger))
    return compare_wrong(before, after, on=on)


def compare_wrong(before: Mapping[str, bool], after: Mapping[str, bool], *, on: str) -> Comparison:
    """Id → whether the champion (before) and the challenger (after) are wrong, on the ids that both have.

    Raises DataError when they share none.
    """
    shared = sorted(set(before) & set(after))
    if not shared:
        raise DataError(
            f"champion and challenger share no example on {on} where both are known to be right or wrong",
            wanted="at least one",
            do="measure both models on the same examples",
        )
    n, errors = len(shared), sum(before[id_] for id_ in shared)
    fixed = sum(before[id_] and not after[id_] for id_ in shared)
    broken = sum(after[id_] and not before[id_] for id_ in shared)
    low, high = paired_interval(fixed, broken, champion_errors=errors, n=n)
    return Comparison(
        n=n,
        fixed=fixed,
        broken=broken,
        champion_errors=errors,
        difference=(broken - fixed) / n,
        low=low,
        high=high,
        p_value=mcnemar(fixed, broken),
        on=on,
    )


def mcnemar(fixed: int, broken: int) -> float:
    """Exact two-sided p-value, 0..1, of "fixing and breaking are equally likely"; 1.0 when nothing changed.

    McNemar 1947; the exact form is the binomial test of fixed among fixed + broken.
    """
    from scipy.stats import binomtest

    if fixed + broken == 0:
        return 1.0
    return float(binomtest(fixed, fixed + broken, 0.5).pvalue)


def paired_interval(fixed: int, broken: int, *, champion_errors: int, n: int) -> tuple[float, float]:
    """95 % interval of (broken - fixed) / n, the change of the error rate, within -1..1; n at least 1.

    Newcombe 1998, Improved confidence intervals for the difference between binomial proportions based on paired data,
    Statistics in Medicine 17, method 10: the Wilson intervals of both rates, squared and added, less their correlation.
    """
    both = champion_errors - fixed
    after, before = (both + broken) / n, champion_errors / n
    low_after, high_after = wilson(both + broken, n) or (0.0, 1.0)
    low_before, high_before = wilson(champion_errors, n) or (0.0, 1.0)
    phi = _correlation(both, fixed, broken, n - both - fixed - broken)
    down = _added(after - low_after, high_before - before, phi)
    up = _added(high_after - after, before - low_before, phi)
    return after - before - down, after - before + up


def _added(one: float, other: float, phi: float) -> float:
    return sqrt(max(one**2 - 2 * phi * one * other + other**2, 0.0))


def _correlation(both: int, fixed: int, broken: int, neither: int) -> float:
    """Phi of the 2 x 2 table, with the paper's continuity correction when positive; 0 when a margin is empty."""
    n = both + fixed + broken + neither
    margins = (both + fixed) * (broken + neither) * (both + broken) * (fixed + neither)
    if margins == 0:
        return 0.0
    product = both * neither - fixed * broken
    corrected = max(product - n / 2, 0.0) if product > 0 else float(product)
    return corrected / sqrt(margins)


def _wrong(model: Predictions, truth: Mapping[str, str], ids: list[str]) -> dict[str, bool]:
    probabilities, columns = aligned(model, truth, ids)
    return dict(zip(ids, (probabilities.argmax(axis=1) != columns).tolist(), strict=True))
