"""Laws of temperature and vector scaling."""

from __future__ import annotations

import numpy as np
import pytest

from loop.models.calibration import (
    HIGHEST,
    LOWEST,
    Scaling,
    calibrate,
    dealt,
    fit_temperature,
    fit_vector,
    log_loss,
    vector_helps,
)


def sample(n: int, *, sharpness: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits, `sharpness` times as large as those that the labels were drawn from."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (n, 4))
    odds = np.exp(logits)
    labels = np.array([rng.choice(4, p=row / row.sum()) for row in odds])
    return logits * sharpness, labels


def test_without_examples_the_temperature_is_one() -> None:
    assert fit_temperature(np.zeros((0, 3)), np.zeros(0, int)) == 1.0


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_many_examples_find_the_sharpness_of_the_logits(sharpness: float) -> None:
    assert fit_temperature(*sample(4000, sharpness=sharpness, seed=0)) == pytest.approx(sharpness, rel=0.08)


def test_five_examples_that_are_all_right_do_not_make_the_model_cocksure() -> None:
    logits = np.eye(5) * 4.0
    assert 0.6 < fit_temperature(logits, np.arange(5)) <= 1.0


def test_the_temperature_stays_within_its_bounds() -> None:
    logits = np.eye(4)[np.arange(400) % 4]
    right, wrong = np.arange(400) % 4, (np.arange(400) + 1) % 4
    assert LOWEST <= fit_temperature(logits * 0.1, right) < LOWEST * 1.01
    assert HIGHEST * 0.99 < fit_temperature(logits * 40, wrong) <= HIGHEST


def test_scaling_lowers_the_log_loss_of_overconfident_logits() -> None:
    logits, labels = sample(300, sharpness=4.0, seed=1)
    assert log_loss(logits, labels, fit_temperature(logits, labels)) < log_loss(logits, labels)


def test_log_loss_is_that_of_a_hand_made_matrix() -> None:
    logits = np.log(np.array([[0.5, 0.5], [0.2, 0.8]]))
    assert log_loss(logits, np.array([0, 1])) == pytest.approx(-(np.log(0.5) + np.log(0.8)) / 2)


def leaning(n: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits that see the first of four classes far too rarely."""
    logits, labels = sample(n, sharpness=1.0, seed=seed)
    return logits - np.array([1.5, 0, 0, 0]), labels


def test_vector_scaling_finds_the_bias_of_a_class() -> None:
    logits, labels = leaning(4000, seed=0)
    found = fit_vector(logits, labels)
    biases = np.array(found.biases)
    assert biases[0] - biases[1:].mean() == pytest.approx(1.5, abs=0.15)
    assert found.linear(4)[0] == pytest.approx(np.ones(4), abs=0.15)


@pytest.mark.slow
def test_vector_scaling_is_chosen_where_a_class_leans_and_not_where_none_does() -> None:
    leant, straight = leaning(400, seed=1), sample(400, sharpness=3.0, seed=1)
    assert vector_helps(*leant)
    assert not vector_helps(*straight)
    assert calibrate(*leant) == fit_vector(*leant)
    assert calibrate(*straight) == Scaling(fit_temperature(*straight))


def test_with_few_examples_vector_scaling_is_not_tried_but_can_be_asked_for() -> None:
    few = leaning(99, seed=2)
    assert calibrate(*few).factors == ()
    assert calibrate(*few, how="vector") == fit_vector(*few)
    assert calibrate(*leaning(400, seed=2), how="temperature").factors == ()


def test_one_example_of_a_class_hardly_moves_it() -> None:
    found = fit_vector(np.zeros((1, 3)), np.array([1]))
    assert max(np.abs(found.biases)) < 0.2
    assert found.factors == pytest.approx(np.ones(3), abs=0.01)


@pytest.mark.parametrize("how", ["auto", "temperature", "vector"])
def test_without_examples_nothing_moves(how: str) -> None:
    logits = np.array([[1.0, 2.0, 0.5]])
    scaling = calibrate(np.zeros((0, 3)), np.zeros(0, int), how=how)
    assert scaling.apply(logits) == pytest.approx(logits)


def test_what_is_multiplied_and_added_gives_the_calibrated_logits() -> None:
    logits = sample(5, sharpness=1.0, seed=3)[0]
    for scaling in (Scaling(2.0), Scaling(2.0, (1.0, 1.1, 0.9, 1.2), (0.1, -0.2, 0.0, 0.3))):
        factor, bias = scaling.linear(4)
        assert scaling.apply(logits) == pytest.approx(logits * factor + bias)
        assert scaling.probabilities(logits).sum(axis=1) == pytest.approx(np.ones(5))


def test_the_slope_of_the_vector_fit_leads_to_its_smallest_cost() -> None:
    logits, labels = leaning(60, seed=4)
    best = fit_vector(logits, labels)

    def cost(one: Scaling) -> float:
        prior = (np.log(one.factors) ** 2).sum() / (2 * 0.2**2) + (np.array(one.biases) ** 2).sum() / (2 * 0.5**2)
        return float(60 * log_loss(one.apply(logits), labels) + prior)

    rng = np.random.default_rng(0)
    for _ in range(50):
        factors = np.array(best.factors) * np.exp(rng.normal(0, 0.02, 4))
        biases = np.array(best.biases) + rng.normal(0, 0.02, 4)
        assert cost(Scaling(best.temperature, tuple(factors), tuple(biases))) >= cost(best) - 1e-6


def test_examples_of_one_class_are_dealt_to_different_folds() -> None:
    folds = dealt(np.array([2, 0, 2, 1, 0, 2, 2]), 3)
    assert sorted(folds[[1, 4]]) == [0, 1]
    assert set(folds[[0, 2, 5, 6]]) == {0, 1, 2}
