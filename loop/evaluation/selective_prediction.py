"""Above which confidence answers may be accepted without a person, so that few are wrong, with certainty (pure).

    confidence, right ─► each threshold of a fixed grid, from high to low ─► exact binomial test ─► the last that passed

Learn then test: Angelopoulos, Bates, Candès, Jordan and Lei 2021, arXiv 2110.01052, with fixed-sequence testing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from loop.evaluation.intervals import wilson
from loop.evaluation.reliability import BoolArray
from loop.records import FloatArray, IntArray

LIMITS = (0.01, 0.02, 0.05, 0.10)
GRID = (0.999, 0.998, 0.995, *(percent / 100 for percent in range(99, -1, -1)))
"""The thresholds that are tried, in this order: fixed before any answer is seen."""
SEARCHED = 20_000
"""More accepted answers than this nobody will collect: no number is given then."""


@dataclass(frozen=True, slots=True)
class AutoAccept:
    """Which answers may be accepted unseen under one error limit."""

    most: float
    """The limit: at most this share of the accepted answers is wrong, 0..1."""
    certainty: float
    """How sure that is, 0..1."""
    threshold: float | None
    """Accept from this confidence on; None: no threshold can be vouched for yet."""
    share: float | None
    """Share of all examples accepted so."""
    share_low: float | None
    share_high: float | None
    """95 % Wilson interval of that share."""
    errors: int
    """Wrong answers among the accepted ones it was learned from."""
    n: int
    """Accepted ones it was learned from."""
    needed: int | None
    """About so many more answers of the same kind would do; None: enough, or not to be had by answers."""
    reason: str
    """Why there is no threshold, in words; "" when there is one."""


def auto_accept(
    confidence: FloatArray, right: BoolArray, *, most: Sequence[float] = LIMITS, certainty: float = 0.95
) -> tuple[AutoAccept, ...]:
    """For each error limit the lowest threshold that keeps it: one row a limit, in the order of `most`.

    For each threshold of GRID, from high to low, the hypothesis "of the accepted answers more than `most` are wrong" is
    tested: the chance of so few errors among so many accepted, if just `most` were wrong (exact binomial tail), must
    be at most 1 - certainty. The first threshold that fails ends the search; the one before it is the answer. As the
    order is fixed beforehand, a threshold that breaks its limit is given in at most 1 - certainty of all samples, each
    limit by itself. Thresholds that fewer answers reach than `enough` are passed over, as no result could pass there:
    that looks at confidences, never at who was right.

    Assumes that the examples are a random sample, with equal chances, of those the threshold will be used on (see
    `equal_chance`), and that the passed-over top is not worse than what lies just below it.
    """
    return tuple(_accept(confidence, right, limit, certainty) for limit in most)


def equal_chance(inclusion: FloatArray, *, rng: np.random.Generator) -> BoolArray:
    """(n,) which examples to keep of those drawn with unequal known chances, so that all kept ones had the same.

    Example i is kept with probability min(inclusion) / inclusion[i]: thinning makes `auto_accept`'s binomial exact.
    inclusion: (n,) above 0 and at most 1.
    """
    if len(inclusion) == 0:
        return np.zeros(0, bool)
    kept: BoolArray = rng.random(len(inclusion)) < inclusion.min() / inclusion
    return kept


def _accept(confidence: FloatArray, right: BoolArray, most: float, certainty: float) -> AutoAccept:
    grid = np.array(GRID)
    accepted = (confidence[:, None] >= grid).sum(axis=0)
    errors = ((confidence[:, None] >= grid) & ~right[:, None]).sum(axis=0)
    passes = binom.cdf(errors, accepted, most) <= 1 - certainty
    tested = np.flatnonzero(accepted >= enough(most, certainty))
    failed = np.flatnonzero(~passes[tested])
    good = tested[: failed[0]] if len(failed) else tested
    if len(good) == 0:
        return _none(most, certainty, accepted, errors, n=len(right))
    best = good[-1]
    low, high = wilson(int(accepted[best]), len(right)) or (0.0, 1.0)
    share = float(accepted[best] / len(right))
    n, wrong = int(accepted[best]), int(errors[best])
    return AutoAccept(most, certainty, float(grid[best]), share, low, high, wrong, n, None, "")


def enough(most: float, certainty: float) -> int:
    """The smallest number of accepted answers, none of them wrong, that keeps the limit: 299 for 1 % and 95 %."""
    return math.ceil(math.log(1 - certainty) / math.log1p(-most))


def _none(most: float, certainty: float, accepted: IntArray, errors: IntArray, *, n: int) -> AutoAccept:
    needed = _needed(most, certainty, accepted, errors, n=n)
    if needed is None:
        reason = f"even the surest answers seem to err in more than {100 * most:g} %, or too near to it"
    else:
        reason = f"needs about {needed} more answers"
    return AutoAccept(most, certainty, None, None, None, None, 0, 0, needed, reason)


def _needed(most: float, certainty: float, accepted: IntArray, errors: IntArray, *, n: int) -> int | None:
    """How many more answers would vouch for the most promising threshold if it went on erring as often as so far."""
    if n == 0:
        return enough(most, certainty)
    held, wrong = np.unique(np.stack([accepted, errors])[:, errors < most * accepted], axis=1)
    sizes = np.unique(np.geomspace(1, SEARCHED, 200).astype(int))
    passing = binom.cdf(np.ceil(wrong[:, None] / held[:, None] * sizes), sizes, most) <= 1 - certainty
    wanted = sizes[passing.argmax(axis=1)] * n / held
    totals = np.ceil(wanted[passing.any(axis=1)]).astype(int)
    # One that would pass already stands behind a surer one that failed: it is not what is missing.
    return min((int(total) - n for total in totals if total > n), default=None)
