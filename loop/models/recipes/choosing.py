"""What cross-validation on the labels decides: strength, share of the centroids, representation.

    rows, labels ─► folds ─► for each C: held-out logits ──┐
                        └─► held-out cosines to centroids ─┴─► each mixture's log-loss at its own scale ─► Mixture
    the same with more layers ─► taken where the loss falls by more than one standard error

Log-loss, not accuracy: it moves with every example, and under label noise it asks for the stronger regularisation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loop.models.calibration import dealt
from loop.models.recipes.calibrated import best_scale, losses
from loop.models.recipes.centroids import held_out_cosines
from loop.models.recipes.regression import Rotated, fit, rotate
from loop.records import FloatArray, IntArray

GRID = (0.5, 2.0, 10.0, 50.0)
"""Inverse L2 strengths that are tried, on rows of length 1."""
USUAL = 2.0
"""Taken where there are too few labels to choose by."""
CENTROIDS = (0.0, 1.0, 3.0)
"""Shares of the centroids beside the regression's 1 that are tried."""
USUAL_CENTROIDS = 1.0
FOLDS = 5
CHOOSE_FROM = 20
"""With fewer examples of classes that have at least two, nothing is chosen."""
ENOUGH = 600
"""Folds are tested until so many examples are: with more labels one fold tells as much as five did."""
FEW = 15
"""Labels a class on average from which centroids are not tried: they only lose there."""


@dataclass(frozen=True, slots=True)
class Tried:
    """Among what is chosen."""

    grid: tuple[float, ...] = GRID
    """Inverse L2 strengths, smallest first."""
    shares: tuple[float, ...] = CENTROIDS
    """Shares of the centroids, smallest first."""


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """How a head is made, and what it says of examples it has not seen."""

    c: float
    centroids: float
    """Share of the centroids' cosines beside the regression's logits, 0 or more."""
    spreads: tuple[float, float] | None
    """Standard deviations of the regression's logits and of the cosines: each is divided by its own. None: unknown."""
    logits: FloatArray
    """(t, k) of the tested examples, by heads that were not trained on them, not calibrated."""
    tested: IntArray
    """(t,) their positions."""
    losses: FloatArray
    """(t,) negative log-likelihoods at the best scale."""


def choose(rows: FloatArray, labels: IntArray, weights: FloatArray, *, tried: Tried) -> Mixture | None:
    """The strongest regularisation whose held-out log-loss is within one standard error of the least.

    Breiman et al. 1984, Classification and Regression Trees, section 3.4.3. Each C brings the share of centroids that
    suits it best. None: too few labels to choose by.

    rows: (m, d) of length 1. labels: (m,) columns, each one present. weights: (m,) of the examples.
    """
    tested, folds = tested_folds(labels)
    if len(tested) < CHOOSE_FROM:
        return None
    rotated, classes = rotate(rows), int(labels.max()) + 1
    cosines = held_out_cosines(rotated.rows, labels, folds, classes=classes)[tested]
    shares = tried.shares if len(labels) < FEW * classes else tried.shares[:1]
    starts: dict[int, FloatArray] = {}
    found: list[Mixture] = []  # the best of each C
    for c in tried.grid:
        logits = _held_out(rotated, labels, weights, folds, c=c, starts=starts)[tested]
        spreads = spread(logits), spread(cosines)
        mixtures = []
        for share in shares:
            mixed = mix(logits, cosines, share=share, spreads=spreads)
            mixtures.append(Mixture(c, share, spreads, mixed, tested, _losses_at_best(mixed, labels[tested])))
        found.append(min(mixtures, key=_loss))
    best = min(found, key=_loss)
    return next(one for one in found if one is best or not better(best, one))


def unchosen(labels: IntArray, tried: Tried) -> Mixture:
    """What is usual where too few labels can be tested."""
    c = USUAL if USUAL in tried.grid else tried.grid[0]
    share = USUAL_CENTROIDS if USUAL_CENTROIDS in tried.shares else tried.shares[0]
    nothing = np.zeros((0, int(labels.max()) + 1), np.float32)
    return Mixture(c, share, None, nothing, np.zeros(0, np.int64), np.zeros(0))


def better(candidate: Mixture, present: Mixture) -> bool:
    """Whether the candidate's held-out losses are lower by more than one standard error of the paired difference."""
    gain = present.losses - candidate.losses
    return bool(gain.mean() > gain.std(ddof=1) / np.sqrt(len(gain)))


def tested_folds(labels: IntArray) -> tuple[IntArray, IntArray]:
    """Positions of the examples that are tested, and the (m,) fold of every example; -1 in a fold that none tests.

    A class with a single example is never tested. Folds are left out of the test once ENOUGH examples are tested.
    """
    folds = dealt(labels, FOLDS)
    able = np.bincount(labels)[labels] > 1
    counts = np.cumsum([(able & (folds == fold)).sum() for fold in range(FOLDS)])
    last = int(np.searchsorted(counts, ENOUGH))
    tested = np.flatnonzero(able & (folds <= last))
    return tested, np.where(folds <= last, folds, -1)


def mix(logits: FloatArray, cosines: FloatArray, *, share: float, spreads: tuple[float, float]) -> FloatArray:
    """Both over their spreads, averaged with weights 1 and `share`."""
    return np.asarray((logits / spreads[0] + share * cosines / spreads[1]) / (1 + share), np.float32)


def spread(logits: FloatArray) -> float:
    """Standard deviation within the rows, more than 0."""
    return max(float((logits - logits.mean(axis=1, keepdims=True)).std()), 1e-6)


def _held_out(
    rotated: Rotated,
    labels: IntArray,
    weights: FloatArray,
    folds: IntArray,
    *,
    c: float,
    starts: dict[int, FloatArray],
) -> FloatArray:
    """(m, k) logits, 0 in folds that none tests; `starts` keeps each fold's answer, for the next C to begin at."""
    truth = np.eye(int(labels.max()) + 1, dtype=np.float32)[labels]
    found = np.zeros(truth.shape, np.float32)
    for fold in np.unique(folds[folds >= 0]).tolist():
        held = folds == fold
        starts[fold] = fit(rotated, truth, weights * ~held, c=c, start=starts.get(fold))
        found[held] = rotated.rows[held] @ starts[fold][:-1] + starts[fold][-1]
    return found


def _loss(mixture: Mixture) -> float:
    return float(mixture.losses.mean())


def _losses_at_best(logits: FloatArray, labels: IntArray) -> FloatArray:
    return losses(best_scale(logits, labels) * logits, labels)
