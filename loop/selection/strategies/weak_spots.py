"""The default strategy: first cover the pool, then ask the examples that stand for most others the model is weak on.

    view ─► phases ─┬─ few labels ─► coverage ──────────────────────────────────────────────────────► rows
                    ├─ enough ─► margin² = weakness ─► weakest rows, twins out ─► herding by weakness ─► rows
                    └─ neighbours with labels of their own ─► weakest rows, twins out ────────────────► rows

Uncertain and different at once: each pick covers the weak rows around it, so the next one is taken where weakness is
still uncovered, also by what was labelled before. The spots of the map name and watch weakness; they do not steer.
Handing out the batch by each spot's error mass, flips under feature dropout, weighted k-means over the weakest rows and
weights balanced over guessed classes did not pay: docs/default-strategy.md has the figures.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from loop.protocols import Choice, PoolView
from loop.records import FloatArray, IntArray
from loop.selection import uncertainty
from loop.selection.herding import CANDIDATES, herd
from loop.selection.phases import Phase, stage
from loop.selection.strategies.basic import by_id, coverage

REACH = {Phase.UNSURE: 0.7, Phase.FINE: 0.5}
"""How far a label speaks for its neighbours, in units of distance between rows of length 1; `coverage` takes 1. Phases
that are not listed do without."""
TWIN = 0.97
"""Rows at least this similar (cosine) to an asked or picked one tell nothing new."""
ROWS_AT_ONCE = 8192


def weak_spots(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """Weak rows that differ from each other and from all that was asked; `coverage` while labels are few.

    scores: margin uncertainty, 0..1; NaN before the first model. note: the phase. Where doubts steer, twins of asked or
    picked rows come only when nothing else is left. After Bae et al. 2025, Uncertainty herding, with a fixed kernel and
    without their temperature.
    """
    now = stage(view)
    if view.probabilities is None:
        return replace(coverage(view, budget=budget, rng=rng), note=now.note)
    weak = uncertainty.margin(view.probabilities)
    if now.phase is Phase.COVER:
        rows = coverage(view, budget=budget, rng=rng).rows
        return Choice(rows=rows, scores=weak[rows], note=now.note)
    ordered = by_id(view)
    ranked: IntArray = ordered[np.argsort(-weak[ordered], kind="stable")]
    fresh = _fresh(view, ranked, wanted=max(CANDIDATES, 2 * budget))
    known, reach = view.labelled_embeddings, REACH.get(now.phase)
    chosen = fresh[:0]
    if reach is not None:
        chosen = herd(view.embeddings, fresh, known, budget=budget, bandwidth=reach, weights=weak**2)
    rows = _filled(view.embeddings, chosen, fresh, ranked, budget=budget)
    return Choice(rows=rows, scores=weak[rows], note=now.note)


def _fresh(view: PoolView, ranked: IntArray, *, wanted: int) -> IntArray:
    """The first `wanted` of the ranked rows that are no twin of anything asked or labelled, or all there are."""
    found = ranked[:0]
    for start in range(0, len(ranked), wanted):
        block = ranked[start : start + wanted]
        found = np.concatenate([found, block[~_twins(view.embeddings, block, view.labelled_embeddings)]])
        if len(found) >= wanted:
            break
    return found[:wanted]


def _twins(embeddings: FloatArray, rows: IntArray, known: FloatArray) -> NDArray[np.bool_]:
    """(len(rows),) whether a row is a near-duplicate of any of the `known` ones."""
    found = np.zeros(len(rows), dtype=np.bool_)
    points = np.asarray(embeddings[rows], dtype=np.float32)
    for start in range(0, len(known), ROWS_AT_ONCE):
        found |= (points @ np.asarray(known[start : start + ROWS_AT_ONCE], dtype=np.float32).T >= TWIN).any(axis=1)
    return found


def _filled(embeddings: FloatArray, chosen: IntArray, fresh: IntArray, ranked: IntArray, *, budget: int) -> IntArray:
    """The chosen rows less twins among them, filled up with the weakest fresh ones; twins only when nothing is left."""
    taken: dict[int, None] = {}
    for row in dict.fromkeys([*chosen.tolist(), *fresh.tolist()]):
        if len(taken) == budget:
            break
        if not _twins(embeddings, np.array([row]), embeddings[list(taken)])[0]:
            taken[row] = None
    for row in ranked.tolist():
        if len(taken) == min(budget, len(ranked)):
            break
        taken[row] = None
    return np.array(list(taken), dtype=np.int64)
