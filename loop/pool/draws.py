"""Which labelled rows are drawn: at random, in the proportions of their labels (pure)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def stratified(codes: NDArray[np.int64], count: int, *, rng: np.random.Generator) -> NDArray[Any]:
    """`count` places of `codes`, sorted, at random inside each label; -1 is never drawn.

    Labels get shares in proportion to their size, but each at least one when `count` reaches; what rounding leaves
    goes to the largest remainders (ties: to the most frequent). codes: (n,) label columns; count: 0..labelled rows.
    """
    classes, sizes = np.unique(codes[codes >= 0], return_counts=True)
    drawn = [
        rng.permutation(np.flatnonzero(codes == label))[:share]
        for label, share in zip(classes, shares(sizes, count, rng=rng), strict=True)
    ]
    return np.sort(np.concatenate(drawn)) if drawn else np.empty(0, dtype=np.int64)


def to_measure(codes: NDArray[np.int64], count: int, *, rng: np.random.Generator) -> NDArray[Any]:
    """As `stratified`, at most `count` places to measure on: a label that stands once is never drawn.

    Measured on, it could be right for no model, since nothing is left to learn it from.
    """
    sizes = np.bincount(codes[codes >= 0], minlength=1)
    often = np.where(codes >= 0, np.where(sizes[codes] > 1, codes, -1), -1)
    return stratified(often, min(count, int((often >= 0).sum())), rng=rng)


def shares(sizes: NDArray[np.int64], count: int, *, rng: np.random.Generator) -> NDArray[np.int64]:
    """(c,) how many of each class, summing to `count` <= sizes.sum(); never more than the class has."""
    if count < len(sizes):
        chosen = np.zeros(len(sizes), dtype=np.int64)
        chosen[rng.permutation(len(sizes))[:count]] = 1
        return chosen
    ideal = count * sizes / sizes.sum()
    result: NDArray[np.int64] = np.maximum(1, np.floor(ideal)).astype(np.int64)
    while (left := count - int(result.sum())) != 0:
        # One step towards the sum, where it brings a class nearest to its ideal share.
        free = result < sizes if left > 0 else result > 1
        gap = (ideal - result) * np.sign(left)
        result[np.lexsort((-sizes, -gap, ~free))[0]] += np.sign(left)
    return result
