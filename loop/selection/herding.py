"""Rows that stand for many others: greedy coverage of a (weighted) crowd.

    candidates, their weights, what is known already ─► herd ─► rows, the one that covers most first

Max-herding (Bae et al. 2024, Generalized coverage for more robust low-budget active learning): add the row that raises
most the weighted sum over all candidates of the largest kernel similarity to a chosen or known row. With uncertainty as
weight: Bae et al. 2025, Uncertainty herding: one active learning method for all label budgets.
The kernel is exp(-distance² / bandwidth²); distances between rows of length 1 lie in 0..2.
"""

from __future__ import annotations

import heapq

import numpy as np

from loop.records import FloatArray, IntArray

CANDIDATES = 4000
"""So many rows are looked at together: time and memory grow with the square."""


def herd(
    embeddings: FloatArray,
    rows: IntArray,
    known: FloatArray,
    *,
    budget: int,
    bandwidth: float,
    weights: FloatArray | None = None,
) -> IntArray:
    """(min(budget, len(rows)),) of the row numbers `rows`, best first; on equal gain the one named first.

    embeddings: (n, d) rows of length 1. known: (m, d) what is covered already. weights: (n,) 0 or more, or all 1.
    Of more than CANDIDATES rows the first ones are looked at, and so on in portions when the budget is large.
    """
    chosen: list[int] = []
    rest = rows
    while len(chosen) < min(budget, len(rows)):
        window = rest[:CANDIDATES]
        portion = budget - len(chosen) if len(window) == len(rest) else min(budget - len(chosen), CANDIDATES // 2)
        points = np.asarray(embeddings[window], dtype=np.float32)
        pull = np.ones(len(window)) if weights is None else weights[window]
        before = np.concatenate([np.asarray(known, dtype=np.float32), embeddings[np.array(chosen, dtype=np.int64)]])
        covered = _covered(points, before, bandwidth)
        found = _greedy(_kernel(points, points, bandwidth), covered, pull.astype(np.float32), budget=portion)
        chosen += window[found].tolist()
        rest = rest[~np.isin(rest, chosen)]
    return np.array(chosen, dtype=np.int64)


def _kernel(rows: FloatArray, others: FloatArray, bandwidth: float) -> FloatArray:
    squared = np.maximum(2.0 - 2.0 * (rows @ others.T), 0.0)
    found: FloatArray = np.exp(-squared / np.float32(bandwidth**2))
    return found


def _covered(points: FloatArray, known: FloatArray, bandwidth: float) -> FloatArray:
    """(len(points),) largest similarity of each point to a known row, 0 without any."""
    covered: FloatArray = np.zeros(len(points), dtype=np.float32)
    for start in range(0, len(known), CANDIDATES):
        block = known[start : start + CANDIDATES].astype(np.float32)
        covered = np.maximum(covered, _kernel(points, block, bandwidth).max(axis=1))
    return covered


def _greedy(kernel: FloatArray, covered: FloatArray, pull: FloatArray, *, budget: int) -> IntArray:
    """Columns in the order chosen. Lazy evaluation (Minoux 1978), exact because gains only shrink."""

    def gain(column: int) -> float:
        return float(np.maximum(kernel[column] - covered, 0.0) @ pull)

    queue = [(-gain(column), column) for column in range(len(kernel))]
    heapq.heapify(queue)
    chosen: list[int] = []
    while queue and len(chosen) < budget:
        _, column = heapq.heappop(queue)
        fresh = (-gain(column), column)
        if queue and fresh > queue[0]:
            heapq.heappush(queue, fresh)
            continue
        chosen.append(column)
        covered = np.maximum(covered, kernel[column])
    return np.array(chosen, dtype=np.int64)
