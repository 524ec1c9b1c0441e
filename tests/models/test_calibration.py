"""Laws of temperature scaling."""

from __future__ import annotations

import numpy as np
import pytest

from loop.models.calibration import HIGHEST, LOWEST, fit_temperature, log_loss


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
