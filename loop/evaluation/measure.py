"""Predictions and truth → every figure, with its n and its interval.

overall     every metric of the menu
per slice   the error rate
per class   recall, precision and F1

Where examples were drawn with unequal chances, each counts by the inverse of its own: rates by the estimator `plain`,
the other metrics on rows repeated in proportion, whose interval comes from resampling the examples, not the repeats.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loop import registry
from loop.errors import DataError
from loop.evaluation import metrics
from loop.evaluation.estimators import plain
from loop.evaluation.intervals import REPEATS, bootstrap, wilson
from loop.protocols import Metric
from loop.records import Audited, FloatArray, IntArray, Measurement, Predictions

RESAMPLED = f"bootstrap-{REPEATS}"
FINENESS = 10
"""The likeliest example is repeated so often; others in proportion, rounded."""


def measure(
    predictions: Predictions,
    truth: Mapping[str, str],
    *,
    on: str,
    slices: Mapping[str, Sequence[str]],
    rng: np.random.Generator,
    chances: Mapping[str, float] | None = None,
) -> tuple[Measurement, ...]:
    """Every figure on the examples of `truth` (id → label), whatever their order.

    slices: name → ids; ids without a truth are left out of the slice's n. chances: id → how likely it was drawn, above
    0 and at most 1; None: all alike. A label that the model does not know counts as an error. Rates have Wilson
    intervals, the others bootstrap percentiles. Raises DataError when an example of `truth` has no prediction.
    """
    ids = sorted(truth)
    probabilities, columns = aligned(predictions, truth, ids)
    drawn = None if chances is None else np.array([chances[id_] for id_ in ids])
    told = _Told(probabilities, columns, drawn, on, rng)
    return (
        *_overall(told),
        *_slices(told, {id_: row for row, id_ in enumerate(ids)}, slices),
        *_classes(told, predictions.labels),
    )


def confusion_pairs(
    predictions: Predictions, truth: Mapping[str, str], *, top: int | None = None
) -> tuple[tuple[str, str, int], ...]:
    """(true label, guess, how often) of the mistakes, most frequent first, then by name.

    A true label that the model does not know is among them. Raises DataError when an example has no prediction.
    """
    probabilities, _ = aligned(predictions, truth, sorted(truth))
    counts: dict[tuple[str, str], int] = {}
    for id_, column in zip(sorted(truth), probabilities.argmax(axis=1), strict=True):
        pair = (truth[id_], predictions.labels[column])
        if pair[0] != pair[1]:
            counts[pair] = counts.get(pair, 0) + 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple((*pair, count) for pair, count in ranked[:top])


def aligned(predictions: Predictions, truth: Mapping[str, str], ids: Sequence[str]) -> tuple[FloatArray, IntArray]:
    """Probabilities (n, k) and true columns (n,) of `ids`; -1 for a label outside `predictions.labels`.

    Raises DataError when an id has no prediction.
    """
    row_of = {id_: row for row, id_ in enumerate(predictions.ids)}
    missing = [id_ for id_ in ids if id_ not in row_of]
    if missing:
        raise DataError(
            f"{len(missing):,} of {len(ids):,} examples with a true label have no prediction, first {missing[0]}",
            wanted="a prediction for each",
            do="predict them first",
        )
    column_of = {label: column for column, label in enumerate(predictions.labels)}
    rows = np.array([row_of[id_] for id_ in ids], dtype=np.int64)
    columns = np.array([column_of.get(truth[id_], -1) for id_ in ids], dtype=np.int64)
    return np.asarray(predictions.probabilities[rows]), columns


def rate(metric: str, hits: int, n: int, *, on: str, slice_: str = "") -> Measurement:
    """A share with its Wilson interval; value None for n = 0."""
    interval = wilson(hits, n)
    low, high = interval if interval else (None, None)
    return Measurement(metric, hits / n if n else None, low, high, n, on, slice_, "wilson" if n else "")


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """What the model said of n examples, and how they came to be measured."""

    probabilities: FloatArray
    """(n, k)"""
    truth: IntArray
    """(n,) columns; -1 for a label the model does not know."""
    chances: FloatArray | None
    """(n,) None: all alike."""
    on: str
    rng: np.random.Generator

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """(n,)"""
        found: NDArray[np.bool_] = self.probabilities.argmax(axis=1) != self.truth
        return found

    def share(
        self, metric: str, hits: NDArray[np.bool_], rows: IntArray | None = None, *, slice_: str = ""
    ) -> Measurement:
        """The share of `hits` among these rows, or all."""
        picked = hits if rows is None else hits[rows]
        if self.chances is None:
            return rate(metric, int(picked.sum()), len(picked), on=self.on, slice_=slice_)
        chances = self.chances if rows is None else self.chances[rows]
        doubt = np.full(len(picked), 0.5)
        found = plain(Audited(wrong=picked, doubt=doubt, inclusion=chances, population=doubt))
        if found is None:
            return rate(metric, 0, 0, on=self.on, slice_=slice_)
        return Measurement(metric, found.value, found.low, found.high, found.n, self.on, slice_, found.estimator)

    def resample(
        self, function: Callable[..., FloatArray | float | None]
    ) -> tuple[FloatArray | float | None, FloatArray]:
        """`function(probabilities, truth)`, and its bootstrap interval (2, ...)."""
        if self.chances is None:
            arrays = (self.probabilities, self.truth)
            return function(*arrays), bootstrap(function, arrays, rng=self.rng)
        times = np.maximum(np.rint(FINENESS * self.chances.min(initial=1.0) / self.chances), 1).astype(np.int64)

        def repeated(rows: IntArray) -> FloatArray | float | None:
            each = np.repeat(rows, times[rows])
            return function(self.probabilities[each], self.truth[each])

        rows = np.arange(len(self.truth))
        return repeated(rows), bootstrap(repeated, (rows,), rng=self.rng)


def _overall(told: _Told) -> tuple[Measurement, ...]:
    found = []
    for name in registry.names("metric"):
        metric: Metric = registry.load("metric", name)
        if metric is metrics.error_rate:
            found.append(told.share(name, told.wrong))
        else:
            value, (low, high) = told.resample(metric)
            found.append(_resampled(name, _number(value), low, high, n=len(told.truth), on=told.on))
    return tuple(found)


def _slices(told: _Told, row_of: Mapping[str, int], slices: Mapping[str, Sequence[str]]) -> tuple[Measurement, ...]:
    found = []
    for name in sorted(slices):
        rows = np.array([row_of[id_] for id_ in slices[name] if id_ in row_of], dtype=np.int64)
        found.append(told.share("error_rate", told.wrong, rows, slice_=name))
    return tuple(found)


def _classes(told: _Told, labels: Sequence[str]) -> tuple[Measurement, ...]:
    guessed = told.probabilities.argmax(axis=1)
    if len(told.truth):
        values, (low, high) = told.resample(lambda *arrays: metrics.per_class(*arrays).f1)
        f1 = np.asarray(values)
    else:
        f1 = low = high = np.full(len(labels), np.nan)
    found = []
    for column, label in enumerate(labels):
        slice_ = f"class={label}"
        mine, called = np.flatnonzero(told.truth == column), np.flatnonzero(guessed == column)
        found.append(told.share("recall", guessed == column, mine, slice_=slice_))
        found.append(told.share("precision", told.truth == column, called, slice_=slice_))
        value = None if np.isnan(f1[column]) else float(f1[column])
        found.append(_resampled("f1", value, low[column], high[column], n=len(mine), on=told.on, slice_=slice_))
    return tuple(found)


def _number(value: FloatArray | float | None) -> float | None:
    return None if value is None else float(value)


def _resampled(
    metric: str, value: float | None, low: float, high: float, *, n: int, on: str, slice_: str = ""
) -> Measurement:
    if value is None:
        return Measurement(metric, None, None, None, n, on, slice_)
    if np.isnan(low):
        return Measurement(metric, value, None, None, n, on, slice_)
    return Measurement(metric, value, float(low), float(high), n, on, slice_, RESAMPLED)
