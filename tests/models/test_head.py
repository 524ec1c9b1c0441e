"""Where the head starts."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from loop.errors import ModelError
from loop.models.head import class_weights, warm_start
from loop.models.recipes.head import fit_head
from loop.protocols import TrainingSet

EMBEDDINGS = np.repeat(np.eye(3, dtype=np.float32), 4, axis=0)


def probabilities(columns: list[int], classes: int) -> np.ndarray:
    """What the warm-started head says of the three unit vectors, which are labelled with `columns`."""
    train = TrainingSet(("x",) * 12, np.repeat(columns, 4), EMBEDDINGS)
    weight, bias, _ = warm_start(train, classes, scale=16.0, c=1.0, power=0.0)
    return torch.softmax(16.0 * torch.eye(3) @ weight.T + bias, dim=1).numpy()


def test_power_zero_weighs_every_example_the_same() -> None:
    assert class_weights(np.array([0, 0, 0, 1]), 3, 0.0).tolist() == [1.0, 1.0, 1.0]


def test_power_one_weighs_every_class_the_same_and_keeps_the_mean_at_one() -> None:
    labels = np.array([0, 0, 0, 1])
    weights = class_weights(labels, 3, 1.0)
    assert weights[0] * 3 == pytest.approx(weights[1])
    assert weights[labels].mean() == pytest.approx(1.0)
    assert weights[2] == 1.0


def test_the_head_starts_with_what_the_labels_say() -> None:
    assert probabilities([2, 0, 1], 3).argmax(axis=1).tolist() == [2, 0, 1]


def test_two_classes_give_a_row_each() -> None:
    assert probabilities([0, 1, 1], 2).argmax(axis=1).tolist() == [0, 1, 1]


def test_a_class_without_examples_stays_unlikely_everywhere() -> None:
    found = probabilities([0, 1, 3], 4)
    assert found.argmax(axis=1).tolist() == [0, 1, 3]
    assert (found[:, 2] < 1 / 13).all()
    assert (found[:, 2] > 0).all()


def test_one_class_alone_is_told_as_an_error() -> None:
    with pytest.raises(ModelError, match="12 training labels are all of one class; wanted: labels of at least two"):
        probabilities([1, 1, 1], 3)


def test_no_label_at_all_is_told_as_an_error() -> None:
    train = TrainingSet((), np.zeros(0, int), np.zeros((0, 3), np.float32))
    with pytest.raises(ModelError, match="0 training labels"):
        warm_start(train, 3, scale=16.0, c=1.0, power=0.0)


@pytest.mark.parametrize(("a_class", "like_the_recipe"), [(2, True), (5, True), (6, False), (12, False)])
def test_the_recipe_is_the_start_only_while_labels_are_few(a_class: int, like_the_recipe: bool) -> None:
    rows = np.random.default_rng(0).normal(size=(3 * a_class, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    train = TrainingSet(("x",) * len(rows), np.arange(len(rows)) % 3, rows)
    weight, *_ = warm_start(train, 3, scale=16.0, c=None, power=1.0)
    made = fit_head(rows, None, train.labels, classes=3, representation="last")
    assert np.allclose(weight.numpy(), made.weight * made.scale / 16.0, atol=1e-6) == like_the_recipe
