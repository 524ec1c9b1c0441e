"""Strategies that were tried for the default, and lost or are not decided yet; kept so that the benchmark can show it.

clustered    weighted k-means over the weakest rows, from each cluster the row most weak and central
error_mass   the batch is handed out to spots by their error mass with an exploration floor, margin inside
tempered     as weak_spots, weights multiplied by the square root of the spot's estimate
flips        as weak_spots, 0.3 of the weight from how often the guess flips when 40 % of the features are dropped
flip_groups  half flip rate (60 % dropped, in closed form), half margin; weighted k-means; one row of each cluster
patient      as weak_spots, but covers until there are two labels a class
balanced     as weak_spots; up to five labels a class each guessed class weighs the same
forgetful    as weak_spots; from six labels a class on what is labelled covers nothing
one_reach    as weak_spots with a reach of 0.7 throughout
fine_from_3, fine_from_12, fine_from_24
             as weak_spots, the third phase from so many labels a class on instead of 6
confused     as weak_spots, weights multiplied by the root of how often a row's guess and rival were confused
reach_half, reach_quarter, reach_tenth
             as weak_spots, a label speaks for less around it: not decided
half_margin  half of each batch as weak_spots, half as margin: not decided
one_rule     as weak_spots, also where labels agree with their neighbours no more often than by chance
corrected    as weak_spots, weights multiplied by the root of how often labels near a row correct a held-out guess
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from unittest import mock

import numpy as np
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, cross_val_predict

from loop.protocols import Choice, PoolView
from loop.records import FloatArray, IntArray
from loop.selection import phases, uncertainty
from loop.selection.clusters import assign, k_means
from loop.selection.herding import CANDIDATES, herd
from loop.selection.phases import Phase, stage
from loop.selection.strategies.basic import by_id, coverage, margin, needs_model
from loop.selection.strategies.weak_spots import REACH, weak_spots

FLOOR = 0.2
"""Share of the batch handed out by the spots' sizes instead of their error mass."""
WEAKEST, CENTRAL = 20, 3.0
"""So many rows are clustered per row of the budget; the worth of a row falls by exp(-3 x distance to its centroid)."""
FLIPS, DROPOUT, TRIALS = 0.3, 0.4, 10
FOLDS, PRIOR = 5, 2.0
"""Labels are guessed by heads that did not see them; a rate is drawn to that of all labels by so many more."""


