"""Laws of the recipe "head", shown on heaps of points with known classes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from loop import registry
from loop.errors import ModelError
from loop.models.recipes.calibrated import class_shares
from loop.models.recipes.fitting import balanced
from loop.models.recipes.head import fit_head, head
from loop.models.recipes.representation import of_length_one
from loop.protocols import FrozenTexts
from loop.records import FloatArray, IntArray


def heaps(n: int, *, classes: int, spread: float = 0.3, seed: int = 0) -> tuple[FloatArray, IntArray]:
    """(n, 24) rows of length 1 around one axis per class, and their columns."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    return of_length_one(rng.normal(size=(n, 24)) * spread + np.eye(24)[labels]), labels


def frozen(rows: FloatArray, layers: FloatArray | None = None) -> FrozenTexts:
    return FrozenTexts(tuple(f"text {row}" for row in range(len(rows))), rows, layers)


def test_every_class_that_has_labels_is_found_and_another_never() -> None:
    rows, labels = heaps(200, classes=4, spread=0.15)
    found = head(frozen(rows), np.arange(40), labels[:40], classes=6, unlabelled=np.arange(40, 200), seed=0)
    assert found.shape == (200, 6)
    assert np.allclose(found.sum(axis=1), 1, atol=1e-5)
    assert (found.argmax(axis=1) == labels).mean() > 0.95
    assert (found[:40, 4:].sum(axis=1) < 1 / 40).all()
    assert (found.argmax(axis=1) < 4).all()


@pytest.mark.parametrize("count", [2, 3, 5, 12])
def test_a_handful_of_labels_is_enough(count: int) -> None:
    rows, labels = heaps(60, classes=2, spread=0.1)
    found = head(frozen(rows), np.arange(count), labels[:count], classes=2, unlabelled=np.arange(0), seed=0)
    assert (found.argmax(axis=1) == labels).mean() > 0.9


def test_the_answer_depends_neither_on_the_seed_nor_on_unlabelled_rows() -> None:
    rows, labels = heaps(120, classes=3)
    one = head(frozen(rows), np.arange(60), labels[:60], classes=3, unlabelled=np.arange(60, 120), seed=0)
    other = head(frozen(rows), np.arange(60), labels[:60], classes=3, unlabelled=np.arange(0), seed=9)
    assert np.array_equal(one, other)


def test_confidences_are_about_right_without_a_dev_set() -> None:
    rows, labels = heaps(1200, classes=4, spread=0.5)
    found = head(frozen(rows), np.arange(200), labels[:200], classes=4, unlabelled=np.arange(0), seed=0)[200:]
    confidence, right = found.max(axis=1), found.argmax(axis=1) == labels[200:]
    assert abs(confidence.mean() - right.mean()) < 0.06


def test_a_head_that_knows_less_than_the_commonest_class_takes_the_class_shares() -> None:
    """Eight classes nothing tells apart, one with half of the texts: naming that one is right half of the time."""
    hits: list[float] = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        labels = rng.choice(8, size=1040, p=[0.5, *[0.5 / 7] * 7])
        labels[:8] = np.arange(8)
        rows = of_length_one(rng.normal(size=(1040, 24)) + 0.2 * np.eye(24)[labels])
        with_shares, without = (fit_head(rows[:40], None, labels[:40], classes=8, adjust=way) for way in (True, False))
        hits.append(float((with_shares.logits(rows[40:], None).argmax(axis=1) == labels[40:]).mean()))
        assert hits[-1] > 0.1 + (without.logits(rows[40:], None).argmax(axis=1) == labels[40:]).mean()
    assert np.mean(hits) > 0.4


def test_one_more_right_is_proof_only_where_the_head_knows_less_than_the_commonest_class() -> None:
    """Shares turn the last guess alone, and make it right."""
    logits = np.array([[2.0, 0.0]] * 9 + [[0.0, 2.0]] * 3 + [[0.1, 0.0]], np.float32)
    counts = np.array([4, 9])
    assert not class_shares(logits, np.array([0] * 9 + [1] * 4), counts).any()
    assert class_shares(logits, np.array([1] * 13), counts).any()


def test_labels_of_one_class_are_refused() -> None:
    rows, _ = heaps(10, classes=2)
    with pytest.raises(ModelError, match="all of one class; wanted: labels of at least two"):
        head(frozen(rows), np.arange(3), np.zeros(3, int), classes=2, unlabelled=np.arange(3, 10), seed=0)


def test_a_layer_that_knows_more_than_the_last_one_is_read() -> None:
    telling, labels = heaps(300, classes=3, spread=0.2)
    blind = of_length_one(np.random.default_rng(1).normal(size=telling.shape))
    layers = np.stack([telling, telling, blind], axis=1)
    made = fit_head(blind, layers, labels, classes=3)
    assert made.representation.name == "layers"
    assert (made.logits(blind, layers).argmax(axis=1) == labels).mean() > 0.9


def test_the_last_layer_is_kept_where_others_tell_no_more() -> None:
    rows, labels = heaps(300, classes=3, spread=0.1)
    blind = of_length_one(np.random.default_rng(1).normal(size=rows.shape))
    assert fit_head(rows, np.stack([blind, blind, rows], axis=1), labels, classes=3).representation.name == "last"


def test_layers_that_are_asked_for_and_not_there_are_told() -> None:
    rows, labels = heaps(30, classes=3)
    with pytest.raises(ModelError, match="without hidden layers"):
        fit_head(rows, None, labels, classes=3, representation="layers")


def test_held_out_logits_come_from_heads_that_did_not_see_the_example() -> None:
    """Labels that are pure chance: held out, they are right no more often than chance."""
    rows = of_length_one(np.random.default_rng(2).normal(size=(300, 24)))
    labels = np.random.default_rng(3).integers(3, size=300)
    made = fit_head(rows, None, labels, classes=3)
    right = (made.held_out.argmax(axis=1) == labels[made.tested]).mean()
    assert right < 0.45
    assert softmax(made.logits(rows, None), axis=1).max(axis=1).mean() < 0.55


def test_with_full_power_every_class_weighs_the_same_and_the_mean_is_one() -> None:
    columns = np.array([0, 0, 0, 1])
    weights = balanced(columns, 1.0, np.ones(4))
    assert weights[:3].sum() == pytest.approx(weights[3])
    assert weights.mean() == pytest.approx(1)
    assert balanced(columns, 0.0, np.ones(4)).tolist() == [1, 1, 1, 1]


def test_what_counts_twice_weighs_twice_and_the_classes_the_same() -> None:
    weights = balanced(np.array([0, 0, 0, 1]), 1.0, np.array([2.0, 1.0, 1.0, 1.0]))
    assert weights[0] == pytest.approx(2 * weights[1])
    assert weights[:3].sum() == pytest.approx(weights[3])


def test_the_menu_knows_the_recipe_by_name() -> None:
    assert registry.load("recipe", "head") is head
