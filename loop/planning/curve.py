"""The learning curve: what was measured so far → the error rate to expect with more labels, as honestly wide as it is.

    points (labels, error rate, n) ─► angles ─► weights of all curves of a grid ─► DRAWS curves with their noise
    draws ─► error rate of the true curve at any number of labels │ the figure that will be MEASURED there

A curve is error(n) = c + (e - c)·((n + s) / (n1 + s))^-b: e where the first model stands (n1 labels), b how fast it
falls, c the floor it falls to, s a shift that turns the power law into a near-exponential one (Viering and Loog 2023,
The shape of learning curves: a review). Two or three rounds cannot tell these apart, so no best curve is taken: all of
a grid are weighed by how well they fit and by a prior (Bayes), and what they disagree on is the width of the interval.

Fits are made on the angle a = arcsin √error, where the noise of a share in n answers is 1/(4n + 2) whatever the rate
(Anscombe 1948, The transformation of Poisson, binomial and negative-binomial data), and no interval leaves 0..1. The
noise has two parts. Training scatters: a model lies beside its curve, by an unknown amount that is weighed too. The
measurement scatters: but rounds are measured on the same answers, or on a sample that grows, and so by nearly the same
error. What two rounds share of it shifts the next figure as it shifted the last ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from loop.errors import DataError
from loop.records import FloatArray

DRAWS = 4000
LEAST_POINTS = 2
"""With fewer measured rounds there is nothing to forecast from."""
NINETY = (0.05, 0.95)
FALLS = np.exp(np.linspace(np.log(0.03), np.log(3.0), 21))
"""How fast the curve falls at its first point: b / (1 + s / n1)."""
FALL = (0.55, 1.3)
"""Prior of that: log-normal, its median and the deviation of its logarithm."""
FLOORS = np.array([0.0, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95])
"""c as a share of e; higher floors are less likely beforehand, as 1 - share."""
SHIFTS = np.array([0.0, 1.0, 4.0, 15.0])
"""s in units of n1."""
SCATTERS = np.array([0.005, 0.012, 0.025, 0.05, 0.1])
"""Scatter of the first model's training as an angle: 0.025 is 1.5 points at an error rate of 10 %."""
SCATTER_WEIGHTS = np.array([0.1, 0.2, 0.3, 0.25, 0.15])
CALMING = 0.75
"""Scatter shrinks with this power of the labels: what a model happens to be shown matters less as it is shown more."""
ALIKE = (0.85, 0.5)
"""Correlation of two models' mistakes on the same examples: of neighbours, and the power it falls with as the ratio of
their labels grows; as measured on the curves of tests/benchmarks/bench_planner.py."""
STARTS = 41
"""Values of e tried, around the first point."""


@dataclass(frozen=True, slots=True)
class Point:
    """One round's model as it was measured."""

    labels: int
    """It was trained on, 1 or more."""
    error: float
    low: float
    high: float
    """95 % interval, 0..1."""
    n: float
    """Answers drawn plainly at random that would measure it as narrowly, above 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Curves drawn by how well they fit, each with its noise; m draws."""

    points: tuple[Point, ...]
    """In the order of their labels."""
    start: FloatArray
    """(m,) e, 0..1."""
    speed: FloatArray
    """(m,) b."""
    floor: FloatArray
    """(m,) c as a share of e."""
    shift: FloatArray
    """(m,) s in units of the first point's labels."""
    scatter: FloatArray
    """(m,) training's scatter, an angle."""


@dataclass(frozen=True, slots=True)
class Expected:
    """An error rate to come."""

    error: float
    """The median."""
    low: float
    high: float
    """90 % interval, within 0..1."""


