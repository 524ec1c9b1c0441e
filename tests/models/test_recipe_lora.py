"""The recipe "lora": what the tuning method of that name answers, behind the seam of recipes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_models import QUICK, texts_of

from loop import registry
from loop.errors import ModelError
from loop.models import FrozenEncoder
from loop.models.recipes.lora import Tuned, as_sure_as
from loop.protocols import EmbeddedLabels, FrozenTexts
from loop.records import IntArray


@pytest.mark.slow
@pytest.mark.parametrize("method", ["lora", "full"])
def test_labelled_texts_are_learnt_and_the_same_seed_answers_the_same(
    tiny_encoder: FrozenEncoder, tiny_base: Path, method: str
) -> None:
    texts, labels = texts_of(60, seed=1)
    frozen = FrozenTexts(texts, tiny_encoder.embed(texts))
    recipe = Tuned(method, base=str(tiny_base), settings=QUICK)
    one, other = (
        recipe(frozen, np.arange(40), labels[:40], classes=4, unlabelled=np.arange(40, 60), seed=3) for _ in range(2)
    )
    assert one.shape == (60, 4)
    assert np.allclose(one.sum(axis=1), 1, atol=1e-5)
    assert (one[:40].argmax(axis=1) == labels[:40]).mean() > 0.7
    assert np.array_equal(one, other)


@pytest.mark.slow
def test_layers_that_another_recipe_asked_for_change_nothing(tiny_encoder: FrozenEncoder, tiny_base: Path) -> None:
    texts, labels = texts_of(60, seed=1)
    embeddings = tiny_encoder.embed(texts)
    layers = np.random.default_rng(0).standard_normal((60, 3, embeddings.shape[1])).astype(np.float32)
    recipe, rows, rest = Tuned("lora", base=str(tiny_base), settings=QUICK), np.arange(40), np.arange(40, 60)
    one, other = (
        recipe(FrozenTexts(texts, embeddings, deep), rows, labels[:40], classes=4, unlabelled=rest, seed=3)
        for deep in (None, layers)
    )
    assert np.array_equal(one, other)


@pytest.mark.slow
def test_it_starts_from_the_names_of_the_labels(tiny_encoder: FrozenEncoder, tiny_base: Path) -> None:
    texts, labels = texts_of(60, seed=1)
    named = EmbeddedLabels(labels[40:], tiny_encoder.embed(texts[40:]))
    frozen = FrozenTexts(texts[:40], tiny_encoder.embed(texts[:40]), labels=named)
    recipe = Tuned("lora", base=str(tiny_base), settings=QUICK)

    def right(frozen: FrozenTexts, rows: IntArray) -> float:
        said = recipe(frozen, rows, labels[rows], classes=4, unlabelled=rows[:0], seed=3)
        return float((said.argmax(axis=1) == labels[:40]).mean())

    few = np.array([np.flatnonzero(labels[:40] == column)[0] for column in range(2)])
    assert right(frozen, few[:0]) > 0.4
    # Without names two classes of four are unknown to it.
    assert right(frozen, few) > right(replace(frozen, labels=None), few)


@pytest.mark.parametrize("wanted", [0.5, 0.7, 0.9])
def test_a_model_is_made_as_sure_as_wanted_and_says_the_same(wanted: float) -> None:
    said = np.random.default_rng(0).dirichlet(np.full(5, 0.3), 200)
    found = as_sure_as(said, wanted, on=np.arange(50, 150))
    assert found[50:150].max(axis=1).mean() == pytest.approx(wanted, abs=1e-3)
    assert np.allclose(found.sum(axis=1), 1)
    assert (found.argmax(axis=1) == said.argmax(axis=1)).all()


def test_what_no_temperature_gives_comes_as_near_as_can_be() -> None:
    said = np.array([[0.6, 0.4], [0.5, 0.5]])
    assert as_sure_as(said, 1.0, on=np.arange(2))[0, 0] > 0.98
    assert as_sure_as(said, 0.0, on=np.arange(2))[0, 0] == pytest.approx(0.51, abs=0.005)


def test_labels_of_one_class_are_refused(tiny_encoder: FrozenEncoder, tiny_base: Path) -> None:
    texts, _ = texts_of(10, seed=1)
    frozen = FrozenTexts(texts, tiny_encoder.embed(texts))
    with pytest.raises(ModelError, match="all of one class"):
        Tuned("lora", base=str(tiny_base))(
            frozen, np.arange(5), np.zeros(5, int), classes=2, unlabelled=np.arange(0), seed=0
        )


def test_the_menu_tunes_the_packaged_encoder() -> None:
    assert registry.load("recipe", "lora") == Tuned("lora", base="minilm")
