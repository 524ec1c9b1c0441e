"""Predictions and truth → every figure, with its n and its interval.

overall     every metric of the menu
per slice   the error rate
per class   recall, precision and F1
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from loop import registry
from loop.errors import DataError
from loop.evaluation import metrics
from loop.evaluation.intervals import REPEATS, bootstrap, wilson
from loop.protocols import Metric
from loop.records import FloatArray, IntArray, Measurement, Predictions

RESAMPLED = f"bootstrap-{REPEATS}"


def measure(
    predictions: Predictions,
    truth: Mapping[str, str],
    *,
    on: str,
    slices: Mapping[str, Sequence[str]],
    rng: np.random.Generator,
) -> tuple[Measurement, ...]:
    """Every figure on the examples of `truth` (id → label), whatever their order.

    slices: name → ids; ids without a truth are left out of the slice's n. A label that the model does not know
    counts as an error. Rates have Wilson intervals, the others bootstrap percentiles. Raises DataError when an
    example of `truth` has no prediction.
    """
    ids = sorted(truth)
    probabilities, columns = aligned(predictions, truth, ids)
    wrong = probabilities.argmax(axis=1) != columns
    return (
        *_overall(probabilities, columns, on=on, rng=rng),
        *_slices(dict(zip(ids, wrong.tolist(), strict=True)), slices, on=on),
        *_classes(probabilities, columns, predictions.labels, on=on, rng=rng),
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


def _overall(
    probabilities: FloatArray, truth: IntArray, *, on: str, rng: np.random.Generator
) -> tuple[Measurement, ...]:
    found = []
    for name in registry.names("metric"):
        metric: Metric = registry.load("metric", name)
        if metric is metrics.error_rate:
            wrong = int((probabilities.argmax(axis=1) != truth).sum())
            found.append(rate(name, wrong, len(truth), on=on))
        else:
            low, high = bootstrap(metric, (probabilities, truth), rng=rng)
            found.append(_resampled(name, metric(probabilities, truth), low, high, n=len(truth), on=on))
    return tuple(found)


def _slices(wrong: Mapping[str, bool], slices: Mapping[str, Sequence[str]], *, on: str) -> tuple[Measurement, ...]:
    found = []
    for name in sorted(slices):
        members = [wrong[id_] for id_ in slices[name] if id_ in wrong]
        found.append(rate("error_rate", sum(members), len(members), on=on, slice_=name))
    return tuple(found)


def _classes(
    probabilities: FloatArray, truth: IntArray, labels: Sequence[str], *, on: str, rng: np.random.Generator
) -> tuple[Measurement, ...]:
    figures = metrics.per_class(probabilities, truth)
    low, high = _f1_interval(probabilities, truth, rng=rng)
    found = []
    for column, label in enumerate(labels):
        slice_ = f"class={label}"
        hits, support, guessed = (int(row[column]) for row in (figures.hits, figures.support, figures.guessed))
        found.append(rate("recall", hits, support, on=on, slice_=slice_))
        found.append(rate("precision", hits, guessed, on=on, slice_=slice_))
        f1 = None if np.isnan(figures.f1[column]) else float(figures.f1[column])
        found.append(_resampled("f1", f1, low[column], high[column], n=support, on=on, slice_=slice_))
    return tuple(found)


def _f1_interval(probabilities: FloatArray, truth: IntArray, *, rng: np.random.Generator) -> FloatArray:
    """(2, k) low and high of each class's F1."""
    if len(truth) == 0:
        return np.full((2, probabilities.shape[1]), np.nan)
    return bootstrap(lambda *arrays: metrics.per_class(*arrays).f1, (probabilities, truth), rng=rng)


def _resampled(
    metric: str, value: float | None, low: float, high: float, *, n: int, on: str, slice_: str = ""
) -> Measurement:
    if value is None:
        return Measurement(metric, None, None, None, n, on, slice_)
    if np.isnan(low):
        return Measurement(metric, value, None, None, n, on, slice_)
    return Measurement(metric, value, float(low), float(high), n, on, slice_, RESAMPLED)
