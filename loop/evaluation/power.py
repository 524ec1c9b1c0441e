"""How many answers it takes to tell a difference."""

from __future__ import annotations

from math import ceil, sqrt

from loop.records import Comparison

POWER = 0.8
"""In four of five cases."""


A_YEAR = 50_000
"""Answers of one person in a year: 250 days of 200."""


def needed(comparison: Comparison, *, level: float, most: int | None = None) -> int | None:
    """So many further examples would tell the difference seen, if it is the true one, in four of five cases.

    level: two-sided, of the look that would tell it. most: how many further examples there are; None: not known.
    At least 1; None without a difference, and where it would take more than `most` or A_YEAR: then no difference worth
    having is there.

    Connor 1987, Sample size for testing differences in proportions for the paired-sample design, Biometrics 43; with
    Edwards' correction, because the exact test that is used is as careful as that: the n that solves
    n d - 1 = z_level sqrt(n s) + z_power sqrt(n (s - d^2)), d the difference, s the share that changed.
    """
    from scipy.stats import norm

    difference = abs(comparison.difference)
    if difference == 0:
        return None
    share = max((comparison.fixed + comparison.broken) / comparison.n, difference)
    beyond = float(norm.isf(level / 2)) * sqrt(share) + float(norm.isf(1 - POWER)) * sqrt(share - difference**2)
    root = (beyond + sqrt(beyond**2 + 4 * difference)) / (2 * difference)
    more = max(ceil(root**2) - comparison.n, 1)
    return more if more <= min(A_YEAR, A_YEAR if most is None else most) else None
