"""The metadata value that stands out in a weak spot: most of the spot has it, and few of the rest.

    column ─► its largest values ─► share in the spot, share in the rest ─► test, corrected for all tests ─► one value

Test: one-sided, the hypergeometric tail (Fisher's exact test); Bonferroni over every spot and value looked at. With
many rows a small difference is significant too, so share and lift decide as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from loop.records import IntArray

VALUES = 50
"""Of each column only so many values, the most frequent ones, are looked at."""
LEAST_SHARE = 0.5
"""This share of the spot must have the value,"""
LIFT = 2.0
"""so many times the share among the rows of all other spots,"""
ALPHA = 0.01
"""and by chance alone any spot has such a value with this probability at most."""


def standing_out(
    columns: Mapping[str, Sequence[str | None]], spots: IntArray, *, count: int
) -> tuple[tuple[str, str] | None, ...]:
    """(count,) the (column, value) that stands out most in each spot; None where none does.

    columns: column → (n,) values, "" and None are no value; spots: (n,). The highest lift wins; of equal ones the
    larger share, then the first column in the order given, then the value first in the alphabet.
    """
    sizes = np.bincount(spots, minlength=count)[:count]
    best: list[tuple[tuple[float, float], tuple[str, str]] | None] = [None] * count
    looked = {column: _coded(values) for column, values in columns.items()}
    tests = max(1, sum(len(names) for names, _ in looked.values()) * int((sizes > 0).sum()))
    for column, (names, codes) in looked.items():
        inside = _table(spots, codes, count=count, values=len(names))
        for spot, value in _candidates(inside, sizes, tests=tests):
            rest = (inside[:, value].sum() - inside[spot, value]) / max(sizes.sum() - sizes[spot], 1)
            share = inside[spot, value] / sizes[spot]
            rank = (float(share / rest) if rest else np.inf, float(share))
            known = best[spot]
            if known is None or rank > known[0]:
                best[spot] = (rank, (column, names[value]))
    return tuple(None if one is None else one[1] for one in best)


def _coded(values: Sequence[str | None]) -> tuple[tuple[str, ...], IntArray]:
    """The most frequent values by the alphabet, and the place of each row's own among them, else -1."""
    unique, inverse, counts = np.unique(
        np.array([value or "" for value in values], dtype=object), return_inverse=True, return_counts=True
    )
    frequent = [i for i in np.argsort(-counts, kind="stable").tolist() if unique[i]][:VALUES]
    kept = sorted(frequent)
    code = np.full(len(unique), -1, dtype=np.int64)
    code[kept] = np.arange(len(kept))
    return tuple(str(unique[i]) for i in kept), code[inverse]


def _table(spots: IntArray, codes: IntArray, *, count: int, values: int) -> IntArray:
    """(count, values) rows of each spot with each value."""
    known = codes >= 0
    flat = np.bincount(spots[known] * values + codes[known], minlength=count * values)
    return np.asarray(flat[: count * values].reshape(count, values))


def _candidates(inside: IntArray, sizes: IntArray, *, tests: int) -> list[tuple[int, int]]:
    """(spot, value) that pass share, lift and test, by spot and value."""
    from scipy.stats import hypergeom

    total, having = int(sizes.sum()), inside.sum(axis=0)
    rest = np.maximum(total - sizes, 1)[:, None]
    share = inside / np.maximum(sizes, 1)[:, None]
    wide = (share >= LEAST_SHARE) & (share >= LIFT * (having - inside) / rest) & (sizes[:, None] < total)
    pairs = [(spot, value) for spot, value in np.argwhere(wide).tolist() if sizes[spot]]
    return [
        (spot, value)
        for spot, value in pairs
        if hypergeom.sf(inside[spot, value] - 1, total, having[value], sizes[spot]) <= ALPHA / tests
    ]
