"""Self-training: what the head learns from its surest guesses for unlabelled texts, and when it does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_models import LABELS, QUICK, examples
from scipy.special import softmax

from loop.models import FrozenEncoder
from loop.models.bases import find_base, load_tokenizer, load_transformer
from loop.models.embeddings import of_this_base
from loop.models.network import PooledClassifier
from loop.models.probe import Probe
from loop.models.recipes import head as head_module
from loop.models.recipes.head import Head, fit_head
from loop.models.recipes.self_training import HEAVIEST, MOST, SHARE, TIMES, UNTIL, surest, taken, times
from loop.models.training import Labelled, tune
from loop.models.tuning import lora
from loop.protocols import EmbeddedLabels, Unlabelled
from loop.records import FloatArray, IntArray

CLASSES, WIDTH = 6, 32


def directions(seed: int) -> FloatArray:
    rows = np.random.default_rng(seed).standard_normal((CLASSES, WIDTH))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def texts_of(n: int, *, seed: int) -> tuple[FloatArray, IntArray]:
    """n rows around the directions of their classes."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % CLASSES)
    rows = directions(0)[labels] + 0.25 * rng.standard_normal((n, WIDTH))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32), labels


def names(*, off: float = 0.9) -> EmbeddedLabels:
    """Label texts that lie somewhat off the classes they name."""
    rows = directions(0) + off * directions(1)
    return EmbeddedLabels(
        np.arange(CLASSES), np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)
    )


def right(head: Head) -> float:
    rows, labels = texts_of(600, seed=9)
    return float((head.logits(rows, None).argmax(axis=1) == labels).mean())


def fitted(count: int, *, unlabelled: FloatArray | None, known: EmbeddedLabels | None = None) -> Head:
    rows, labels = texts_of(400, seed=1)
    return fit_head(rows[:count], None, labels[:count], classes=CLASSES, label_texts=known, unlabelled=unlabelled)


@pytest.mark.parametrize("count", [0, 6, 24])
def test_unlabelled_texts_make_a_head_of_few_labels_and_names_better(count: int) -> None:
    pool, _ = texts_of(300, seed=2)
    alone, taught = (fitted(count, unlabelled=given, known=names()) for given in (None, pool))
    assert right(taught) > right(alone)
    assert (alone.guessed, taught.guessed) == (0, pytest.approx(SHARE * 300, abs=CLASSES))


def test_without_names_or_with_names_that_tell_nothing_there_is_none() -> None:
    pool, _ = texts_of(300, seed=2)
    shuffled = replace(names(), columns=(np.arange(CLASSES) + 1) % CLASSES)
    for known in (None, shuffled):
        alone, taught = (fitted(30, unlabelled=given, known=known) for given in (None, pool))
        assert taught.guessed == 0
        assert np.array_equal(alone.weight, taught.weight)


def test_with_many_labels_there_is_none() -> None:
    pool, _ = texts_of(300, seed=2)
    enough = int(UNTIL * CLASSES)
    assert fitted(enough, unlabelled=pool, known=names()).guessed == 0
    assert fitted(24, unlabelled=pool, known=names()).guessed > 0


def test_a_pool_that_misleads_is_left_out() -> None:
    """Each text of this pool lies on the far side of the class that it is nearest to."""
    rows, labels = texts_of(60, seed=1)
    pool, columns = texts_of(300, seed=2)
    away = np.asarray(pool + 4 * directions(3)[columns], np.float32)
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    made = fit_head(rows, None, labels, classes=CLASSES, label_texts=names(), unlabelled=away)
    plain = fit_head(rows, None, labels, classes=CLASSES, label_texts=names())
    assert made.guessed == 0
    assert np.array_equal(made.weight, plain.weight)


def test_without_a_label_it_is_no_surer_than_without_the_pool() -> None:
    pool, _ = texts_of(300, seed=2)
    alone, taught = (fitted(0, unlabelled=given, known=names()) for given in (None, pool))
    sure = [softmax(made.logits(pool, None), axis=1).max(axis=1).mean() for made in (alone, taught)]
    assert sure[1] == pytest.approx(sure[0], abs=0.01)


def test_a_pool_of_one_class_takes_no_other_class_away() -> None:
    pool, labels = texts_of(300, seed=2)
    assert right(fitted(24, unlabelled=pool[labels == 0], known=names())) > 0.7


