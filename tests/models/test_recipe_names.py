"""Names of labels in the head, and classes that nothing speaks for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.models.head import warm_start
from loop.models.recipes import absent
from loop.models.recipes.head import Head, fit_head, head
from loop.models.recipes.names import LEAST, informative, times
from loop.protocols import EmbeddedLabels, FrozenTexts, TrainingSet
from loop.records import FloatArray, IntArray

CLASSES, WIDTH = 6, 24


def texts_of(count: int, *, seed: int = 0, noise: float = 0.9) -> tuple[FloatArray, IntArray]:
    """(count, WIDTH) rows around a direction for each class, and their columns."""
    draw = np.random.default_rng(seed)
    labels = draw.integers(CLASSES, size=count)
    return of_length_one(np.eye(CLASSES, WIDTH)[labels] + noise * draw.normal(size=(count, WIDTH)) / 3), labels


def of_length_one(rows: FloatArray) -> FloatArray:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def names_of(order: list[int] | None = None) -> EmbeddedLabels:
    """Each name lies near its class, or near that of another one."""
    rows = np.eye(CLASSES, WIDTH)[order or list(range(CLASSES))]
    drawn = np.random.default_rng(9).normal(size=rows.shape)
    return EmbeddedLabels(np.arange(CLASSES), of_length_one(rows + 0.2 * drawn))


def accuracy(made: Head) -> float:
    rows, truth = texts_of(600, seed=1)
    return float((made.logits(rows, None).argmax(axis=1) == truth).mean())


def test_names_alone_are_a_model() -> None:
    nothing = np.zeros((0, WIDTH), np.float32)
    made = fit_head(nothing, None, np.zeros(0, np.int64), classes=CLASSES, label_texts=names_of())
    assert accuracy(made) > 0.7
    assert made.held_out.shape == (0, CLASSES)


def test_names_answer_for_classes_without_a_label() -> None:
    rows, labels = texts_of(40)
    few = labels < 3
    made = fit_head(rows[few], None, labels[few], classes=CLASSES, label_texts=names_of())
    without = fit_head(rows[few], None, labels[few], classes=CLASSES)
    assert accuracy(made) > accuracy(without) + 0.15


@pytest.mark.parametrize("order", [[1, 2, 3, 4, 5, 0], [5, 4, 3, 2, 1, 0]])
def test_names_that_mislead_lose_their_say(order: list[int]) -> None:
    rows, labels = texts_of(30)
    assert informative(names_of(), rows, labels) is not None
    assert informative(names_of(order), rows, labels) is None
    misled = fit_head(rows, None, labels, classes=CLASSES, label_texts=names_of(order))
    without = fit_head(rows, None, labels, classes=CLASSES)
    assert np.array_equal(misled.weight, without.weight)
    assert misled.scale == without.scale


def test_few_labels_cannot_tell_that_names_mislead() -> None:
    rows, labels = texts_of(LEAST - 1)
    wrong = names_of([1, 2, 3, 4, 5, 0])
    assert informative(wrong, rows, labels) is wrong
    assert informative(None, rows, labels) is None


def test_the_texts_of_a_label_count_the_same_however_many_there_are() -> None:
    found = times(EmbeddedLabels(np.array([0, 0, 0, 1]), np.eye(4, dtype=np.float32)))
    assert found[:3].sum() == pytest.approx(found[3])


def with_phrases(names: EmbeddedLabels | None, *, each: int = 3, order: list[int] | None = None) -> EmbeddedLabels:
    """The names, and after them phrases that are drawn as the labelled texts are."""
    columns = np.repeat(np.arange(CLASSES), each)
    drawn = np.random.default_rng(5).normal(size=(len(columns), WIDTH))
    rows = of_length_one(np.eye(CLASSES, WIDTH)[columns] + 0.9 * drawn / 3)
    columns = np.array(order or range(CLASSES))[columns]
    if names is None:
        return EmbeddedLabels(columns, rows, phrases=len(columns))
    both = np.concatenate([names.columns, columns]), np.concatenate([names.embeddings, rows])
    return EmbeddedLabels(*both, phrases=len(columns))


def test_a_phrase_counts_as_a_labelled_text_and_the_names_as_before() -> None:
    found = times(with_phrases(names_of()))
    assert np.array_equal(found[:CLASSES], times(names_of()))
    assert (found[CLASSES:] == 1).all()


def test_phrases_alone_are_a_model_and_add_to_names() -> None:
    nothing, none = np.zeros((0, WIDTH), np.float32), np.zeros(0, np.int64)
    alone = fit_head(nothing, None, none, classes=CLASSES, label_texts=with_phrases(None))
    both = fit_head(nothing, None, none, classes=CLASSES, label_texts=with_phrases(names_of()))
    assert accuracy(alone) > 0.7
    assert accuracy(both) > accuracy(alone)


def test_names_that_mislead_are_left_out_and_the_phrases_stay() -> None:
    rows, labels = texts_of(30)
    wrong = names_of([1, 2, 3, 4, 5, 0])
    kept = informative(with_phrases(wrong), rows, labels)
    alone = with_phrases(None)
    assert kept is not None
    assert np.array_equal(kept.columns, alone.columns)
    assert np.array_equal(kept.embeddings, alone.embeddings)
    misled = fit_head(rows, None, labels, classes=CLASSES, label_texts=with_phrases(wrong))
    without = fit_head(rows, None, labels, classes=CLASSES, label_texts=alone)
    assert np.array_equal(misled.weight, without.weight)


def test_good_phrases_do_not_hide_that_names_mislead() -> None:
    rows, labels = texts_of(30)
    many = with_phrases(names_of([5, 4, 3, 2, 1, 0]), each=20)
    kept = informative(many, rows, labels)
    assert kept is not None
    assert kept.phrases == len(kept.columns) == 20 * CLASSES
    assert informative(with_phrases(names_of()), rows, labels) is not None


def test_phrases_of_some_labels_leave_the_others_as_they_are() -> None:
    rows, labels = texts_of(40)
    few = labels < 3
    some = EmbeddedLabels(np.array([3]), of_length_one(np.eye(CLASSES, WIDTH)[[3]]), phrases=1)
    made = fit_head(rows[few], None, labels[few], classes=CLASSES, label_texts=some)
    guesses = made.logits(rows, None).argmax(axis=1)
    assert set(guesses.tolist()) <= {0, 1, 2, 3}
    assert (guesses[labels == 3] == 3).any()


def test_the_recipe_reads_them() -> None:
    rows, labels = texts_of(40)
    few = np.flatnonzero(labels < 3)
    frozen = FrozenTexts((), rows, labels=names_of())
    told = head(frozen, few, labels[few], classes=CLASSES, unlabelled=few[:0], seed=0)
    assert told.shape == (40, CLASSES)
    assert (told.argmax(axis=1) == labels).mean() > 0.7


def test_names_with_layers_are_read_in_the_representation_that_is_asked_for() -> None:
    rows, labels = texts_of(30)
    names = names_of()
    layers = np.stack([rows, rows[:, ::-1], rows], axis=1)
    deep = EmbeddedLabels(names.columns, names.embeddings, np.stack([names.embeddings] * 3, axis=1))
    made = fit_head(rows, layers, labels, classes=CLASSES, label_texts=deep, representation="both")
    assert made.weight.shape == (CLASSES, 3 * WIDTH)


@given(seed=st.integers(0, 10**6), known=st.integers(2, 5), count=st.integers(6, 60))
def test_a_class_that_nothing_speaks_for_wins_nowhere_and_moves_no_other(seed: int, known: int, count: int) -> None:
    rows, labels = texts_of(count, seed=seed)
    rows, labels = rows[labels < known], labels[labels < known]
    present = np.unique(labels)
    if len(present) < 2:
        return
    anywhere = of_length_one(np.random.default_rng(seed).normal(size=(200, WIDTH)))
    few = fit_head(rows, None, labels, classes=known).logits(anywhere, None)
    many = fit_head(rows, None, labels, classes=CLASSES).logits(anywhere, None)
    assert np.allclose(many[:, present], few[:, present], atol=1e-4)
    _assert_small(many, present, count=len(labels))


@pytest.mark.parametrize("c", [None, 1.0])
@given(seed=st.integers(0, 10**6))
def test_nor_where_tuning_starts(c: float | None, seed: int) -> None:
    rows, labels = texts_of(30, seed=seed)
    rows, labels = rows[labels < 4], labels[labels < 4]
    train = TrainingSet(("",) * len(labels), labels, rows)
    weight, bias = (part.numpy() for part in warm_start(train, CLASSES, scale=16.0, c=c, power=1.0)[:2])
    anywhere = of_length_one(np.random.default_rng(seed).normal(size=(200, WIDTH)))
    _assert_small(16.0 * anywhere @ weight.T + bias, np.unique(labels), count=len(labels))


@pytest.mark.parametrize("count", [30, 300])
def test_tuning_starts_from_the_head_with_names_however_many_labels_there_are(count: int) -> None:
    rows, labels = texts_of(count)
    train = TrainingSet(("",) * count, labels, rows)
    weight, *_ = warm_start(train, CLASSES, known=names_of(), scale=16.0, c=None, power=1.0)
    made = fit_head(rows, None, labels, classes=CLASSES, label_texts=names_of(), representation="last")
    assert np.allclose(weight.numpy(), made.weight * made.scale / 16.0, atol=1e-6)


def _assert_small(logits: FloatArray, present: IntArray, *, count: int) -> None:
    missing = np.setdiff1d(np.arange(logits.shape[1]), present)
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    assert (shares[:, missing].sum(axis=1) <= 1 / (count + 1) + 1e-4).all()
    assert np.isin(logits.argmax(axis=1), present).all()


def test_no_penalty_where_every_class_has_a_label() -> None:
    assert absent.penalty(10, present=4, classes=4) == 0.0
