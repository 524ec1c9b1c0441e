"""How often the challenger's answer is preferred to the champion's, a tie as half: (value, low, high), all 0..1.

    wins, ties, losses ────────────► win_rate            one comparison per prompt
    scores by prompt ──────────────► clustered_win_rate  a prompt is compared several times
    people and judge on n prompts ┐
    judge alone on N more ────────┴► corrected_win_rate  the judge's opinion, corrected by the people's

A judge (a model, or a reward model) is never truth: what it says alone is biased by nobody knows how much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from loop.errors import DataError
from loop.evaluation.intervals import wilson
from loop.records import FloatArray

ALPHA = 0.05
NEAR = 1e-9
"""The ends are looked for beyond this distance of the value: at the value itself the standard error can be 0."""

DOUBT = 0.5
"""Added to the squared differences of people and judge: a judge who never erred on few prompts may still err. Without
it the 95 % interval held the truth in 88 to 94 % of our simulations, with it in 95 to 99 %."""

Rate = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class CorrectedRate:
    """A win rate told by people on a few prompts and by a judge on many."""

    value: float
    low: float
    high: float
    """95 % interval, within 0..1."""
    people: Rate
    """The same from the people alone: what the judge is worth is how much narrower the other is."""
    judge: float
    """What the judge alone says, on all prompts: biased."""
    n: int
    """Prompts that both judged."""
    judged: int
    """Prompts that the judge alone judged."""
    weight: float
    """How far the judge is followed, 0..1; 0: it tells nothing of what people say."""
    agreement: float
    """Share of the n prompts on which both prefer the same answer, or both none."""
    agreement_low: float
    agreement_high: float
    """95 % interval of the agreement."""


def win_rate(wins: float, ties: float, losses: float, *, alpha: float = ALPHA) -> Rate | None:
    """(wins + ties / 2) / n with its 1 - alpha interval; None for n = 0. Counts may be fractions.

    Wins minus losses is a difference of paired proportions, and the interval is the score interval of that: Tango
    1998, Equivalence test and confidence interval for the difference in proportions for the paired-sample design,
    Statistics in Medicine 17. It holds for small n, stays within 0..1, and ties make it narrower. Raises DataError for
    a count below 0.
    """
    if min(wins, ties, losses) < 0:
        raise DataError(f"{wins} wins, {ties} ties and {losses} losses", wanted="counts of at least 0")
    n = wins + ties + losses
    if n == 0:
        return None
    low, high = _tango(wins, losses, n, z=_z(alpha))
    return (wins + ties / 2) / n, (1 + low) / 2, (1 + high) / 2


def clustered_win_rate(scores: Mapping[str, Sequence[float]], *, alpha: float = ALPHA) -> Rate | None:
    """The same from prompt → scores of its comparisons (1 win, 0.5 tie, 0 loss); None without any.

    Answers to one prompt resemble each other, so they count as fewer: the comparisons are divided by their design
    effect (never below 1), found from the prompts' own totals, and by what so few prompts tell of it. Korn and Graubard
    1998, Confidence intervals for proportions with small expected number of positive counts estimated from survey
    data. With one comparison per prompt it is `win_rate`; with a single prompt it knows nothing: (value, 0, 1).
    """
    prompts = [np.asarray(found, dtype=np.float64) for found in scores.values() if len(found)]
    if not prompts:
        return None
    every = np.concatenate(prompts)
    n, k = len(every), len(prompts)
    if n == k:
        return _rate(every, worth=float(n), alpha=alpha)
    if k == 1:
        return float(every.mean()), 0.0, 1.0
    totals = np.array([(found - every.mean()).sum() for found in prompts])
    robust, plain = k / (k - 1) * float((totals**2).sum()) / n**2, float(every.var()) / n
    worth = min(n, n * plain / robust) if robust > 0 and plain > 0 else float(k)
    return _rate(every, worth=worth * (_z(alpha) / _t(alpha, k - 1)) ** 2, alpha=alpha)


def corrected_win_rate(
    human: Sequence[tuple[float, float]], judge_only: Sequence[float], *, alpha: float = ALPHA
) -> CorrectedRate | None:
    """Prediction-powered win rate; None without an item that people judged.

    human: (judge, people) of each shared prompt; judge_only: the judge's score of the others; all scores 0..1, 1 a win,
    0.5 a tie. The shared prompts must be drawn at random among all.

    value = mean of people + weight x (mean of judge_only - judge) over the shared prompts. The weight minimises the
    variance and lies in 0..1: Angelopoulos and others 2023, Prediction-powered inference, and 2024, PPI++ (its equation
    for the mean); it is found for each prompt from the other ones, else it would pull the value to one side. The
    interval is Tango's at the number of people's comparisons that would tell as much, never fewer than they made: no
    wider than theirs, but for the hair by which another value changes it. With a judge that tells nothing, or that
    judged no prompt alone, it is the people's.
    """
    if not human:
        return None
    judge, people = np.asarray(human, dtype=np.float64).reshape(-1, 2).T
    others = np.asarray(judge_only, dtype=np.float64)
    alone = _rate(people, worth=float(len(people)), alpha=alpha)
    weight = _weight(judge, people, others)
    value, worth = alone[0], float(len(people))
    if weight > 0:
        rows = range(len(people))
        weights = np.array([_weight(np.delete(judge, row), np.delete(people, row), others) for row in rows])
        value = float(np.clip(np.mean(people + weights * (others.mean() - judge)), 0.0, 1.0))
        worth *= _gain(judge, people, others, weight)
    same = int((np.sign(judge - 0.5) == np.sign(people - 0.5)).sum())
    low, high = wilson(same, len(people)) or (0.0, 1.0)
    _, rate_low, rate_high = _rate(people, worth=worth, alpha=alpha, value=value)
    return CorrectedRate(
        value=value,
        low=rate_low,
        high=rate_high,
        people=alone,
        judge=float(np.concatenate([judge, others]).mean()),
        n=len(people),
        judged=len(others),
        weight=weight,
        agreement=same / len(people),
        agreement_low=low,
        agreement_high=high,
    )


def _weight(judge: FloatArray, people: FloatArray, others: FloatArray) -> float:
    """PPI++'s lambda for the mean, kept in 0..1; 0 where it cannot be told."""
    n = len(people)
    spread = float(np.concatenate([judge, others]).var(ddof=1)) if len(others) and n >= 2 else 0.0
    if spread == 0:
        return 0.0
    shared = float(np.cov(people, judge, ddof=1)[0, 1])
    return float(np.clip(shared / (spread * (1 + n / len(others))), 0.0, 1.0))


