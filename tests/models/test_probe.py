"""Laws of the tuning method "head": the frozen encoder and a logistic head."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_models import LABELS, QUICK, examples, texts_of
from scipy.special import softmax

from loop import registry
from loop.errors import ModelError
from loop.models import FrozenEncoder, TuningSettings, export, load_classifier, load_encoder
from loop.models.bases import load_transformer
from loop.models.embeddings import of_layers
from loop.models.layers import layers_of_all
from loop.models.probe import Probe
from loop.models.recipes.head import head
from loop.models.tokens import tokenize
from loop.protocols import FrozenTexts, TrainingReport, TrainingSet
from loop.records import LabelTexts

pytestmark = pytest.mark.slow

EMPTY = TrainingSet((), np.zeros(0, int), np.zeros((0, 32), np.float32))
Fit = Callable[..., TrainingReport]


@pytest.fixture
def probe(tiny_base: Path) -> Probe:
    made: Probe = registry.load("tuning", "head")(replace(QUICK, representation="last"), base=str(tiny_base))
    return made


def fitted(probe: Probe, train: TrainingSet, dev: TrainingSet, out: Path, *, seed: int = 0) -> Path:
    out.mkdir()
    probe(train, dev, labels=LABELS, out=out, seed=seed)
    return out


def part(whole: TrainingSet, keep: np.ndarray) -> TrainingSet:
    return TrainingSet(tuple(np.array(whole.texts)[keep]), whole.labels[keep], whole.embeddings[keep])


def test_a_folder_read_back_gives_the_probabilities_of_the_head_on_the_frozen_rows(
    probe: Probe, train: TrainingSet, dev: TrainingSet, tmp_path: Path
) -> None:
    report = probe(train, dev, labels=LABELS, out=tmp_path, seed=0)
    model = load_classifier(tmp_path)
    head = model.module
    logits = dev.embeddings @ (head.weight * head.scale).detach().numpy().T + head.bias.detach().numpy()
    scores = model.predict(dev.texts)
    assert np.allclose(scores.probabilities, softmax(logits / report.temperature, axis=1), atol=1e-5)
    assert np.allclose(scores.features, dev.embeddings, atol=1e-3)
    assert (model.predict(train.texts).probabilities.argmax(axis=1) == train.labels).mean() > 0.8


def test_no_step_is_taken_and_the_report_says_so(
    probe: Probe, train: TrainingSet, dev: TrainingSet, tmp_path: Path
) -> None:
    report = probe(train, dev, labels=LABELS, out=tmp_path, seed=0, metadata={"n": 48})
    assert (report.steps, report.best_step) == (0, 0)
    assert report.trainable_parameters == 3 * 32 + 3
    assert report.curve == ((0, report.train_loss, report.dev_loss),)
    manifest = json.loads((tmp_path / "weakspot.json").read_text())
    assert (manifest["method"], manifest["metadata"]) == ("head", {"n": 48})
    assert manifest["temperature"] == report.temperature


def test_the_folder_holds_no_copy_of_the_base(
    probe: Probe, train: TrainingSet, dev: TrainingSet, tmp_path: Path, tiny_base: Path
) -> None:
    folder = fitted(probe, train, dev, tmp_path / "out")
    assert [path.name for path in folder.glob("*.safetensors")] == ["head.safetensors"]
    assert json.loads((folder / "weakspot.json").read_text())["base"] == str(tiny_base)


def test_nothing_depends_on_the_seed(probe: Probe, train: TrainingSet, dev: TrainingSet, tmp_path: Path) -> None:
    first, other = (fitted(probe, train, dev, tmp_path / str(seed), seed=seed) for seed in (0, 1))
    assert (first / "head.safetensors").read_bytes() == (other / "head.safetensors").read_bytes()


def test_two_classes_are_enough(probe: Probe, train: TrainingSet, dev: TrainingSet, tmp_path: Path) -> None:
    two, held = (part(whole, whole.labels != 2) for whole in (train, dev))
    probe(two, held, labels=LABELS[:2], out=tmp_path, seed=0)
    found = load_classifier(tmp_path).predict(held.texts).probabilities
    assert found.shape == (len(held.texts), 2)
    assert (found.argmax(axis=1) == held.labels).mean() > 0.7


def test_a_class_without_examples_is_learnt_around(
    probe: Probe, train: TrainingSet, dev: TrainingSet, tmp_path: Path
) -> None:
    folder = fitted(probe, part(train, train.labels != 1), EMPTY, tmp_path / "out")
    model = load_classifier(folder)
    assert model.labels == LABELS
    assert not (model.predict(dev.texts).probabilities.argmax(axis=1) == 1).any()


def test_one_class_alone_is_told(probe: Probe, train: TrainingSet, tmp_path: Path) -> None:
    one = TrainingSet(train.texts, np.zeros(48, int), train.embeddings)
    with pytest.raises(ModelError, match="all of one class"):
        probe(one, EMPTY, labels=LABELS, out=tmp_path, seed=0)


def test_without_dev_examples_nothing_is_calibrated(probe: Probe, train: TrainingSet, tmp_path: Path) -> None:
    report = probe(train, EMPTY, labels=LABELS, out=tmp_path, seed=0)
    assert (report.dev_loss, report.temperature) == (None, 1.0)


@pytest.mark.parametrize("width", [32, 7])
def test_rows_of_another_encoder_are_made_anew(
    probe: Probe, train: TrainingSet, dev: TrainingSet, tmp_path: Path, width: int
) -> None:
    right = fitted(probe, train, dev, tmp_path / "right")
    foreign = np.eye(width, dtype=np.float32)[np.arange(len(train.texts)) % width]
    mapped_by_another = TrainingSet(train.texts, train.labels, foreign)
    mended = fitted(probe, mapped_by_another, dev, tmp_path / "mended")
    texts = texts_of(20, seed=8)[0]
    expected, found = (load_classifier(folder).predict(texts).probabilities for folder in (right, mended))
    assert np.allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("of_this_base", [True, False])
def test_label_texts_are_embedded_unless_their_rows_of_this_base_are_given(
    probe: Probe, train: TrainingSet, tiny_encoder: FrozenEncoder, tmp_path: Path, of_this_base: bool
) -> None:
    texts = LabelTexts(train.texts[:6], tuple(train.labels[:6].tolist()), phrases=2)
    rows = of_layers(texts, tiny_encoder.layers(texts.texts), tiny_encoder.fingerprint)
    wrong = replace(rows, embeddings=rows.embeddings[::-1], fingerprint=rows.fingerprint if of_this_base else "other")
    made = [
        fitted(probe, replace(train, label_texts=texts, label_rows=given), EMPTY, tmp_path / name)
        for name, given in (("made", None), ("given", rows), ("wrong", wrong))
    ]
    answers = [load_classifier(folder).predict(train.texts).probabilities for folder in made]
    assert np.array_equal(answers[0], answers[1])
    assert np.array_equal(answers[0], answers[2]) is not of_this_base


def test_a_strength_in_the_settings_is_taken(
    probe: Probe, train: TrainingSet, dev: TrainingSet, tmp_path: Path
) -> None:
    weights = []
    for number, c in enumerate((1e-6, 10.0, None)):
        own = replace(probe, settings=replace(QUICK, head_c=c, representation="last"))
        model = load_classifier(fitted(own, train, dev, tmp_path / str(number)))
        weights.append(model.module.weight.detach().numpy())
    assert np.abs(weights[0] - weights[1]).max() > 1e-2
    assert np.abs(weights[0] - weights[2]).max() > 1e-2


@pytest.mark.parametrize("representation", ["auto", "last"])
def test_what_is_trained_is_what_the_recipe_of_that_name_answers(
    tiny_encoder: FrozenEncoder, probe: Probe, train: TrainingSet, dev: TrainingSet, tmp_path: Path, representation: str
) -> None:
    texts = (*train.texts, *dev.texts)
    tokens = tokenize(texts, tiny_encoder.base)
    layers = layers_of_all(load_transformer(tiny_encoder.base), tokens, np.arange(len(texts)), pad_id=0)
    frozen = FrozenTexts(texts, tiny_encoder.embed(texts), None if representation == "last" else layers)
    asked = head(frozen, np.arange(48), train.labels, classes=3, unlabelled=np.arange(48, len(texts)), seed=0)
    live = replace(probe, settings=replace(QUICK, representation=representation))
    found = load_classifier(fitted(live, train, dev, tmp_path / "out")).predict(texts).probabilities
    assert np.allclose(found, asked, atol=1e-3)


def test_a_head_over_several_layers_is_read_back_from_texts_and_not_exported(
    probe: Probe, train: TrainingSet, dev: TrainingSet, tmp_path: Path
) -> None:
    several = replace(probe, settings=replace(QUICK, representation="layers"))
    model = load_classifier(fitted(several, train, dev, tmp_path / "out"))
    assert model.module.weight.shape == (3, 64)
    assert not model.knows(f"{model.base.fingerprint}-{model.base.token_fingerprint}")
    scores = model.predict(train.texts)
    assert (scores.probabilities.argmax(axis=1) == train.labels).mean() > 0.8
    assert np.allclose(np.linalg.norm(scores.features.astype(float), axis=1), 1, atol=1e-2)
    with pytest.raises(ModelError, match="several layers .* set model.options.representation to last"):
        export(tmp_path / "out", tmp_path / "exported", card={})


@pytest.mark.slow
def test_minilm_learns_with_the_head_alone(tmp_path: Path) -> None:
    encoder = load_encoder("minilm")
    made: Fit = registry.load("tuning", "head")(TuningSettings(), base="minilm")
    made(examples(encoder, 30, seed=1), EMPTY, labels=LABELS, out=tmp_path, seed=0)
    test = examples(encoder, 60, seed=2)
    assert (load_classifier(tmp_path).predict(test.texts).probabilities.argmax(axis=1) == test.labels).mean() > 0.9


@pytest.mark.slow
def test_vector_scaling_is_kept_read_back_and_exported(
    probe: Probe, train: TrainingSet, dev: TrainingSet, tmp_path: Path
) -> None:
    sentence_transformers = pytest.importorskip("sentence_transformers")
    by_class = replace(probe, settings=replace(QUICK, calibration="vector", representation="last"))
    folder = fitted(by_class, train, dev, tmp_path / "out")
    model = load_classifier(folder)
    assert len(model.checkpoint.factors) == len(model.checkpoint.biases) == len(LABELS)
    assert max(np.abs(model.checkpoint.biases)) > 0.01
    export(folder, tmp_path / "exported", card={})
    theirs = sentence_transformers.SentenceTransformer(str(tmp_path / "exported")).encode(list(dev.texts))
    assert np.allclose(softmax(theirs, axis=1), model.predict(dev.texts).probabilities, atol=1e-5)
    assert "then a factor and a bias for each label" in (tmp_path / "exported" / "README.md").read_text()


def test_a_folder_from_before_vector_scaling_reads_as_before(
    probe: Probe, train: TrainingSet, dev: TrainingSet, tmp_path: Path
) -> None:
    folder = fitted(probe, train, dev, tmp_path / "out")
    now = load_classifier(folder).predict(dev.texts).probabilities
    manifest = json.loads((folder / "weakspot.json").read_text())
    del manifest["factors"], manifest["biases"], manifest["settings"]["calibration"]
    (folder / "weakspot.json").write_text(json.dumps(manifest))
    assert np.array_equal(load_classifier(folder).predict(dev.texts).probabilities, now)