def clustered(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """After Zhdanov 2019, Diverse mini-batch active learning."""
    unsure = uncertainty.margin(needs_model(view, "clustered"))
    ordered = by_id(view)
    ranked = ordered[np.argsort(-unsure[ordered], kind="stable")]
    rows = ranked[: WEAKEST * budget]
    return _one_of_each(view, rows, unsure, ranked, budget=budget, rng=rng)


def error_mass(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Per spot its share of the batch, rounded by largest remainder; inside a spot the closest calls."""
    estimates = _estimates(view)
    size = np.bincount(view.spots, minlength=len(estimates))
    mass = size * estimates
    wanted = budget * ((1 - FLOOR) * mass / mass.sum() + FLOOR * size / size.sum())
    quota = np.floor(wanted).astype(int)
    quota[np.argsort(-(wanted - quota), kind="stable")[: budget - quota.sum()]] += 1
    every = margin(view, budget=len(view.ids), rng=rng)
    taken: list[int] = []
    for row in every.rows.tolist():
        if quota[view.spots[row]] > 0:
            quota[view.spots[row]] -= 1
            taken.append(row)
    rest = [row for row in every.rows.tolist() if row not in set(taken)]
    rows = np.array((taken + rest)[:budget])
    return Choice(rows=rows, scores=uncertainty.margin(needs_model(view, "error_mass"))[rows])


def tempered(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Weights margin x sqrt(estimate of the spot)."""
    weight = np.sqrt(_estimates(view)[view.spots]) * uncertainty.margin(needs_model(view, "tempered"))
    return _by_weight(view, weight, budget=budget, rng=rng)


def flips(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """After Gupte et al. 2024 (DropQuery), with a linear stand-in for the model: it never sees the model itself."""
    unsure = uncertainty.margin(needs_model(view, "flips"))
    ordered = by_id(view)
    rate = np.empty(len(ordered))
    rate[ordered] = _flip_rate(view.embeddings[ordered], needs_model(view, "flips")[ordered], rng=rng)
    return _by_weight(view, (1 - FLIPS) * unsure + FLIPS * rate, budget=budget, rng=rng)


def flip_groups(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """After Gupte et al. 2024 and Zhdanov 2019; the best form of the feasibility study."""
    if view.probabilities is None:
        return coverage(view, budget=budget, rng=rng)
    ordered = by_id(view)
    rate = np.empty(len(ordered))
    rate[ordered] = _flip_chance(view.embeddings[ordered], view.probabilities[ordered])
    weight = rate + 0.5 * uncertainty.margin(view.probabilities)
    ranked = ordered[np.argsort(-weight[ordered], kind="stable")]
    rows = ranked[: max(500, WEAKEST * budget)]
    return _one_of_each(view, rows, weight, ranked, budget=budget, rng=rng)


def confused(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Weights margin x fourth root of the pair's rate of errors, both ways round, drawn to the mean of all pairs."""
    if stage(view).phase is Phase.COVER:
        return weak_spots(view, budget=budget, rng=rng)
    probabilities = needs_model(view, "confused")
    k = probabilities.shape[1]
    taken_for, seen = np.zeros((k, k)), np.bincount(view.labelled, minlength=k)
    np.add.at(taken_for, (view.labelled, _held_out_guesses(view)), 1.0)
    wrong = taken_for + taken_for.T
    np.fill_diagonal(wrong, 0.0)
    of_all = wrong.sum() / (2 * (k - 1) * seen.sum())
    rate = (wrong + PRIOR * of_all) / (seen[:, None] + seen + PRIOR)
    ranked = np.argsort(-probabilities, axis=1)
    weight = uncertainty.margin(probabilities) * rate[ranked[:, 0], ranked[:, 1]] ** 0.25
    return _by_weight(view, weight, budget=budget, rng=rng)


def corrected(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Weights margin x fourth root of the share of corrected guesses around the row, drawn to that of all labels."""
    if stage(view).phase is Phase.COVER:
        return weak_spots(view, budget=budget, rng=rng)
    wrong = _held_out_guesses(view) != view.labelled
    near = np.exp(-np.maximum(2 - 2 * view.embeddings @ view.labelled_embeddings.T, 0) / REACH[stage(view).phase] ** 2)
    rate = (near @ wrong + PRIOR * wrong.mean()) / (near.sum(axis=1) + PRIOR)
    weight = uncertainty.margin(needs_model(view, "corrected")) * rate**0.25
    return _by_weight(view, weight, budget=budget, rng=rng)


def _held_out_guesses(view: PoolView) -> IntArray:
    """(labels,) what a head fitted without it says of each labelled row."""
    folds = KFold(FOLDS, shuffle=True, random_state=0)
    head = LogisticRegression(C=5.0, max_iter=100, tol=1e-3)
    guesses: IntArray = cross_val_predict(head, view.labelled_embeddings, view.labelled, cv=folds)
    return guesses


def patient(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    few = view.probabilities is None or len(view.labelled) < 2 * view.probabilities.shape[1]
    return (coverage if few else weak_spots)(view, budget=budget, rng=rng)


def balanced(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    if view.probabilities is None:
        return coverage(view, budget=budget, rng=rng)
    guess, k = view.probabilities.argmax(axis=1), view.probabilities.shape[1]
    weight = uncertainty.margin(view.probabilities) ** 2
    if len(view.labelled) < 5 * k:
        total = np.bincount(guess, weights=weight, minlength=k)
        weight /= np.maximum(total / np.maximum(np.bincount(guess, minlength=k), 1), 1e-9)[guess]
    return _herded(view, weight, view.labelled_embeddings, budget=budget)


def forgetful(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    if view.probabilities is None or len(view.labelled) < 6 * view.probabilities.shape[1]:
        return weak_spots(view, budget=budget, rng=rng)
    weight = uncertainty.margin(view.probabilities) ** 2
    return _herded(view, weight, view.labelled_embeddings[:0], budget=budget)


def one_reach(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    if stage(view).phase is not Phase.FINE:
        return weak_spots(view, budget=budget, rng=rng)
    weight = uncertainty.margin(needs_model(view, "one_reach")) ** 2
    return _herded(view, weight, view.labelled_embeddings, budget=budget)


def _herded(view: PoolView, weight: FloatArray, known: FloatArray, *, budget: int) -> Choice:
    """Herding with a reach of 0.7 among the heaviest rows; twins are not looked for."""
    ordered = by_id(view)
    ranked = ordered[np.argsort(-weight[ordered], kind="stable")][: max(CANDIDATES, 2 * budget)]
    rows = herd(view.embeddings, ranked, known, budget=budget, bandwidth=0.7, weights=weight)
    return Choice(rows=rows, scores=weight[rows])


def _one_of_each(
    view: PoolView, rows: IntArray, weight: FloatArray, ranked: IntArray, *, budget: int, rng: np.random.Generator
) -> Choice:
    """Of each cluster of the rows the one most weak and central; filled up by weight."""
    points = view.embeddings[rows]
    centroids = k_means(points, budget, rng=rng, weights=weight[rows])
    cluster = assign(points, centroids)
    worth = weight[rows] * np.exp(-CENTRAL * np.linalg.norm(points - centroids[cluster], axis=1))
    best = np.lexsort((-worth, cluster))
    first = rows[best[np.unique(cluster[best], return_index=True)[1]]].tolist()
    chosen = np.array(list(dict.fromkeys(first + ranked.tolist()))[:budget])
    return Choice(rows=chosen, scores=weight[chosen])


def _flip_chance(points: FloatArray, probabilities: FloatArray, *, dropped: float = 0.6) -> FloatArray:
    """(n,) chance that the likeliest rival overtakes the guess when features are dropped, by the normal approximation.

    The head is imitated by ridge regression to the log probabilities of the labels seen so far.
    """
    wanted = np.log(np.maximum(probabilities[:, probabilities.max(axis=0) > 0], 1e-8))
    wanted -= wanted.mean(axis=1, keepdims=True)
    mean, moved = points.mean(axis=0), points - points.mean(axis=0)
    weights = np.linalg.solve(
        moved.T @ moved + 0.01 * np.eye(points.shape[1]), moved.T @ (wanted - wanted.mean(axis=0))
    )
    scores = points @ weights + wanted.mean(axis=0) - mean @ weights
    guess, squares, found = scores.argmax(axis=1), points**2, np.zeros(len(points))
    spread = squares @ weights**2
    for label in np.unique(guess):
        rows = np.flatnonzero(guess == label)
        cross = squares[rows] @ (weights * weights[:, [label]])
        variance = (spread[rows] + spread[rows, label][:, None] - 2 * cross) * dropped / (1 - dropped)
        gap = scores[rows, label][:, None] - scores[rows]
        chance = norm.cdf(-gap / np.sqrt(np.maximum(variance, 1e-12)))
        chance[:, label] = 0.0
        found[rows] = chance.max(axis=1)
    return found


def _estimates(view: PoolView) -> FloatArray:
    assert view.spot_estimates is not None
    return view.spot_estimates


def _by_weight(view: PoolView, weight: FloatArray, *, budget: int, rng: np.random.Generator) -> Choice:
    """weak_spots with other weights: two-label probabilities whose margin uncertainty is the weight."""
    scaled = weight / max(float(weight.max()), 1e-12)
    two = np.zeros((len(weight), needs_model(view, "by_weight").shape[1]))
    two[:, 0], two[:, 1] = 1 - scaled / 2, scaled / 2
    return weak_spots(replace(view, probabilities=two), budget=budget, rng=rng)


def _flip_rate(points: FloatArray, probabilities: FloatArray, *, rng: np.random.Generator) -> FloatArray:
    """(n,) share of trials in which ridge regression to log probabilities changes its guess under feature dropout."""
    wanted = np.log(np.maximum(probabilities, 1e-5))
    wanted -= wanted.mean(axis=1, keepdims=True)
    moved = points - points.mean(axis=0)
    weights = np.linalg.solve(
        moved.T @ moved + 0.01 * np.eye(points.shape[1]), moved.T @ (wanted - wanted.mean(axis=0))
    )
    bias = wanted.mean(axis=0) - points.mean(axis=0) @ weights
    guess = (points @ weights + bias).argmax(axis=1)
    changed = np.zeros(len(points))
    for _ in range(TRIALS):
        kept = rng.random(points.shape) >= DROPOUT
        changed += ((points * kept) @ weights / (1 - DROPOUT) + bias).argmax(axis=1) != guess
    return changed / TRIALS


def fine_from(labels: float, view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """weak_spots with another beginning of the third phase, in settled labels a class."""
    with mock.patch.object(phases, "MANY", labels):
        return weak_spots(view, budget=budget, rng=rng)


fine_from_3, fine_from_12, fine_from_24 = (partial(fine_from, labels) for labels in (3.0, 12.0, 24.0))


def reach(scale: float, view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """weak_spots whose labels speak for less around them, by this factor."""
    with mock.patch.dict(REACH, {phase: scale * value for phase, value in REACH.items()}):
        return weak_spots(view, budget=budget, rng=rng)


reach_half, reach_quarter, reach_tenth = (partial(reach, scale) for scale in (0.5, 0.25, 0.1))


def half_margin(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Half of the batch by weak_spots, the rest by margin alone."""
    if stage(view).phase is Phase.COVER:
        return weak_spots(view, budget=budget, rng=rng)
    first = weak_spots(view, budget=budget // 2, rng=rng).rows.tolist()
    every = margin(view, budget=len(view.ids), rng=rng).rows.tolist()
    rows = np.array([*first, *(row for row in every if row not in set(first))][:budget])
    return Choice(rows=rows, scores=uncertainty.margin(needs_model(view, "half_margin"))[rows])


def one_rule(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    with mock.patch.object(phases, "neighbours_agree", return_value=True):
        return weak_spots(view, budget=budget, rng=rng)
