"""Metadata slices found by themselves: where the model errs more than elsewhere.

    columns ─► single values ─┐
    pairs of columns ─────────┴─► worse than the rest? one-sided test, Holm over all that was looked at
      ─► what a pair or another slice already says is left out ─► by errors beyond the rest

Every value with at least LEAST examples inside and outside is looked at, alone and with every value of every other
column. Bounded: of each column only its VALUES largest values, and of many columns only the COLUMNS with the fewest
values, chosen without a look at errors; so at most some 500 passes over the examples.

`sliceline` (0.3.0, 2026, well kept; Sagadeeva and Boehm 2021) ranks deeper combinations by a score, without a test or a
correction for looking at many; two columns need no pruning, so a full search is shorter than its use.

Tests: Fisher's exact test; with weights the score test with Yates' correction on Kish's effective numbers (Kish 1965,
Survey sampling). Holm 1979, A simple sequentially rejective multiple test procedure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from loop.evaluation.intervals import wilson
from loop.records import FloatArray, FoundSlice, IntArray

LEAST = 20
"""Examples a slice needs inside and outside."""
VALUES = 50
COLUMNS = 30
MOST = 20
"""So many slices are told."""
ALPHA = 0.05
LENGTHS = ((3, "up to 3 words"), (10, "4 to 10 words"), (30, "11 to 30 words"), (100, "31 to 100 words"))
LONGER = "over 100 words"

Mask = NDArray[np.bool_]


def length_band(text: str) -> str:
    """How long a text is, in words: a column of its own beside the metadata."""
    words = len(text.split())
    return next((name for most, name in LENGTHS if words <= most), LONGER)


def find_slices(
    columns: Mapping[str, Sequence[str]],
    wrong: Mask,
    *,
    weights: FloatArray | None = None,
    least: int = LEAST,
    most: int = MOST,
    alpha: float = ALPHA,
) -> tuple[FoundSlice, ...]:
    """Column → (n,) value of each example ("" is no value), (n,) wrong → at most `most` slices, worst first.

    weights: (n,) 1 / chance of having been drawn, above 0; None: all the same. The chance that any slice is told when
    none is worse than the rest is at most `alpha`. Ranked by errors beyond the rest: (rate - rest) x n.
    """
    sample = _Sample(wrong.astype(np.float64), np.ones(len(wrong)) if weights is None else weights, weights is not None)
    looked = list(_candidates(columns, least=least))
    adjusted = holm([sample.p_worse(one.inside, ~one.inside) for one in looked])
    order = np.argsort(adjusted, kind="stable").tolist()
    weak = [(looked[i], adjusted[i]) for i in order if adjusted[i] <= alpha]
    kept = _telling(weak, sample, alpha)
    found = [sample.told(one, p) for one, p in kept]
    return tuple(sorted(found, key=lambda s: (-(s.rate - s.rest) * s.n, s.name))[:most])


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values, in the same order: a slice holds at level a when its own is at most a, whatever the others."""
    found = [1.0] * len(p_values)
    least = 0.0
    for place, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        least = max(least, min(1.0, (len(p_values) - place) * p_values[i]))
        found[i] = least
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Slice:
    values: tuple[tuple[str, str], ...]
    """(column, value), one or two."""
    inside: Mask
    parts: tuple[Mask, ...] = ()
    """Of a pair: the members of each single value."""


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    wrong: FloatArray
    weights: FloatArray
    weighted: bool

    def rate(self, inside: Mask) -> tuple[float, float]:
        """Error rate and effective number of examples (Kish: sum² / sum of squares)."""
        weights = self.weights[inside]
        total = float(weights.sum())
        if total == 0.0:
            return 0.0, 0.0
        return float(weights @ self.wrong[inside]) / total, total**2 / float(weights @ weights)

    def p_worse(self, inside: Mask, outside: Mask) -> float:
        """One-sided p-value of "errs no more often inside than outside"; 1.0 when either is empty."""
        (rate, n), (rest, m) = self.rate(inside), self.rate(outside)
        if min(n, m) == 0 or rate <= rest:
            return 1.0
        if self.weighted:
            return _score_test(rate, n, rest, m)
        from scipy.stats import hypergeom

        errors, others = round(rate * n), round(rest * m)
        return float(hypergeom.sf(errors - 1, round(n + m), errors + others, round(n)))

    def told(self, one: _Slice, p_value: float) -> FoundSlice:
        rate, n = self.rate(one.inside)
        low, high = wilson(rate * n, n) or (0.0, 1.0)
        return FoundSlice(
            name=" & ".join(f"{column}={value}" for column, value in one.values),
            columns=dict(one.values),
            n=int(one.inside.sum()),
            errors=int(self.wrong[one.inside].sum()),
            rate=rate,
            low=max(low, 0.0),
            high=min(high, 1.0),
            rest=self.rate(~one.inside)[0],
            p_value=p_value,
        )


