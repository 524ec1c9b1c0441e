"""The plain strategies: a view of the pool → which rows to ask. All are pure, and none sees a model.

Ties and draws go by example id, never by row: the same examples in another order give the same picks. Strategies that
need probabilities raise DataError without them; `coverage`, `random` and `weak_spots` work before the first model.
"""

from __future__ import annotations

import heapq

import numpy as np

from loop.errors import DataError
from loop.protocols import Choice, PoolView, Uncertainty
from loop.records import FloatArray, IntArray
from loop.selection import uncertainty

CANDIDATES = 4000
"""`coverage` looks at no more rows than this, drawn at random: its time grows with their square."""
BANDWIDTH = 1.0
"""Width of the Gaussian kernel in units of distance between rows of length 1."""


def random(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Uniformly at random without replacement; no scores."""
    rows = rng.permutation(by_id(view))[:budget]
    return Choice(rows=rows, scores=np.full(len(rows), np.nan))


def least_confidence(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:  # noqa: ARG001 - the seam
    """The least certain guesses. Raises DataError before the first model."""
    return _most(view, uncertainty.least_confidence, budget=budget, name="least_confidence")


def margin(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:  # noqa: ARG001 - the seam
    """The closest calls between two labels. Raises DataError before the first model."""
    return _most(view, uncertainty.margin, budget=budget, name="margin")


def entropy(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:  # noqa: ARG001 - the seam
    """The widest spread over labels. Raises DataError before the first model."""
    return _most(view, uncertainty.entropy, budget=budget, name="entropy")


def coverage(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Rows that together lie near as much of the pool as possible, beyond what is labelled already; no scores.

    Max-herding (Bae et al. 2024, Generalized coverage for more robust low-budget active learning): greedily add the
    row that raises most the mean over the pool of the largest kernel similarity to a picked or labelled row. The
    kernel is exp(-distance²). Chosen over k-means centres and TypiClust on banking77 and snips: see the benchmark.
    Greedy with lazy evaluation (Minoux 1978), exact because gains only shrink.
    """
    ordered = by_id(view)
    room = max(CANDIDATES, 2 * budget)
    rows = ordered if len(ordered) <= room else np.sort(rng.choice(len(ordered), room, replace=False))
    rows = rows if rows is ordered else ordered[rows]
    points = np.asarray(view.embeddings[rows], dtype=np.float32)
    covered = np.zeros(len(rows), dtype=np.float32)
    for start in range(0, len(view.labelled_embeddings), CANDIDATES):
        known = np.asarray(view.labelled_embeddings[start : start + CANDIDATES], dtype=np.float32)
        covered = np.maximum(covered, _kernel(points, known).max(axis=1))
    chosen = rows[_herd(_kernel(points, points), covered, budget=min(budget, len(rows)))]
    return Choice(rows=chosen, scores=np.full(len(chosen), np.nan))


def by_id(view: PoolView) -> IntArray:
    """(n,) row numbers in the order of the examples' ids."""
    return np.argsort(np.array(view.ids, dtype=np.str_), kind="stable").astype(np.int64)


def needs_model(view: PoolView, name: str) -> FloatArray:
    """The view's probabilities. Raises DataError when there are none yet."""
    if view.probabilities is None:
        raise DataError(
            f"the strategy {name!r} needs a model's probabilities, and there is no model yet",
            wanted="a model, or a strategy that needs none",
            do="use weak_spots or coverage until the first model is trained",
        )
    return view.probabilities


def _most(view: PoolView, measure: Uncertainty, *, budget: int, name: str) -> Choice:
    """Rows with the largest measure, ties by id."""
    ordered = by_id(view)
    unsure = measure(needs_model(view, name))
    rows = ordered[np.argsort(-unsure[ordered], kind="stable")][:budget]
    return Choice(rows=rows, scores=unsure[rows])


def _kernel(rows: FloatArray, others: FloatArray) -> FloatArray:
    squared = np.maximum(2.0 - 2.0 * (rows @ others.T), 0.0)
    found: FloatArray = np.exp(-squared / BANDWIDTH**2)
    return found


def _herd(kernel: FloatArray, covered: FloatArray, *, budget: int) -> IntArray:
    """(budget,) columns chosen greedily; on equal gain the first."""

    def gain(column: int) -> float:
        return float(np.maximum(kernel[column] - covered, 0.0).sum())

    queue = [(-gain(column), column) for column in range(len(kernel))]
    heapq.heapify(queue)
    chosen: list[int] = []
    while len(chosen) < budget:
        _, column = heapq.heappop(queue)
        fresh = (-gain(column), column)
        if queue and fresh > queue[0]:
            heapq.heappush(queue, fresh)
            continue
        chosen.append(column)
        covered = np.maximum(covered, kernel[column])
    return np.array(chosen, dtype=np.int64)
