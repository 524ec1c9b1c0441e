"""Figures against hand-made matrices and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as reference

from loop.evaluation import metrics
from loop.records import FloatArray, IntArray

TWO_BY_THREE = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])


def _case(seed: int, n: int = 200, k: int = 5) -> tuple[FloatArray, IntArray]:
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(k), n), rng.integers(k, size=n)


def test_by_hand_one_right_and_one_wrong() -> None:
    truth = np.array([0, 1])
    assert metrics.error_rate(TWO_BY_THREE, truth) == 0.5
    # class 0 has F1 1, class 1 is missed and class 2 is a false alarm: both 0
    assert metrics.macro_f1(TWO_BY_THREE, truth) == pytest.approx(1 / 3)
    assert metrics.log_loss(TWO_BY_THREE, truth) == pytest.approx(-(np.log(0.7) + np.log(0.3)) / 2)
    assert metrics.brier(TWO_BY_THREE, truth) == pytest.approx(
        (0.3**2 + 0.2**2 + 0.1**2 + 0.1**2 + 0.7**2 + 0.6**2) / 2
    )
    # each row is a bin of its own: |0.7 - 1| and |0.6 - 0|
    assert metrics.ece(TWO_BY_THREE, truth) == pytest.approx((0.3 + 0.6) / 2)


@pytest.mark.parametrize("seed", range(5))
def test_figures_agree_with_scikit_learn(seed: int) -> None:
    probabilities, truth = _case(seed)
    guesses = probabilities.argmax(axis=1)
    assert metrics.error_rate(probabilities, truth) == pytest.approx(1 - reference.accuracy_score(truth, guesses))
    assert metrics.macro_f1(probabilities, truth) == pytest.approx(reference.f1_score(truth, guesses, average="macro"))
    assert metrics.log_loss(probabilities, truth) == pytest.approx(reference.log_loss(truth, probabilities))
    one_hot = np.eye(5)[truth]
    assert metrics.brier(probabilities, truth) == pytest.approx(np.square(probabilities - one_hot).sum(axis=1).mean())
    assert (metrics.confusion(probabilities, truth) == reference.confusion_matrix(truth, guesses)).all()


@pytest.mark.parametrize("seed", range(3))
def test_class_figures_agree_with_scikit_learn(seed: int) -> None:
    probabilities, truth = _case(seed)
    found = metrics.per_class(probabilities, truth)
    precision, recall, f1, support = reference.precision_recall_fscore_support(truth, probabilities.argmax(axis=1))
    np.testing.assert_allclose(found.precision, precision)
    np.testing.assert_allclose(found.recall, recall)
    np.testing.assert_allclose(found.f1, f1)
    np.testing.assert_array_equal(found.support, support)


def test_the_two_class_brier_score_is_twice_the_binary_one() -> None:
    probabilities, truth = _case(3, k=2)
    assert metrics.brier(probabilities, truth) == pytest.approx(
        2 * reference.brier_score_loss(truth, probabilities[:, 1])
    )


def test_a_label_the_model_does_not_know_is_an_error_in_every_figure() -> None:
    known, unknown = np.array([0, 2]), np.array([0, -1])
    for metric, better in ((metrics.error_rate, 1), (metrics.log_loss, 1), (metrics.brier, 1), (metrics.macro_f1, -1)):
        right, wrong = metric(TWO_BY_THREE, known), metric(TWO_BY_THREE, unknown)
        assert right is not None
        assert wrong is not None
        assert better * (wrong - right) > 0, metric.__name__
    assert metrics.macro_f1(TWO_BY_THREE, unknown) == pytest.approx(
        reference.f1_score([0, 9], [0, 2], average="macro", zero_division=0)
    )


def test_a_guess_for_an_unknown_label_lowers_the_precision_of_the_guessed_class() -> None:
    found = metrics.per_class(TWO_BY_THREE, np.array([2, -1]))
    assert found.guessed.tolist() == [1, 0, 1]
    assert found.precision.tolist()[2] == 0.0
    assert np.isnan(found.precision[1])


def test_a_class_that_never_occurs_has_no_recall_and_does_not_count_in_macro_f1() -> None:
    probabilities = np.array([[0.9, 0.05, 0.05], [0.1, 0.8, 0.1]])
    assert metrics.macro_f1(probabilities, np.array([0, 1])) == 1.0
    assert np.isnan(metrics.per_class(probabilities, np.array([0, 1])).recall[2])


def test_a_certain_mistake_costs_much_but_not_infinitely() -> None:
    loss = metrics.log_loss(np.array([[1.0, 0.0]]), np.array([1]))
    assert loss == pytest.approx(27.63, abs=0.01)


def test_calibrated_confidence_has_a_small_calibration_error_and_boasting_a_large_one() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1.0, 20_000)
    right = rng.random(20_000) < confidence
    probabilities = np.stack([confidence, 1 - confidence], axis=1)
    truth = np.where(right, 0, 1)
    honest = metrics.ece(probabilities, truth)
    boasting = metrics.ece(np.array([[0.99, 0.01]] * 20_000), truth)
    assert honest is not None
    assert honest < 0.02
    assert boasting == pytest.approx(abs(0.99 - right.mean()))


def test_the_calibration_error_does_not_depend_on_the_order_of_equal_confidences() -> None:
    probabilities = np.array([[0.8, 0.2]] * 40 + [[0.6, 0.4]] * 40)
    truth = np.array([0, 1] * 40)
    order = np.random.default_rng(0).permutation(80)
    assert metrics.ece(probabilities, truth) == pytest.approx(metrics.ece(probabilities[order], truth[order]))