def test_dev_texts_are_judged_by_heads_that_did_not_learn_from_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels that are drawn by chance cannot be guessed: a head that had seen them would be right too often."""
    monkeypatch.setattr(head_module, "clearly_more", lambda one, other: False)  # labels at random prove nothing
    rows, labels = texts_of(int(UNTIL * CLASSES) - 2, seed=4)
    dev = np.arange(len(rows) // 2, len(rows))
    labels[dev] = np.random.default_rng(3).integers(CLASSES, size=len(dev))
    pool, _ = texts_of(300, seed=2)
    made = fit_head(rows, None, labels, classes=CLASSES, label_texts=names(), dev=dev, unlabelled=pool)
    assert made.guessed > 0
    assert (made.dev.argmax(axis=1) == labels[dev]).mean() < 0.4


def test_the_surest_half_of_each_class_is_taken() -> None:
    logits = np.array([[5.0, 0, 0], [1.0, 0, 0], [2.0, 0, 0], [0, 9.0, 0], [0, 8.0, 0], [3.0, 0, 0]])
    rows, classes = surest(logits)
    assert rows.tolist() == [0, 5, 3]
    assert classes.tolist() == [0, 0, 1]
    assert [part.tolist() for part in surest(logits[:0])] == [[], []]


def test_texts_of_a_class_count_for_four_labels_and_each_for_a_fifth_at_most() -> None:
    counted = times(np.repeat([0, 2], [40, 5]))
    assert counted.dtype == np.float32
    assert counted[:40].sum() == pytest.approx(TIMES)
    assert counted[40:].tolist() == pytest.approx([HEAVIEST] * 5)


def test_of_a_large_pool_some_are_read() -> None:
    assert len(taken(3 * MOST)) == MOST
    assert taken(3 * MOST)[[0, -1]].tolist() == [0, 3 * MOST - 1]
    assert taken(5).tolist() == [0, 1, 2, 3, 4]
    assert taken(0).tolist() == []


@pytest.mark.slow
def test_unlabelled_rows_of_another_encoder_are_left_out(tiny_encoder: FrozenEncoder, tiny_base: Path) -> None:
    base = find_base(str(tiny_base), revision=None, max_length=32)
    encoder, tokenizer = load_transformer(base), load_tokenizer(base)
    own = replace(
        examples(tiny_encoder, 12, seed=1), unlabelled=Unlabelled(("a", "b", "c"), np.ones((3, 4), np.float32))
    )
    assert of_this_base(own, encoder, base, tokenizer).unlabelled is not None
    foreign = replace(own, embeddings=np.ones((12, 4), np.float32))
    assert of_this_base(foreign, encoder, base, tokenizer).unlabelled is None


def pool_of(encoder: FrozenEncoder) -> Unlabelled:
    found = examples(encoder, 60, seed=2)
    return Unlabelled(found.texts, found.embeddings)


@pytest.mark.slow
def test_the_method_head_tells_how_many_and_can_be_kept_from_it(
    tiny_encoder: FrozenEncoder, tiny_base: Path, tmp_path: Path
) -> None:
    train = examples(tiny_encoder, 12, seed=1)
    pool = pool_of(tiny_encoder)
    meaning = EmbeddedLabels(train.labels, train.embeddings)
    train = replace(train, label_rows=meaning, unlabelled=pool)
    counts = []
    for way in (True, False):
        settings = replace(QUICK, self_training=way, representation="last")
        out = tmp_path / str(way)
        out.mkdir()
        probe = Probe(settings, str(tiny_base), None)
        counts.append(
            probe(train, examples(tiny_encoder, 0, seed=1), labels=("a", "b", "c", "d"), out=out, seed=0).guessed
        )
    assert counts[0] > 0
    assert counts[1] == 0


@pytest.mark.slow
def test_an_encoder_is_tuned_on_as_many_guessed_texts_as_there_are_others(
    tiny_encoder: FrozenEncoder, tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Labelled] = []

    def watched(module: PooledClassifier, given: Labelled, **rest: Any) -> Any:
        seen.append(given)
        return tune(module, given, **rest)

    monkeypatch.setattr("loop.models.tuning.tune", watched)
    train = examples(tiny_encoder, 12, seed=1)
    meaning = EmbeddedLabels(train.labels, train.embeddings, texts=train.texts)
    train = replace(train, label_rows=meaning, unlabelled=pool_of(tiny_encoder))
    nobody = examples(tiny_encoder, 0, seed=1)
    for way in (True, False):
        out = tmp_path / str(way)
        out.mkdir()
        lora(replace(QUICK, self_training=way), base=str(tiny_base))(train, nobody, labels=LABELS, out=out, seed=0)
    assert [len(given.labels) for given in seen] == [48, 24]
    assert seen[0].labels[:24].tolist() == seen[1].labels.tolist() == [*train.labels.tolist()] * 2
