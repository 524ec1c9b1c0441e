"""Did picking pay, against random? Two throw-away models at equal counts, on random answers neither saw (pure).

    random answers ─► folds ─► model without folds j and k, on m of the others ─► right on j and k ──┐
    picked answers, in the order asked ─► model on the first m ─► right on all random answers ────────┴─► difference
                                       └► models on fewer and more of them ─► how many are as good ─► labels saved

The interval covers the answers that are measured on and those that are learned from: both arms are made again without
each fold, and without each tenth of the picked answers, and the variances are added. Delete-a-group jackknife with two
groups left out at a time: what is measured on is never learned from (Efron and Stein 1981, The jackknife estimate of
variance; Kott 2001, The delete-a-group jackknife; Bates, Hastie and Tibshirani 2023, Cross-validation: what does it
estimate and how well does it do it?, on why folds alone give intervals that are too narrow).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loop.errors import DataError
from loop.evaluation.estimators.effective import kish
from loop.evaluation.intervals import Z
from loop.evaluation.labels_saved import saved
from loop.evaluation.selective_prediction import equal_chance
from loop.records import FloatArray, IntArray

Fit = Callable[[IntArray], IntArray]
"""(m,) rows to learn from, of two classes at least → (N,) the column it guesses for every row."""
BoolArray = NDArray[np.bool_]

FOLDS = 10
FEWEST = 30
"""Random answers below which nothing is told; and FOLDS picked ones."""
MOST = 300
"""m at most, and picks up to twice as many: above it fitting takes longer than the answer is worth."""
MOST_START = 1000
"""Of more rows to start from so many are drawn, the same for all models: each of them learns them anew."""
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.25, 1.5, 2.0)
"""Counts of picked answers that are tried, as shares of m."""
METHOD = f"jackknife-{FOLDS}"


@dataclass(frozen=True, slots=True, eq=False)
class RandomAnswers:
    """n answers to questions drawn at random, in one draw or several; each draw by itself speaks for the whole pool."""

    rows: IntArray
    """(n,) all different."""
    chances: FloatArray
    """(n,) how likely each was drawn within its draw, above 0; only ratios within a draw matter."""
    draws: IntArray
    """(n,) which draw it belongs to."""
    groups: IntArray
    """(n,) the same number for near-twins, which are never on both sides: one would give the other away."""

    def weights(self) -> FloatArray:
        """(n,) sum 1: 1 / chance within a draw; each draw as much as it is worth in plain answers (Kish)."""
        found, worth = 1.0 / np.asarray(self.chances, dtype=np.float64), np.zeros(len(self.rows))
        for draw in np.unique(self.draws):
            own = self.draws == draw
            worth[own] = kish(found[own])
            found[own] /= found[own].sum()
        weights: FloatArray = found * worth / (found @ worth)
        return weights

    def thinned(self, rng: np.random.Generator) -> BoolArray:
        """(n,) which to learn from so that, within each draw, all were equally likely."""
        kept = np.zeros(len(self.rows), bool)
        for draw in np.unique(self.draws):
            own = self.draws == draw
            kept[own] = equal_chance(self.chances[own], rng=rng)
        return kept


@dataclass(frozen=True, slots=True)
class Lift:
    """What picking brought. Rates 0..1; above 0 picking was better."""

    m: int
    """Answers each model learned from, beside what both start with."""
    n: int
    """Random answers measured on."""
    random_error: float
    """Error rate of the model that learned from m random answers."""
    picked_error: float
    difference: float
    """random_error - picked_error."""
    low: float
    high: float
    """95 % interval of the difference."""
    saved: float | None
    """1 - m'/m, with m' picked answers as good as m random ones; below 0: it takes more. None: no count tried is."""
    saved_low: float | None
    """95 % interval; None: beyond the counts that could be tried."""
    saved_high: float | None

    @property
    def verdict(self) -> str:
        """ "picking pays", "no proof yet" or "picking does not pay"."""
        return verdict(self.low, self.high)


def verdict(low: float, high: float) -> str:
    """In words, from the ends of the difference's interval."""
    if low > 0:
        return "picking pays"
    return "picking does not pay" if high < 0 else "no proof yet"


def lacking(*, random: int, picked: int, classes: int) -> str:
    """Why nothing can be told from so many answers, of so many classes among the random ones; "" when it can."""
    if random < FEWEST:
        return f"{random} random answers, {FEWEST} are needed"
    if picked < FOLDS:
        return f"{picked} picked answers, {FOLDS} are needed"
    return "all random answers are of one class" if classes < 2 else ""


