"""What cross-validation on the labels decides: strength, share of the centroids, representation.

    rows, labels ─► folds ─► for each C: held-out logits ──┐
                        └─► held-out cosines to centroids ─┴─► mixtures: which held-out examples come out right
    the usual mixture ─► another one, or more layers, where it gains more than one standard error

What is usual was best or nearly so on every set; a choice from scratch loses more by chance than it finds. Log-loss
chose worse than accuracy: held-out heads see fewer labels than the final one, and it then asks for far too large a C.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loop.models.calibration import dealt
from loop.models.recipes.centroids import held_out_cosines
from loop.models.recipes.regression import Rotated, fit, rotate
from loop.records import FloatArray, IntArray

GRID = (0.5, 2.0, 10.0)
"""Inverse L2 strengths that are tried, on rows of length 1."""
USUAL = 2.0
"""Taken unless another is clearly better."""
CENTROIDS = (0.0, 1.0, 3.0)
"""Shares of the centroids beside the regression's 1 that are tried."""
USUAL_UNTIL = 8
"""Labels a class on average up to which the usual share of the centroids is 1; it is 0 from there."""
FOLDS = 5
TEST_FROM = 20
"""With fewer examples of classes that have at least two, nothing is held out."""
CHOOSE_FROM = 6
"""Labels a class on average: with fewer, held-out heads are too much worse than the final one to choose by."""
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
    right: FloatArray
    """(t,) 1.0 where they give the label, 0.0 elsewhere."""


Weights = Callable[[NDArray[np.bool_]], FloatArray]
"""Which of the m rows are used → (m,) their weights, balanced among themselves, and 0 for the others."""


def choose(
    rows: FloatArray, labels: IntArray, weights: Weights, *, tried: Tried, times: FloatArray, label_texts: int = 0
) -> Mixture | None:
    """The usual mixture, or the one that gains most on it if that is clear. None: too few labels to choose by.

    rows: (m, d) of length 1. labels: (m,) columns, each one present. weights: of the rows that a fold leaves; balancing
    them without what it holds out matters: with weights of all rows a class that lost one is held back. times: (m,) how
    often each counts. label_texts: so many rows at the end are never held out.
    """
    tested, folds = tested_folds(labels, label_texts)
    if len(tested) < TEST_FROM:
        return None
    rotated, classes = rotate(rows), int(labels.max()) + 1
    cosines = held_out_cosines(rotated.rows, labels, folds, classes=classes, times=times)[tested]
    start = usual(labels, tried)
    if not can_choose(labels):
        tried = Tried((start[0],), (start[1],))
    shares = tried.shares if len(labels) < FEW * classes else (start[1],)
    starts: dict[int, FloatArray] = {}
    found: list[Mixture] = []
    for c in tried.grid:
        logits = _held_out(rotated, labels, weights, folds, c=c, starts=starts)[tested]
        spreads = spread(logits), spread(cosines)
        for share in shares:
            mixed = mix(logits, cosines, share=share, spreads=spreads)
            right = (mixed.argmax(axis=1) == labels[tested]).astype(float)
            found.append(Mixture(c, share, spreads, mixed, tested, right))
    present = next(one for one in found if (one.c, one.centroids) == start)
    return max([present, *(one for one in found if better(one, present))], key=lambda one: float(one.right.mean()))


def can_choose(labels: IntArray) -> bool:
    """Whether there are enough labels a class for held-out examples to tell what suits the final head."""
    return len(labels) >= CHOOSE_FROM * (int(labels.max()) + 1)


def usual(labels: IntArray, tried: Tried) -> tuple[float, float]:
    """C and share of the centroids that suit so many labels, or the first ones where those are not among the tried."""
    share = 1.0 if len(labels) < USUAL_UNTIL * (int(labels.max()) + 1) else 0.0
    return USUAL if USUAL in tried.grid else tried.grid[0], share if share in tried.shares else tried.shares[0]


def unchosen(labels: IntArray, tried: Tried) -> Mixture:
    """The usual mixture where too few labels can be tested."""
    nothing = np.zeros((0, int(labels.max()) + 1), np.float32)
    return Mixture(*usual(labels, tried), None, nothing, np.zeros(0, np.int64), np.zeros(0))


def better(candidate: Mixture, present: Mixture) -> bool:
    """Whether the candidate is right more often, clearly."""
    return clearly_more(candidate.right, present.right)


def clearly_more(one: FloatArray, other: FloatArray) -> bool:
    """Whether (t,) values are higher by more than one standard error of the paired difference.

    The rule of one standard error: Breiman et al. 1984, Classification and Regression Trees, section 3.4.3.
    """
    gain = one - other
    return bool(gain.mean() > gain.std(ddof=1) / np.sqrt(len(gain)))


def tested_folds(labels: IntArray, label_texts: int) -> tuple[IntArray, IntArray]:
    """Positions of the examples that are tested, and the (m,) fold of every example; -1 in a fold that none tests.

    A class of a single row is never tested, nor are the label texts at the end. Folds are left out of the test once
    ENOUGH examples are tested.
    """
    examples = len(labels) - label_texts
    folds = np.append(dealt(labels[:examples], FOLDS), np.full(label_texts, -1))
    able = (np.bincount(labels)[labels] > 1) & (folds >= 0)
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
    weights: Weights,
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
        starts[fold] = fit(rotated, truth, weights(~held), c=c, start=starts.get(fold))
        found[held] = rotated.rows[held] @ starts[fold][:-1] + starts[fold][-1]
    return found