def _gain(judge: FloatArray, people: FloatArray, others: FloatArray, weight: float) -> float:
    """How many comparisons by people alone one of theirs is worth with the judge's help; at least 1.

    At most (n + N) / n: a judge who is always right is worth the people's own answers to all prompts.
    """
    n = len(people)
    alone = float(people.var(ddof=1)) / n
    rest = people - weight * judge
    # n - 2: both the mean and the weight were found from the same items. DOUBT: see there.
    left = (float(((rest - rest.mean()) ** 2).sum()) + DOUBT) / max(n - 2, 1) / n
    corrected = left + weight**2 * float(np.concatenate([judge, others]).var(ddof=1)) / len(others)
    return float(np.clip(alone / corrected, 1.0, 1 + len(others) / n))


def _rate(scores: FloatArray, *, worth: float, alpha: float, value: float | None = None) -> Rate:
    """`win_rate` around `value` (None: the scores' mean) as if it rested on `worth` comparisons.

    Scores between 0, 0.5 and 1 count as the shares of win and tie that give the same mean and variance, as far as
    there are such.
    """
    mean = float(scores.mean()) if value is None else value
    undecided = 4 * (mean * (1 - mean) - float(scores.var()))
    ties = float(np.clip(undecided, 0.0, 2 * min(mean, 1 - mean)))
    wins, losses = max(mean - ties / 2, 0.0), max(1 - mean - ties / 2, 0.0)
    low, high = _tango(wins * worth, losses * worth, worth, z=_z(alpha))
    return mean, min((1 + low) / 2, mean), max((1 + high) / 2, mean)


def _tango(more: float, less: float, n: float, *, z: float) -> tuple[float, float]:
    """Score interval of (more - less) / n within -1..1; both may be fractions."""
    from scipy.optimize import brentq

    def beyond(supposed: float, sign: int) -> float:
        """How far the difference seen lies beyond `supposed` by more than z standard errors; 0 at an end."""
        b = -more - less + (2 * n - more + less) * supposed
        product = less * supposed * (1 - supposed)
        lost = (sqrt(max(b * b + 8 * n * product, 0.0)) - b) / (4 * n)
        variance = max(n * (2 * lost + supposed * (1 - supposed)), 0.0)
        return more - less - n * supposed - sign * z * sqrt(variance)

    value = (more - less) / n
    below, above = value - NEAR, value + NEAR
    low = float(brentq(beyond, -1.0, below, args=(1,))) if less < n and below > -1 else -1.0
    high = float(brentq(beyond, above, 1.0, args=(-1,))) if more < n and above < 1 else 1.0
    return low, high


def _z(alpha: float) -> float:
    from scipy.stats import norm

    return float(norm.isf(alpha / 2))


def _t(alpha: float, freedom: int) -> float:
    from scipy.stats import t

    return float(t.isf(alpha / 2, freedom))