def fitted(points: Sequence[Point], *, seed: int = 0) -> Curves:
    """Curves that agree with the points; the same points give the same curves, in whatever order they come.

    Raises DataError with fewer than LEAST_POINTS points, or points without labels or answers.
    """
    known = tuple(sorted(points, key=lambda point: (point.labels, point.n, point.error)))
    if len(known) < LEAST_POINTS or any(point.labels < 1 or not point.n > 0 for point in known):
        raise DataError(
            f"a learning curve of {len(known)} measured rounds",
            wanted=f"at least {LEAST_POINTS} rounds, each trained on labels and measured on answers",
            do="run another round",
        )
    grid = _grid(known)
    seen = _angles(known)
    logs = []
    for scatter, weight in zip(SCATTERS, SCATTER_WEIGHTS, strict=True):
        residuals = seen - np.arcsin(np.sqrt(_errors(grid, known[0].labels, [point.labels for point in known])))
        noise = _noise(known, float(scatter))
        solved = np.linalg.solve(noise, residuals.T).T
        fit = -0.5 * (residuals * solved).sum(axis=1) - 0.5 * np.linalg.slogdet(noise)[1]
        logs.append(fit + grid[:, 4] + np.log(weight))
    chosen = _drawn(np.concatenate(logs), np.random.default_rng(seed))
    rows = grid[chosen % len(grid)]
    return Curves(known, rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3], SCATTERS[chosen // len(grid)])


def curve(curves: Curves, labels: float) -> FloatArray:
    """(m,) error rates of the curves at this many labels: of a model as training gives it on average."""
    rows = np.stack([curves.start, curves.speed, curves.floor, curves.shift], axis=1)
    return _errors(rows, curves.points[0].labels, [labels])[:, 0]


def present(curves: Curves, *, seed: int = 0) -> FloatArray:
    """(m,) true error rates of the newest model itself: its curve, and by how much it lies beside it."""
    rng = np.random.default_rng([seed, 1])
    last, found = len(curves.points) - 1, np.empty(len(curves.start))
    residuals = _residuals(curves)
    for scatter in np.unique(curves.scatter):
        rows = curves.scatter == scatter
        inverse = np.linalg.inv(_noise(curves.points, float(scatter)))
        own = _scattered(curves.points, float(scatter))[last] ** 2
        beside = own * (residuals[rows] @ inverse)[:, last]
        left = np.sqrt(max(own - own**2 * inverse[last, last], 0.0))
        found[rows] = beside + rng.standard_normal(rows.sum()) * left
    return _rates(np.arcsin(np.sqrt(curve(curves, curves.points[-1].labels))) + found)


def measured(curves: Curves, labels: float, *, n: float, seed: int = 0) -> FloatArray:
    """(m,) figures that may be measured of a new model with this many labels, on n answers.

    n: as of a Point; when the answers of the points are among them, which is so when every round is measured on one
    gold test or on a sample that grows.
    """
    rng = np.random.default_rng([seed, 2])
    residuals, found = _residuals(curves), np.empty(len(curves.start))
    to_come = Point(max(round(labels), 1), 0.0, 0.0, 1.0, n)
    for scatter in np.unique(curves.scatter):
        rows = curves.scatter == scatter
        noise = _noise((*curves.points, to_come), float(scatter))
        solved = np.linalg.solve(noise[:-1, :-1], noise[:-1, -1])
        left = np.sqrt(max(noise[-1, -1] - noise[-1, :-1] @ solved, 0.0))
        found[rows] = residuals[rows] @ solved + rng.standard_normal(rows.sum()) * left
    angles = np.arcsin(np.sqrt(curve(curves, labels))) + found
    return np.clip((_rates(angles) * (n + 0.75) - 0.375) / n, 0.0, 1.0)


def expected(draws: FloatArray) -> Expected:
    """Median and 90 % interval of draws."""
    low, high = np.quantile(draws, NINETY)
    return Expected(float(np.median(draws)), float(low), float(high))


def _grid(points: Sequence[Point]) -> FloatArray:
    """(g, 5): e, b, c, s and the logarithm of their prior."""
    first = points[0]
    near = float(_angles(points)[0])
    reach = 4 * np.sqrt(1 / (4 * first.n + 2) + 0.05**2)
    starts = np.sin(np.clip(np.linspace(near - reach, near + reach, STARTS), 0.01, np.pi / 2 - 0.01)) ** 2
    e, fall, c, s = (each.ravel() for each in np.meshgrid(starts, FALLS, FLOORS, SHIFTS, indexing="ij"))
    median, deviation = FALL
    prior = -0.5 * (np.log(fall / median) / deviation) ** 2 + np.log1p(-c)
    return np.stack([e, fall * (1 + s), c, s, prior], axis=1)


def _errors(rows: FloatArray, first: int, labels: Sequence[float]) -> FloatArray:
    """(g, len(labels)) error rates of the curves in `rows`, whose columns begin with e, b, c, s."""
    e, b, c, s = (rows[:, column, None] for column in range(4))
    grown = (np.asarray(labels, dtype=np.float64)[None, :] + s * first) / (first + s * first)
    errors: FloatArray = np.clip(e * (c + (1 - c) * grown**-b), 0.0, 1.0)
    return errors


def _angles(points: Sequence[Point]) -> FloatArray:
    """(t,) what was measured, as angles."""
    shares = np.array([(point.error * point.n + 0.375) / (point.n + 0.75) for point in points])
    angles: FloatArray = np.arcsin(np.sqrt(np.clip(shares, 0.0, 1.0)))
    return angles


def _rates(angles: FloatArray) -> FloatArray:
    return np.asarray(np.sin(np.clip(angles, 0.0, np.pi / 2)) ** 2)


def _residuals(curves: Curves) -> FloatArray:
    """(m, t) what was measured less what each curve says, as angles."""
    said = np.stack([curve(curves, point.labels) for point in curves.points], axis=1)
    return np.asarray(_angles(curves.points) - np.arcsin(np.sqrt(said)))


def _noise(points: Sequence[Point], scatter: float) -> FloatArray:
    """(t, t) covariance of the angles measured around a curve.

    Means of a sample and of a part of it covary by the variance of the larger one's, times how much alike the mistakes
    of the two models are.
    """
    n, labels = np.array([(point.n, point.labels) for point in points], dtype=np.float64).T
    most, falls = ALIKE
    ratio = np.minimum(labels[:, None], labels[None, :]) / np.maximum(labels[:, None], labels[None, :])
    alike = np.where(np.eye(len(n), dtype=bool), 1.0, most * ratio**falls)
    return np.asarray(alike / (4 * np.maximum(n[:, None], n[None, :]) + 2) + np.diag(_scattered(points, scatter) ** 2))


def _scattered(points: Sequence[Point], scatter: float) -> FloatArray:
    """(t,) deviation of each model from its curve, as an angle."""
    return np.array([scatter * (points[0].labels / point.labels) ** CALMING for point in points])


def _drawn(logs: FloatArray, rng: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """DRAWS places, drawn by weight at even steps: less chance in it than in drawing each by itself."""
    weights = np.exp(logs - logs.max())
    steps = (np.arange(DRAWS) + rng.random()) / DRAWS
    places = np.minimum(np.searchsorted(np.cumsum(weights) / weights.sum(), steps), len(logs) - 1)
    return np.asarray(rng.permutation(places))
