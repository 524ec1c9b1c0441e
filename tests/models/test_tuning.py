"""Laws of every tuning method, on a tiny random BERT."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import peft
import pytest
import torch
import transformers
from made_models import LABELS, QUICK, WORDS, examples, texts_of, write_tiny_bert

from loop.errors import ConfigError, ModelError
from loop.models import TuningSettings, build_tokens, load_classifier, load_encoder
from loop.models.calibration import log_loss
from loop.models.network import PooledClassifier
from loop.models.training import Labelled, tune
from loop.models.tuning import Tuning, full, lora
from loop.models.watch import Watch
from loop.protocols import TrainingReport, TrainingSet
from loop.records import LabelTexts

pytestmark = pytest.mark.slow

METHODS = {"lora": lora, "full": full}
TELLING = tuple(" ".join(words) for words in WORDS.values())
"""Texts of the labels that each hold all words of theirs."""
EMPTY = TrainingSet((), np.zeros(0, int), np.zeros((0, 32), np.float32))
Tune = Callable[..., TrainingReport]


@pytest.fixture(params=METHODS)
def tuning(request: pytest.FixtureRequest, tiny_base: Path) -> Tuning:
    return METHODS[request.param](QUICK, base=str(tiny_base))


def checkpoint(tuning: Tuning, train: TrainingSet, dev: TrainingSet, out: Path, *, seed: int = 0) -> Path:
    out.mkdir()
    tuning(train, dev, labels=LABELS, out=out, seed=seed)
    return out


def weights_hash(folder: Path) -> str:
    files = sorted(path for path in folder.iterdir() if path.suffix == ".safetensors")
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(
    tuning: Tuning, train: TrainingSet, dev: TrainingSet, tmp_path: Path
) -> None:
    first, again = (weights_hash(checkpoint(tuning, train, dev, tmp_path / name)) for name in ("a", "b"))
    assert first == again
    assert weights_hash(checkpoint(tuning, train, dev, tmp_path / "c", seed=1)) != first


@pytest.mark.parametrize("width", [32, 7])
def test_rows_of_another_encoder_are_not_what_tuning_starts_from(
    tuning: Tuning, train: TrainingSet, dev: TrainingSet, tmp_path: Path, width: int
) -> None:
    foreign = np.eye(width, dtype=np.float32)[np.arange(len(train.texts)) % width]
    own = weights_hash(checkpoint(tuning, train, dev, tmp_path / "own"))
    assert weights_hash(checkpoint(tuning, replace(train, embeddings=foreign), dev, tmp_path / "other")) == own


def test_tuning_learns_beyond_the_frozen_head_it_starts_from(
    tuning: Tuning, train: TrainingSet, dev: TrainingSet, tmp_path: Path
) -> None:
    longer = replace(
        tuning,
        settings=replace(QUICK, steps=60, early_stopping_from=30, patience=20, head_learning_rate=1e-2, dropout=0.0),
    )
    report = longer(train, dev, labels=LABELS, out=tmp_path, seed=0)
    (first_step, _, frozen_loss), (_, first_train_loss, _) = report.curve[:2]
    assert first_step == 0
    assert report.best_step > 0
    assert report.dev_loss is not None
    assert frozen_loss is not None
    assert report.dev_loss < frozen_loss
    assert report.train_loss is not None
    assert first_train_loss is not None
    assert report.train_loss < 0.5 * first_train_loss
    scores = load_classifier(tmp_path).predict(train.texts)
    assert (scores.probabilities.argmax(axis=1) == train.labels).mean() > 0.95
    assert np.allclose(scores.probabilities.sum(axis=1), 1, atol=1e-5)
    assert scores.features.shape == (48, 32)
    assert scores.features.dtype == np.float16


def test_predictions_do_not_depend_on_order_and_batch(
    tuning: Tuning, train: TrainingSet, dev: TrainingSet, tmp_path: Path, tiny_base: Path
) -> None:
    classifier = load_classifier(checkpoint(tuning, train, dev, tmp_path / "out"))
    texts = list(texts_of(150, seed=4)[0])
    whole = classifier.predict(texts).probabilities
    assert np.allclose(classifier.predict(texts[::-1]).probabilities[::-1], whole, atol=1e-5)
    assert np.allclose(np.concatenate([classifier.predict([t]).probabilities for t in texts]), whole, atol=1e-5)
    store = build_tokens(texts, classifier.base, tmp_path / "tokens")
    rows = np.array([7, 3, 149])
    assert np.allclose(classifier.predict_tokens(store, rows).probabilities, whole[rows], atol=1e-5)
    assert classifier.predict([]).probabilities.shape == (0, 3)


def test_progress_counts_the_steps_and_the_report_says_what_was_done(
    tuning: Tuning, train: TrainingSet, dev: TrainingSet, tmp_path: Path
) -> None:
    seen: list[tuple[int, int]] = []
    report = tuning(
        train, dev, labels=LABELS, out=tmp_path, seed=0, progress=lambda *step: seen.append(step), metadata={"n": 48}
    )
    assert seen == [(step, 12) for step in range(1, report.steps + 1)]
    assert [step for step, *_ in report.curve][-1] == report.steps
    assert report.best_step in [step for step, *_ in report.curve]
    manifest = json.loads((tmp_path / "weakspot.json").read_text())
    assert manifest["metadata"] == {"n": 48}
    assert manifest["labels"] == list(LABELS)
    assert manifest["temperature"] == report.temperature
    assert not list(tmp_path.glob("**/tmp*"))


def test_a_class_without_examples_is_learnt_around(
    tuning: Tuning, train: TrainingSet, dev: TrainingSet, tmp_path: Path
) -> None:
    keep = train.labels != 1
    part = TrainingSet(tuple(np.array(train.texts)[keep]), train.labels[keep], train.embeddings[keep])
    classifier = load_classifier(checkpoint(tuning, part, EMPTY, tmp_path / "out"))
    assert classifier.labels == LABELS
    assert not (classifier.predict(dev.texts).probabilities.argmax(axis=1) == 1).any()


def test_one_class_alone_cannot_be_tuned(tuning: Tuning, train: TrainingSet, tmp_path: Path) -> None:
    one = TrainingSet(train.texts, np.zeros(48, int), train.embeddings)
    with pytest.raises(ModelError, match="all of one class"):
        tuning(one, EMPTY, labels=LABELS, out=tmp_path, seed=0)


def test_without_dev_examples_all_steps_are_taken_and_nothing_is_calibrated(
    tuning: Tuning, train: TrainingSet, tmp_path: Path
) -> None:
    report = tuning(train, EMPTY, labels=LABELS, out=tmp_path, seed=0)
    assert (report.steps, report.best_step, report.dev_loss, report.temperature) == (12, 12, None, 1.0)


def test_the_weights_kept_are_those_of_the_best_look(
    train: TrainingSet, dev: TrainingSet, tiny_base: Path, tmp_path: Path
) -> None:
    wild = replace(QUICK, early_stopping_from=30, steps=40, learning_rate=0.3, evaluations=20, patience=3, head_c=10.0)
    report = lora(wild, base=str(tiny_base))(train, dev, labels=LABELS, out=tmp_path, seed=0)
    losses = {step: loss for step, _, loss in report.curve}
    assert report.steps < 40
    assert report.best_step == min(losses, key=lambda step: losses[step] or 0.0)
    classifier = load_classifier(tmp_path)
    logits = np.log(classifier.predict(dev.texts).probabilities)
    assert log_loss(logits, dev.labels) == pytest.approx(losses[report.best_step], rel=1e-3)


def test_the_watch_puts_back_the_weights_it_kept() -> None:
    module = PooledClassifier(torch.nn.Linear(2, 2), torch.zeros(2, 2), torch.zeros(2), scale=1.0, dropout=0.0)
    losses = iter([0.8, 0.5, 0.9])
    watch = Watch(module, lambda: next(losses), every=1, patience=5, last=9, progress=None)
    state = transformers.TrainerState(global_step=1, max_steps=2)
    watch.on_train_begin(None, state, transformers.TrainerControl())
    watch.on_step_end(None, state, transformers.TrainerControl())
    with torch.no_grad():
        module.bias.fill_(7.0)
    state.global_step = 2
    watch.on_step_end(None, state, transformers.TrainerControl())
    watch.restore_best()
    assert watch.best_step == 1
    assert module.bias.tolist() == [0.0, 0.0]


def test_the_adapter_folder_opens_with_plain_peft(
    train: TrainingSet, dev: TrainingSet, tiny_base: Path, tmp_path: Path
) -> None:
    folder = checkpoint(lora(QUICK, base=str(tiny_base)), train, dev, tmp_path / "out")
    config = json.loads((folder / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == str(tiny_base)
    assert config["target_modules"] == sorted(config["target_modules"]), "equal adapters are equal files"
    plain = transformers.AutoModel.from_pretrained(config["base_model_name_or_path"])
    adapted = peft.PeftModel.from_pretrained(plain, str(folder)).eval()
    ids = torch.tensor([[2, 6, 14, 3]])
    merged = load_classifier(folder).module.encoder
    with torch.no_grad():
        theirs = adapted(input_ids=ids).last_hidden_state
        ours = merged(input_ids=ids).last_hidden_state
    assert torch.allclose(theirs, ours, atol=1e-5)
    untuned = transformers.AutoModel.from_pretrained(str(tiny_base)).eval()
    with torch.no_grad():
        assert not torch.allclose(untuned(input_ids=ids).last_hidden_state, ours, atol=1e-3)


def test_layers_that_are_not_there_are_told(
    train: TrainingSet, dev: TrainingSet, tiny_base: Path, tmp_path: Path
) -> None:
    settings = replace(QUICK, target_modules=("q_proj",))
    with pytest.raises(ModelError, match="no layers named q_proj"):
        lora(settings, base=str(tiny_base))(train, dev, labels=LABELS, out=tmp_path, seed=0)


@pytest.mark.parametrize("name", ["weakspot.json", "head.safetensors", "adapter_model.safetensors", "tokenizer.json"])
@pytest.mark.parametrize("harm", ["gone", "cut"])
def test_a_damaged_checkpoint_is_told(saved: Path, tmp_path: Path, name: str, harm: str) -> None:
    folder = shutil.copytree(saved, tmp_path / "copy")
    whole = (folder / name).read_bytes()
    (folder / name).unlink()
    if harm == "cut":
        (folder / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match=r"is missing or damaged|is no model of weakspot"):
        load_classifier(folder)


def test_a_newer_format_and_strange_settings_are_told(saved: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(saved, tmp_path / "copy")
    manifest = json.loads((folder / "weakspot.json").read_text())
    (folder / "weakspot.json").write_text(json.dumps({**manifest, "format": 99}))
    with pytest.raises(ModelError, match="has format 99; wanted: format 1"):
        load_classifier(folder)
    (folder / "weakspot.json").write_text(json.dumps({**manifest, "settings": {"depth": 3}}))
    with pytest.raises(ModelError, match="damaged"):
        load_classifier(folder)


def test_another_base_under_the_same_name_is_told(
    train: TrainingSet, dev: TrainingSet, tiny_base: Path, tmp_path: Path
) -> None:
    base = shutil.copytree(tiny_base, tmp_path / "base")
    folder = checkpoint(lora(QUICK, base=str(base)), train, dev, tmp_path / "out")
    write_tiny_bert(base, seed=5)
    with pytest.raises(ModelError, match=r"is not the one that .* was tuned from"):
        load_classifier(folder)


@pytest.fixture(scope="module")
def saved(tiny_base: Path, train: TrainingSet, dev: TrainingSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoint(lora(QUICK, base=str(tiny_base)), train, dev, tmp_path_factory.mktemp("saved") / "out")


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"dropout": 1.0}, {"learning_rate": -1.0}, {"max_length": 2}])
def test_settings_that_cannot_work_are_told(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        TuningSettings(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("names", "learned"),
    [(TELLING, 3), ((*TELLING[1:], TELLING[0]), 0)],
    ids=["names", "names of other labels"],
)
def test_texts_of_the_labels_are_tuned_on_unless_the_labels_deny_them(
    names: tuple[str, ...],
    learned: int,
    train: TrainingSet,
    tiny_base: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Labelled] = []

    def watched(module: PooledClassifier, examples: Labelled, **rest: Any) -> Any:
        seen.append(examples)
        return tune(module, examples, **rest)

    monkeypatch.setattr("loop.models.tuning.tune", watched)
    named = replace(train, label_texts=LabelTexts(names, (0, 1, 2)))
    lora(QUICK, base=str(tiny_base))(named, EMPTY, labels=LABELS, out=tmp_path, seed=0)
    assert seen[0].labels.tolist() == [*train.labels.tolist(), *range(learned)]
    assert len(seen[0].tokens) == len(train.labels) + learned


@pytest.mark.slow
def test_the_settings_load_without_torch() -> None:
    program = (
        "import sys, loop.models.settings; print([m for m in ('torch', 'transformers', 'peft') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.slow
def test_minilm_beats_its_frozen_head_after_a_short_run(tmp_path: Path) -> None:
    encoder = load_encoder("minilm")
    train = examples(encoder, 30, seed=1)
    report = lora(TuningSettings(steps=10, epochs=1), base="minilm")(train, EMPTY, labels=LABELS, out=tmp_path, seed=0)
    test = examples(encoder, 60, seed=2)
    assert (load_classifier(tmp_path).predict(test.texts).probabilities.argmax(axis=1) == test.labels).mean() > 0.9
    assert report.trainable_parameters < 500_000
