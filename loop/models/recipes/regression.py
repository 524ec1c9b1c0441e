"""Multinomial logistic regression, fast: the rows are rotated once, then every fold and strength is a short run.

    rows (n, d) ─► rotate: principal axes, r = min(n, d) ─► fit(targets, weights, C, start) ─► weights, biases
    logistic: both in one, for labels as they come ─► logits of any other rows

On the axes the curvature is nearly diagonal, so that L-BFGS (Liu and Nocedal 1989, On the limited memory BFGS method)
in variables scaled by it takes 10 to 30 steps. float32 throughout; nothing is drawn by chance.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from loop.records import FloatArray, IntArray

MEMORY = 8
"""Pairs of steps and slopes that L-BFGS keeps."""
STEPS = 60
"""At most."""
TOLERANCE = 1e-5
"""Ends where two steps in turn gain less than this share of the cost."""
SHORTEST = 1e-4
"""A step is halved at most to this."""
Cost = Callable[[FloatArray], tuple[float, FloatArray]]
"""A place → its cost and slope."""


@dataclass(frozen=True, slots=True, eq=False)
class Rotated:
    """n rows on their own principal axes."""

    rows: FloatArray
    """(n, r) float32."""
    axes: FloatArray
    """(d, r) float32, orthonormal columns: given rows @ axes = rows here."""
    spread: FloatArray
    """(r,) float32 sums of squares along the axes."""


def rotate(rows: FloatArray) -> Rotated:
    """The axes of (n, d) rows through the smaller of their two Gram matrices; axes of no length are left out."""
    rows = np.asarray(rows, np.float32)
    n, d = rows.shape
    square, vectors = np.linalg.eigh(rows @ rows.T if n < d else rows.T @ rows)
    keep = square > 1e-6 * max(float(square[-1]), 1e-12)
    square, vectors = square[keep], vectors[:, keep]
    axes = rows.T @ (vectors / np.sqrt(square)) if n < d else vectors
    return Rotated(rows @ axes, axes, square)


def fit(
    rotated: Rotated, targets: FloatArray, weights: FloatArray, *, c: float, start: FloatArray | None = None
) -> FloatArray:
    """(r + 1, k) float32 weights and, last, biases, with the least weighted cross-entropy + |weights|^2 / 2c.

    targets: (n, k) float32, rows sum to 1 (soft labels allowed). weights: (n,) 0 or more; 0 leaves a row out, so that
    folds share one rotation. c: inverse L2 strength, more than 0. start: an earlier answer to begin at.
    """
    n, k = targets.shape
    rows = np.concatenate([rotated.rows, np.ones((n, 1), np.float32)], axis=1)
    penalty = np.append(np.full(len(rotated.spread), 1 / c), 0.0).astype(np.float32)
    used = weights[:, None].astype(np.float32)
    curvature = np.append(rotated.spread, n) * (float(weights.mean()) / k)
    scale = (1 / np.sqrt(curvature + penalty)).astype(np.float32)[:, None]
    scaled, shrink = rows * scale.T, penalty[:, None] * scale**2

    def cost(at: FloatArray) -> tuple[float, FloatArray]:
        logits = scaled @ at
        logits -= logits.max(axis=1, keepdims=True)
        shares = np.exp(logits)
        total = shares.sum(axis=1, keepdims=True)
        loss = float((used[:, 0] * (np.log(total[:, 0]) - (targets * logits).sum(axis=1))).sum(dtype=np.float64))
        shares /= total
        shares -= targets
        shares *= used
        held = shrink * at
        return loss + 0.5 * float((held * at).sum(dtype=np.float64)), scaled.T @ shares + held

    at = np.zeros((rows.shape[1], k), np.float32) if start is None else start / scale
    found: FloatArray = _least(cost, at.astype(np.float32)) * scale
    return found


def logistic(
    known: FloatArray,
    labels: IntArray,
    judged: FloatArray,
    *,
    classes: int,
    c: float,
    weights: FloatArray | None = None,
) -> FloatArray:
    """(N, classes) float32 logits of (N, d) `judged` rows, learned from (n, d) `known` ones and their (n,) columns.

    weights: (n,) how often each known row counts; None: once. A class without labels has -inf. With labels of one class
    alone, that class is all it can say.
    """
    there, columns = np.unique(labels, return_inverse=True)
    rotated = rotate(known)
    targets = np.eye(len(there), dtype=np.float32)[columns]
    counted = np.ones(len(known), np.float32) if weights is None else weights
    answer = fit(rotated, targets, counted, c=c)
    found = np.full((len(judged), classes), -np.inf, np.float32)
    found[:, there] = judged @ (rotated.axes @ answer[:-1]) + answer[-1]
    return found


def _least(cost: Cost, at: FloatArray) -> FloatArray:
    """Where `cost` is least, by L-BFGS from `at`, with a step that is halved until the cost falls (Armijo)."""
    value, slope = cost(at)
    pairs: deque[tuple[FloatArray, FloatArray, float]] = deque(maxlen=MEMORY)
    calm = 0
    for _ in range(STEPS):
        step = _direction(slope, pairs)
        fall, length = _product(step, slope), 1.0
        new_value, new_slope = cost(at + step)
        while new_value > value + 1e-4 * length * fall and length > SHORTEST:
            length /= 2
            new_value, new_slope = cost(at + np.float32(length) * step)
        if new_value >= value:
            break
        moved, turned = np.float32(length) * step, new_slope - slope
        if (bend := _product(moved, turned)) > 0:
            pairs.append((moved, turned, bend))
        calm = calm + 1 if value - new_value < TOLERANCE * abs(value) else 0
        at, value, slope = at + moved, new_value, new_slope
        if calm == 2:
            break
    return at


def _direction(slope: FloatArray, pairs: deque[tuple[FloatArray, FloatArray, float]]) -> FloatArray:
    """The downhill step: the slope times minus the inverse curvature that the pairs tell of (two-loop recursion)."""
    rest, shares = slope.copy(), []
    for moved, turned, bend in reversed(pairs):
        share = np.float32(_product(moved, rest) / bend)
        shares.append(share)
        rest -= share * turned
    if pairs:
        _, turned, bend = pairs[-1]
        rest *= np.float32(bend / _product(turned, turned))
    for (moved, turned, bend), share in zip(pairs, reversed(shares), strict=True):
        rest += (share - np.float32(_product(turned, rest) / bend)) * moved
    return -rest


def _product(one: FloatArray, other: FloatArray) -> float:
    return float(np.vdot(one, other))
