"""Which labels stand for a weak spot: those that are taken for each other there, or those it holds.

    observed mistakes, each with its weight ────────────────────┐
    model's second label of each open row, by its probability ──┴─► share of each pair ─► one pair, else one label
    label of each row, known or predicted ──────────────────────────► one or two main labels, where they are

Labels are columns of the model's probabilities. The figures behind the thresholds are in docs/weak-spots.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from loop.records import FloatArray, IntArray

EXPECTED = 10.0
"""What the model expects weighs as much as so many observed mistakes."""
LEAST_SHARE = 0.2
"""A pair is clear when it has this share of a spot's mistakes,"""
LEAD = 1.25
"""so many times the share of the next pair,"""
LEAST_RATE = 0.03
"""and this share of the spot's open rows, or two observed mistakes."""
LEAST_SEEN = 2.0
LEAST_SHARE_OF_ONE = 0.1
"""A single label is clear when it has a part in this share of the mistakes, and LEAD times that of the next label."""
MAIN = 0.6
"""A label that so large a share of the spot has stands for it alone,"""
BOTH = 0.5
"""two that have so large a share together stand for it together,"""
SECOND = 0.15
"""if the second one has at least this share."""


T = TypeVar("T")
_Weights = dict[tuple[int, int], float]
"""Pair of columns, the smaller first → how much speaks for it."""


@dataclass(frozen=True, slots=True)
class Mistakes:
    """m observed mistakes of the model; arrays (m,)."""

    spots: IntArray
    truth: IntArray
    """Column of the right label."""
    guess: IntArray
    """Column of the label the model gave."""
    weight: FloatArray
    """Above 0; 1 for a mistake of the present model."""


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """What is known of r combinations of a spot and a pair of labels; arrays (r,)."""

    spots: IntArray
    first: IntArray
    second: IntArray
    """Columns, first < second."""
    weight: FloatArray


def confused_labels(
    spots: IntArray, probabilities: FloatArray, mistakes: Mistakes, *, count: int
) -> tuple[tuple[int, ...], ...]:
    """(count,) the labels that are clearly most often confused in each spot: two with each other, one with several, ().

    spots: (n,) of the open rows; probabilities: (n, k), rows sum to 1. A row expects to be taken for its second label
    with that label's probability, and for any other with the rest. The label with more of the spot's rows comes first;
    of equal ones, and of equal pairs, the one with the smaller column. Two equal pairs, or labels, are not clear.
    """
    if probabilities.shape[1] < 2:
        return ((),) * count
    expected, tops = _expected(spots, probabilities)
    seen = _summed(mistakes.spots, mistakes.truth, mistakes.guess, mistakes.weight)
    errors = np.bincount(spots, weights=1.0 - probabilities.max(axis=1), minlength=count)
    return tuple(
        _clear(_of_spot(expected, spot), _of_spot(seen, spot), errors=float(errors[spot]), tops=tops[spots == spot])
        for spot in range(count)
    )


def main_labels(spots: IntArray, labels: IntArray, *, count: int) -> tuple[tuple[int, ...], ...]:
    """(count,) the one or two labels that stand for each spot, the larger first; () where it holds too many, or none.

    spots, labels: (n,) of each row of a spot and the column of its label. Of equal labels the smaller column is first.
    """
    return tuple(_main(labels[spots == spot]) for spot in range(count))


def _main(labels: IntArray) -> tuple[int, ...]:
    if len(labels) == 0:
        return ()
    counts = np.bincount(labels)
    order = np.argsort(-counts, kind="stable")[:2].tolist()
    shares = [float(counts[column]) / len(labels) for column in order] + [0.0]
    if shares[0] >= MAIN or (shares[0] >= BOTH and shares[1] < SECOND):
        return (order[0],)
    return tuple(order) if shares[0] + shares[1] >= BOTH and shares[1] >= SECOND else ()


def _expected(spots: IntArray, probabilities: FloatArray) -> tuple[_Pairs, IntArray]:
    """The pairs of each row's two best labels, weighted by the second's probability; and (n,) the best label."""
    top = probabilities.argmax(axis=1)
    rest = np.array(probabilities, dtype=np.float64)
    rest[np.arange(len(top)), top] = -1.0
    second = rest.argmax(axis=1)
    return _summed(spots, top, second, np.maximum(rest.max(axis=1, initial=-1.0), 0.0)), np.asarray(top)


def _summed(spots: IntArray, one: IntArray, other: IntArray, weight: FloatArray) -> _Pairs:
    keys = np.stack([spots, np.minimum(one, other), np.maximum(one, other)], axis=1)
    unique, inverse = np.unique(keys, axis=0, return_inverse=True)
    sums = np.bincount(inverse.reshape(-1), weights=weight, minlength=len(unique))
    return _Pairs(unique[:, 0], unique[:, 1], unique[:, 2], np.asarray(sums, dtype=np.float64))


def _of_spot(pairs: _Pairs, spot: int) -> _Weights:
    inside = pairs.spots == spot
    columns = zip(pairs.first[inside].tolist(), pairs.second[inside].tolist(), strict=True)
    return dict(zip(columns, pairs.weight[inside].tolist(), strict=True))


def _clear(expected: _Weights, seen: _Weights, *, errors: float, tops: IntArray) -> tuple[int, ...]:
    """The labels that are clear. errors: mistakes the model expects in the spot. tops: best label of its open rows."""
    share = _shares(expected, seen, errors=errors)
    pair = _leading(share, least=LEAST_SHARE)
    if pair is not None and _is_frequent(expected.get(pair, 0.0), seen.get(pair, 0.0), rows=len(tops)):
        one, other = pair
        return pair if int((tops == one).sum()) >= int((tops == other).sum()) else (other, one)
    parts: dict[int, float] = {}
    for pair, part in share.items():
        for column in pair:
            parts[column] = parts.get(column, 0.0) + part
    single = _leading(parts, least=LEAST_SHARE_OF_ONE)
    return () if single is None or sum(seen.values()) + errors < LEAST_SEEN else (single,)


def _shares(expected: _Weights, seen: _Weights, *, errors: float) -> _Weights:
    """Pair → its share of the spot's mistakes, seen and expected, 0..1."""
    scale = EXPECTED / errors if errors > 0 else 0.0
    total = sum(seen.values()) + scale * errors
    pairs = sorted(expected.keys() | seen.keys())
    return {pair: (seen.get(pair, 0.0) + scale * expected.get(pair, 0.0)) / total for pair in pairs if total > 0}


def _leading(share: Mapping[T, float], *, least: float) -> T | None:
    """The key with the largest share, if that is large enough and well above the next one's."""
    order = sorted(share, key=lambda key: -share[key])[:2]
    if not order or share[order[0]] < least:
        return None
    return order[0] if len(order) == 1 or share[order[0]] >= LEAD * share[order[1]] else None


def _is_frequent(expected: float, seen: float, *, rows: int) -> bool:
    return expected >= LEAST_RATE * rows > 0 or seen >= LEAST_SEEN