def _candidates(columns: Mapping[str, Sequence[str]], *, least: int) -> Iterator[_Slice]:
    """Single values first, then pairs; in the order of the columns and of their largest values."""
    coded = {name: _coded(values, least) for name, values in columns.items()}
    usable = [name for name, (names, _) in coded.items() if names]
    if len(usable) > COLUMNS:
        usable = sorted(sorted(usable, key=lambda name: (len(coded[name][0]), name))[:COLUMNS], key=usable.index)
    for name in usable:
        names, codes = coded[name]
        for code, value in enumerate(names):
            yield _Slice(((name, value),), codes == code)
    for first, second in combinations(usable, 2):
        yield from _pairs((first, *coded[first]), (second, *coded[second]), least=least)


def _coded(values: Sequence[str], least: int) -> tuple[tuple[str, ...], IntArray]:
    """The largest values with enough examples inside and outside, and the place of each example's own, else -1."""
    found, inverse, counts = np.unique(np.asarray(values, dtype=object), return_inverse=True, return_counts=True)
    n = len(values)
    large = [i for i in np.argsort(-counts, kind="stable").tolist() if least <= counts[i] <= n - least and found[i]]
    code = np.full(len(found), -1, dtype=np.int64)
    code[large[:VALUES]] = np.arange(len(large[:VALUES]))
    return tuple(str(found[i]) for i in large[:VALUES]), code[inverse]


def _pairs(
    first: tuple[str, tuple[str, ...], IntArray], second: tuple[str, tuple[str, ...], IntArray], *, least: int
) -> Iterator[_Slice]:
    (one, names, codes), (other, names_too, codes_too) = first, second
    both = (codes >= 0) & (codes_too >= 0)
    crossed = np.where(both, codes * len(names_too) + codes_too, -1)
    counts = np.bincount(crossed[both], minlength=len(names) * len(names_too))
    for cell in np.flatnonzero((counts >= least) & (counts <= len(codes) - least)).tolist():
        row, column = divmod(cell, len(names_too))
        parts = (codes == row, codes_too == column)
        yield _Slice(((one, names[row]), (other, names_too[column])), crossed == cell, parts)


def _telling(weak: Sequence[tuple[_Slice, float]], sample: _Sample, alpha: float) -> list[tuple[_Slice, float]]:
    """Pairs that are worse than what is left of each of their parts; then what is still worse without those."""
    pairs = [
        (one, p)
        for one, p in weak
        if one.parts and all(sample.p_worse(one.inside, part & ~one.inside) <= alpha for part in one.parts)
    ]
    kept: list[tuple[_Slice, float]] = []
    told = np.zeros(len(sample.wrong), dtype=np.bool_)
    for one, p in [*pairs, *((one, p) for one, p in weak if not one.parts)]:
        if sample.p_worse(one.inside & ~told, ~one.inside & ~told) <= alpha:
            kept.append((one, p))
            told |= one.inside
    return kept


def _score_test(rate: float, n: float, rest: float, m: float) -> float:
    from scipy.stats import norm

    together = (rate * n + rest * m) / (n + m)
    spread = sqrt(together * (1 - together) * (1 / n + 1 / m))
    return float(norm.sf((rate - rest - (1 / n + 1 / m) / 2) / spread)) if spread else 1.0
