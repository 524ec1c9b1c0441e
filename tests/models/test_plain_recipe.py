"""What every recipe promises, shown on the plain one."""

import numpy as np
import pytest

from loop import registry
from loop.errors import ModelError
from loop.protocols import FrozenTexts


def _two_heaps(n: int = 40) -> tuple[FrozenTexts, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 2
    points = rng.normal(size=(n, 8)) * 0.2 + np.eye(8)[labels]
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return FrozenTexts(texts=tuple(f"text {row}" for row in range(n)), embeddings=points.astype(np.float32)), labels


def test_a_few_labels_tell_two_heaps_apart_and_an_unseen_class_has_no_chance() -> None:
    frozen, labels = _two_heaps()
    rows = np.arange(6)
    recipe = registry.load("recipe", "plain")
    found = recipe(frozen, rows, labels[rows], classes=3, unlabelled=np.arange(6, 40), seed=0)
    assert found.shape == (40, 3)
    assert np.allclose(found.sum(axis=1), 1)
    assert (found.argmax(axis=1) == labels).all()
    assert (found[:, 2] == 0).all()


def test_labels_of_one_class_are_refused() -> None:
    frozen, _ = _two_heaps()
    with pytest.raises(ModelError, match="one class"):
        registry.load("recipe", "plain")(
            frozen, np.arange(3), np.zeros(3, dtype=np.int64), classes=2, unlabelled=np.arange(3, 40), seed=0
        )