def lift(
    fit: Fit,
    random: RandomAnswers,
    *,
    picked: IntArray,
    start: IntArray,
    labels: IntArray,
    rng: np.random.Generator,
) -> Lift | None:
    """What m picked answers brought beyond m random ones, m as large as both allow and at most MOST.

    picked: (p,) rows in the order they were asked. start: (s,) rows that both arms learn from as well. labels: (N,)
    columns, read at the rows of the three. `fit` is never asked to learn from what it is then measured on.
    None: too few random answers are left to learn from once thinned to equal chances. Raises DataError when `lacking`
    says why.
    """
    found = len(np.unique(labels[random.rows]))
    if why := lacking(random=len(random.rows), picked=len(picked), classes=found):
        raise DataError(f"picking cannot be compared with random: {why}", wanted="more answers")
    folds = _folds(random.groups, rng=rng)
    kept = random.thinned(rng)
    m = min(len(picked), MOST, *(int((kept & (folds != j) & (folds != k)).sum()) for j, k in _pairs()))
    if m < FOLDS:
        return None
    judged = _Judged(
        fit, random.rows, labels, start if len(start) <= MOST_START else rng.permutation(start)[:MOST_START]
    )
    weights = random.weights()
    left_out = _random_arm(judged, random, kept, folds, m=m, rng=rng)
    counts = sorted({max(round(share * m), 1) for share in SHARES if round(share * m) <= len(picked)})
    arms = [_picked_arm(judged, picked[:count]) for count in counts]
    measured = [_measured_on(arm, left_out, weights) for arm in arms]
    differences, on = (np.array(column) for column in zip(*measured, strict=True))
    by_random = max(_learning(left_out, weights), 0.0)
    by_picks = _pooled(np.array([_learning(arm[1:], weights) for arm in arms]), np.array(counts), m=m)
    half, place = Z * np.sqrt(on + by_random + by_picks), counts.index(m)
    low, high = differences - half, differences + half
    accuracy = float(weights @ np.nanmean(left_out, axis=0))
    share = saved(np.array(counts) / m, differences, low, high, place=place)
    return Lift(
        m=m,
        n=len(random.rows),
        random_error=1 - accuracy,
        picked_error=1 - accuracy - float(differences[place]),
        difference=float(differences[place]),
        low=max(float(low[place]), -1.0),
        high=min(float(high[place]), 1.0),
        saved=share[0],
        saved_low=share[1],
        saved_high=share[2],
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    """Rows to learn from → whether each random answer is guessed right."""

    fit: Fit
    rows: IntArray
    labels: IntArray
    start: IntArray

    def right(self, learned: IntArray) -> BoolArray:
        rows = np.concatenate([self.start, learned])
        known = np.unique(self.labels[rows])
        # Of one class, or none: it can only say that class.
        if len(known) < 2:
            return np.asarray(np.isin(self.labels[self.rows], known))
        return np.asarray(self.fit(rows)[self.rows] == self.labels[self.rows])


def _folds(groups: IntArray, *, rng: np.random.Generator) -> IntArray:
    """(n,) fold of each answer: whole groups, dealt out at random."""
    _, place = np.unique(groups, return_inverse=True)
    dealt = rng.permutation(int(place.max()) + 1) % FOLDS
    return np.asarray(dealt[place])


def _pairs() -> Sequence[tuple[int, int]]:
    return [(j, k) for j in range(FOLDS) for k in range(j)]


def _random_arm(
    judged: _Judged, random: RandomAnswers, kept: BoolArray, folds: IntArray, *, m: int, rng: np.random.Generator
) -> FloatArray:
    """(FOLDS, n) whether the model without fold k, and without the example's own fold, is right; NaN within fold k."""
    right = np.full((FOLDS, len(folds)), np.nan)
    for j, k in _pairs():
        free = np.flatnonzero(kept & (folds != j) & (folds != k))
        said = judged.right(random.rows[np.sort(rng.permutation(free)[:m])])
        right[k, folds == j], right[j, folds == k] = said[folds == j], said[folds == k]
    return right


def _picked_arm(judged: _Judged, picked: IntArray) -> BoolArray:
    """(1 + FOLDS, n) whether the model on all of these is right, and those without each tenth of them."""
    tenths = np.arange(len(picked)) % FOLDS
    parts = [picked, *(picked[tenths != k] for k in range(min(FOLDS, len(picked))))]
    return np.stack([judged.right(part) for part in parts])


def _measured_on(arm: BoolArray, left_out: FloatArray, weights: FloatArray) -> tuple[float, float]:
    """Difference in accuracy, picked less random, and its variance from the answers it is measured on.

    One answer more than did counts as told apart, so that two models that say the same are not taken for certainly
    alike (Agresti and Min 2005, Simple improved confidence intervals for comparing matched proportions).
    """
    gain = arm[0] - np.nanmean(left_out, axis=0)
    difference = float(weights @ gain)
    return difference, float((weights**2 * (gain - difference) ** 2).sum()) + 1 / (kish(weights) + 2) ** 2


def _learning(without: FloatArray | BoolArray, weights: FloatArray) -> float:
    """Variance of a model's accuracy from what it learned from, were it measured on everything; noisy, may be < 0.

    without: (g, n) whether the model without each of g groups is right; NaN where that is not known. From the
    jackknife's sum of squares is taken what the few measured answers that flip bring in by themselves: left in, it
    would be multiplied by g - 1.
    """
    g = len(without)
    if g < 2:
        return 0.0
    known = ~np.isnan(without)
    share = np.where(known, weights, 0.0)
    share /= share.sum(axis=1, keepdims=True)
    change = np.where(known, without - np.nanmean(without, axis=0), 0.0)
    moved = (share * change).sum(axis=1)
    by_chance = (share**2 * (change - moved[:, None]) ** 2).sum(axis=1)
    return float((g - 1) / g * (moved**2 - by_chance).sum())


def _pooled(variances: FloatArray, counts: IntArray, *, m: int) -> FloatArray:
    """(c,) variances from what was learned from, all counts from m/2 on together: each falls as 1 / count."""
    enough = 2 * counts >= m
    return np.asarray(max(float((variances * counts)[enough].mean()), 0.0) / counts)
