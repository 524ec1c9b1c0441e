"""All figures of one model, each with its n and its interval."""

from __future__ import annotations

import numpy as np
import pytest

from loop import registry
from loop.errors import DataError
from loop.evaluation.measure import confusion_pairs, measure
from loop.records import Measurement, Predictions

LABELS = ("bill", "outage", "refund")


def _predictions(n: int = 60, seed: int = 0) -> tuple[Predictions, dict[str, str]]:
    rng = np.random.default_rng(seed)
    ids = tuple(f"id{row:03d}" for row in range(n))
    truth = {id_: LABELS[column] for id_, column in zip(ids, rng.integers(3, size=n), strict=True)}
    return Predictions(ids, LABELS, rng.dirichlet(np.ones(3), n)), truth


def _find(found: tuple[Measurement, ...], metric: str, slice_: str = "") -> Measurement:
    (one,) = [row for row in found if row.metric == metric and row.slice == slice_]
    return one


def _measure(predictions: Predictions, truth: dict[str, str], **slices: list[str]) -> tuple[Measurement, ...]:
    return measure(predictions, truth, on="gold", slices=slices, rng=np.random.default_rng(0))


def test_every_metric_of_the_menu_is_measured_with_its_n_and_an_interval() -> None:
    found = _measure(*_predictions())
    for name in registry.names("metric"):
        row = _find(found, name)
        assert row.n == 60
        assert row.on == "gold"
        assert row.low is not None
        assert row.high is not None
        assert row.low <= row.high
        assert row.estimator == ("wilson" if name == "error_rate" else "bootstrap-1000")


def test_the_order_of_truth_and_predictions_changes_nothing() -> None:
    predictions, truth = _predictions()
    order = np.random.default_rng(1).permutation(60)
    mixed = Predictions(tuple(predictions.ids[row] for row in order), LABELS, predictions.probabilities[order])
    assert _measure(predictions, truth) == _measure(mixed, dict(reversed(truth.items())))


def test_slices_have_their_own_error_rate_and_n() -> None:
    predictions, truth = _predictions()
    ids = list(truth)
    guesses = dict(zip(predictions.ids, predictions.guesses(), strict=True))
    found = _measure(predictions, truth, chat=ids[:20], mail=[*ids[20:], "not measured"], empty=[])
    wrong = sum(guesses[id_] != truth[id_] for id_ in ids[:20])
    assert _find(found, "error_rate", "chat").value == wrong / 20
    assert _find(found, "error_rate", "mail").n == 40
    empty = _find(found, "error_rate", "empty")
    assert (empty.value, empty.low, empty.high, empty.n) == (None, None, None, 0)


def test_each_class_has_recall_precision_and_f1_with_its_support() -> None:
    predictions, truth = _predictions()
    found = _measure(predictions, truth)
    guesses = predictions.guesses()
    support = sum(label == "refund" for label in truth.values())
    hits = sum(guess == label == "refund" for guess, label in zip(guesses, truth.values(), strict=True))
    recall, precision = (_find(found, name, "class=refund") for name in ("recall", "precision"))
    assert (recall.value, recall.n) == (hits / support, support)
    assert (precision.value, precision.n) == (hits / guesses.count("refund"), guesses.count("refund"))
    assert _find(found, "f1", "class=refund").value == pytest.approx(2 * hits / (support + guesses.count("refund")))


def test_a_class_without_examples_is_not_measured_rather_than_zero() -> None:
    predictions, truth = _predictions()
    truth = {id_: label for id_, label in truth.items() if label != "bill"}
    recall = _find(_measure(predictions, truth), "recall", "class=bill")
    assert (recall.value, recall.low, recall.n) == (None, None, 0)


def test_a_label_the_model_does_not_know_counts_as_an_error() -> None:
    predictions, truth = _predictions(n=2)
    truth = dict(zip(predictions.ids, (predictions.guesses()[0], "brand new"), strict=True))
    assert _find(_measure(predictions, truth), "error_rate").value == 0.5


def test_nothing_to_measure_on_gives_none_and_no_crash() -> None:
    found = _measure(_predictions()[0], {})
    assert _find(found, "error_rate").value is None
    assert _find(found, "macro_f1").value is None
    assert _find(found, "f1", "class=bill").n == 0


def test_an_example_without_a_prediction_is_an_error_in_words() -> None:
    predictions, truth = _predictions(n=3)
    with pytest.raises(DataError, match="1 of 4 examples with a true label have no prediction, first lost"):
        _measure(predictions, {**truth, "lost": "bill"})


def test_the_most_confused_pairs_come_first_with_their_counts() -> None:
    probabilities = np.eye(3)[[1, 1, 0, 2]]
    predictions = Predictions(("a", "b", "c", "d"), LABELS, probabilities)
    truth = {"a": "bill", "b": "bill", "c": "refund", "d": "refund"}
    assert confusion_pairs(predictions, truth) == (("bill", "outage", 2), ("refund", "bill", 1))
    assert confusion_pairs(predictions, truth, top=1) == (("bill", "outage", 2),)
