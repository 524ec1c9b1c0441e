"""The pair strategies: which prompts to ask about, and which two of their answers to compare. Pure; no model in sight.

    PairView ─► prompts (by doubt, chance, gap, design) ─► two valid candidates of each ─► PairChoice

Ties and draws go by prompt id, never by row. A figure that is NaN is unknown, and the rule is the same everywhere: rows
whose figures do not suffice come after all others, by id, with a pair drawn at random and the score NaN; a strategy
whose figure is unknown for every row raises DataError. `random` needs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np

from loop.errors import DataError
from loop.protocols import PairChoice, PairView
from loop.records import FloatArray, IntArray
from loop.selection.design import greedy_design

SHORTLIST = 2
"""`doubt_and_certainty` weighs the pairs of so many times the budget of prompts."""

PairOf = Callable[[int], tuple[tuple[int, int], float]]
"""A row → its two columns, and the score."""


def random(view: PairView, *, budget: int, rng: np.random.Generator) -> PairChoice:
    """Prompts and pairs uniformly at random; no scores. The baseline."""
    rows = rng.permutation(_by_id(view))[:budget]
    return _choice(rows, lambda row: (_any_pair(view, row, rng), np.nan))


def doubt(view: PairView, *, budget: int, rng: np.random.Generator) -> PairChoice:
    """The prompts the champion doubts most, two answers of each at random; scores are the doubt.

    Raises DataError when no doubt is known.
    """
    rows = _most(view, _known(view.doubt, "doubt", needs="how doubtful the model is of each prompt"))[:budget]
    return _choice(rows, lambda row: (_any_pair(view, row, rng), float(view.doubt[row])))


def doubt_and_certainty(view: PairView, *, budget: int, rng: np.random.Generator) -> PairChoice:
    """Of the most doubted prompts, the pairs the champion itself thinks furthest apart (Muldrew et al. 2024,
    arXiv 2402.08114): a certain preference that is wrong teaches most.

    The doubt of a prompt (predictive entropy there) gives a shortlist of SHORTLIST times the budget; the largest
    difference of implicit rewards within a prompt decides the pair and, among the shortlist, the prompt. Scores are
    those differences. Raises DataError when no doubt, or no two implicit rewards of any prompt, are known.
    """
    doubted = _most(view, _known(view.doubt, "doubt_and_certainty", needs="how doubtful the model is of each prompt"))
    implicit = np.where(np.isfinite(view.doubt)[:, None], view.implicit, np.nan)
    gaps = _known(_gaps(view, implicit), "doubt_and_certainty", needs="implicit rewards of two answers to a prompt")
    return _by_gap(view, implicit, _ranked(doubted[: SHORTLIST * budget], gaps)[:budget], rng)


def gap(view: PairView, *, budget: int, rng: np.random.Generator) -> PairChoice:
    """The pairs furthest apart in predicted reward, over all prompts (the wide-gap rule of ActiveUltraFeedback 2026);
    scores are the gaps.

    By the reward model's marks if two answers of any prompt have one, else by implicit rewards; never both, since they
    do not share a scale. Raises DataError when neither is known.
    """
    measure = view.rewards if np.isfinite(_gaps(view, view.rewards)).any() else view.implicit
    gaps = _known(_gaps(view, measure), "gap", needs="marks of a reward model or implicit rewards")
    return _by_gap(view, measure, _most(view, gaps)[:budget], rng)


def d_optimal(view: PairView, *, budget: int, rng: np.random.Generator) -> PairChoice:
    """Pairs whose feature differences together tell most of a linear reward: greedy D-optimal design on last-layer
    features, beyond the pairs asked so far (arXiv 2503.01076, arXiv 2502.04354; without their weights by predicted
    probability, which an untuned model does not have). One pair per prompt.

    Scores are the gain in log determinant when chosen, so they fall. Raises DataError when no features are known.
    """
    told = np.isfinite(view.features).all(axis=2) & (view.valid > 0) & (view.features.shape[2] > 0)
    ordered = _by_id(view)
    candidates = [(int(row), pair) for row in ordered for pair in combinations(np.flatnonzero(told[row]).tolist(), 2)]
    if not candidates and len(ordered):
        raise _unknown("d_optimal", needs="the features of two answers to a prompt")
    groups = np.array([row for row, _ in candidates], dtype=np.int64)
    columns = np.array([pair for _, pair in candidates], dtype=np.int64).reshape(-1, 2)
    differences = view.features[groups, columns[:, 0]] - view.features[groups, columns[:, 1]]
    picks, gains = greedy_design(differences, view.asked, groups=groups, budget=budget)
    best = {
        int(groups[pick]): ((int(columns[pick, 0]), int(columns[pick, 1])), float(gain))
        for pick, gain in zip(picks, gains, strict=True)
    }
    rest = [int(row) for row in ordered if row not in best]
    rows = np.array([*best, *rest][:budget], dtype=np.int64)
    return _choice(rows, lambda row: best[row] if row in best else (_any_pair(view, row, rng), np.nan))


def _by_gap(view: PairView, measure: FloatArray, rows: IntArray, rng: np.random.Generator) -> PairChoice:
    def widest(row: int) -> tuple[tuple[int, int], float]:
        told = np.flatnonzero((view.valid[row] > 0) & np.isfinite(measure[row]))
        if len(told) < 2:
            return _any_pair(view, row, rng), np.nan
        low, high = told[np.argmin(measure[row, told])], told[::-1][np.argmax(measure[row, told[::-1]])]
        return (min(int(low), int(high)), max(int(low), int(high))), float(measure[row, high] - measure[row, low])

    return _choice(rows, widest)


def _gaps(view: PairView, measure: FloatArray) -> FloatArray:
    """(n,) largest less smallest known value among the valid candidates; NaN with fewer than two."""
    told = (view.valid > 0) & np.isfinite(measure)
    high = np.where(told, measure, -np.inf).max(axis=1, initial=-np.inf)
    low = np.where(told, measure, np.inf).min(axis=1, initial=np.inf)
    enough = told.sum(axis=1) > 1
    return np.where(enough, np.where(enough, high, 0.0) - np.where(enough, low, 0.0), np.nan)


def _choice(rows: IntArray, pair_of: PairOf) -> PairChoice:
    found = [pair_of(int(row)) for row in rows]
    return PairChoice(
        rows=np.asarray(rows, dtype=np.int64),
        pairs=np.array([pair for pair, _ in found], dtype=np.int64).reshape(-1, 2),
        scores=np.array([score for _, score in found], dtype=np.float64),
    )


def _any_pair(view: PairView, row: int, rng: np.random.Generator) -> tuple[int, int]:
    """Two valid candidates of a row, uniformly at random, the earlier column first."""
    one, other = sorted(rng.choice(np.flatnonzero(view.valid[row] > 0), size=2, replace=False).tolist())
    return one, other


def _by_id(view: PairView) -> IntArray:
    return np.argsort(np.array(view.ids, dtype=np.str_), kind="stable").astype(np.int64)


def _most(view: PairView, measure: FloatArray) -> IntArray:
    """All rows, the largest measure first, NaN last; ties by id."""
    return _ranked(_by_id(view), measure)


def _ranked(rows: IntArray, measure: FloatArray) -> IntArray:
    """The rows, the largest measure first, NaN last; ties keep their order."""
    return rows[np.argsort(-np.nan_to_num(measure[rows], nan=-np.inf), kind="stable")]


def _known(measure: FloatArray, name: str, *, needs: str) -> FloatArray:
    """The measure. Raises DataError when there are rows and none has a figure."""
    if len(measure) and not np.isfinite(measure).any():
        raise _unknown(name, needs=needs)
    return measure


def _unknown(name: str, *, needs: str) -> DataError:
    return DataError(
        f"the pair strategy {name!r} has nothing to go by",
        wanted=needs,
        do="use the pair strategy random until it is known",
    )
