"""Rows that lie near as much of the pool as possible: `coverage` under the name of its paper.

Bae et al. 2024, Generalized coverage for more robust low-budget active learning (MaxHerding), with their Gaussian
kernel of width 1 on rows of length 1. The greedy choice itself is in loop.selection.herding.
"""

from __future__ import annotations

import numpy as np

from loop.protocols import Choice, PoolView
from loop.selection.strategies.basic import coverage


def max_herding(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Examples that together lie near as much of the pool as possible; the same rule as coverage.

    No scores; works before the first model.
    """
    return coverage(view, budget=budget, rng=rng)
