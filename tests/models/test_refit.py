"""Laws of every tuning method: what is held out teaches in the end; a class without labels wins nowhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_models import LABELS, QUICK
from numpy.typing import NDArray

from loop import registry
from loop.models import TuningSettings, load_classifier
from loop.protocols import Trainer, TrainingReport, TrainingSet
from loop.records import FloatArray

pytestmark = pytest.mark.slow

STEERED = replace(QUICK, early_stopping_from=5, steps=16, learning_rate=5e-3)


def trainer(method: str, base: Path, settings: TuningSettings = QUICK) -> Trainer:
    made: Trainer = registry.load("tuning", method)(replace(settings, representation="last"), base=str(base))
    return made


def made(
    trainer: Trainer,
    train: TrainingSet,
    dev: TrainingSet,
    out: Path,
    *,
    held_out: Path | None = None,
    labels: tuple[str, ...] = LABELS,
) -> TrainingReport:
    out.mkdir()
    return trainer(train, dev, labels=labels, out=out, seed=0, held_out=held_out)


def part(whole: TrainingSet, keep: NDArray[np.bool_]) -> TrainingSet:
    return TrainingSet(tuple(np.array(whole.texts)[keep].tolist()), whole.labels[keep], whole.embeddings[keep])


def said(folder: Path, texts: tuple[str, ...]) -> FloatArray:
    return load_classifier(folder).predict(texts).probabilities


@pytest.mark.parametrize("settings", [QUICK, STEERED], ids=["all-steps", "early-stopping"])
@pytest.mark.parametrize("method", ["lora", "full"])
def test_what_is_said_of_dev_is_by_a_model_that_never_saw_it(
    method: str, settings: TuningSettings, tiny_base: Path, train: TrainingSet, dev: TrainingSet, tmp_path: Path
) -> None:
    fit = trainer(method, tiny_base, settings)
    once = made(fit, train, dev, tmp_path / "once")
    twice = made(fit, train, dev, tmp_path / "twice", held_out=tmp_path / "dev.npy")
    held_out = np.load(tmp_path / "dev.npy")
    assert np.allclose(held_out, said(tmp_path / "once", dev.texts), atol=1e-4)
    assert np.abs(held_out - said(tmp_path / "twice", dev.texts)).max() > 1e-3
    assert (once.dev_loss, once.best_step) == (twice.dev_loss, twice.best_step)


def test_what_the_head_says_of_a_dev_text_does_not_follow_its_own_label(
    tiny_base: Path, train: TrainingSet, dev: TrainingSet, tmp_path: Path
) -> None:
    """Labels dealt out at random can be learned by heart only."""
    random = replace(dev, labels=np.random.default_rng(0).permutation(dev.labels))
    made(
        trainer("head", tiny_base),
        part(train, np.arange(48) < 12),
        random,
        tmp_path / "out",
        held_out=tmp_path / "dev.npy",
    )
    unseen = (np.load(tmp_path / "dev.npy").argmax(axis=1) == random.labels).mean()
    seen = (said(tmp_path / "out", dev.texts).argmax(axis=1) == random.labels).mean()
    assert unseen < 0.5
    assert seen > unseen + 0.1


@pytest.mark.parametrize("method", ["head", "lora", "full"])
def test_the_model_learned_from_dev_too(
    method: str, tiny_base: Path, train: TrainingSet, dev: TrainingSet, tmp_path: Path
) -> None:
    """A class that stands in dev alone is answered after the refit, and only then."""
    fit = trainer(method, tiny_base)
    two = part(train, train.labels != 2)
    made(fit, two, dev, tmp_path / "once")
    made(fit, two, dev, tmp_path / "twice", held_out=tmp_path / "dev.npy")
    third = tuple(text for text, label in zip(dev.texts, dev.labels, strict=True) if label == 2)
    assert not (said(tmp_path / "once", third).argmax(axis=1) == 2).any()
    assert (said(tmp_path / "twice", third).argmax(axis=1) == 2).mean() > 0.5


@pytest.mark.parametrize("method", ["head", "lora", "full"])
def test_without_dev_examples_there_is_one_fit_and_no_file(
    method: str, tiny_base: Path, train: TrainingSet, tmp_path: Path
) -> None:
    none = TrainingSet((), train.labels[:0], train.embeddings[:0])
    made(trainer(method, tiny_base), train, none, tmp_path / "out", held_out=tmp_path / "dev.npy")
    assert not (tmp_path / "dev.npy").exists()


@pytest.mark.parametrize("method", ["head", "lora", "full"])
def test_a_further_class_without_labels_changes_no_order_and_wins_nowhere(
    method: str, tiny_base: Path, train: TrainingSet, dev: TrainingSet, tmp_path: Path
) -> None:
    fit = trainer(method, tiny_base)
    made(fit, train, dev, tmp_path / "three")
    made(fit, train, dev, tmp_path / "four", labels=(*LABELS, "nobody asked"))
    three, four = (said(tmp_path / name, dev.texts) for name in ("three", "four"))
    assert (four.argmax(axis=1) < 3).all()
    assert (four[:, 3] < 1 / 4).all()
    sure = np.sort(three, axis=1)
    clear = (np.diff(sure, axis=1) > 0.02).all(axis=1)
    assert clear.any()
    assert (np.argsort(four[clear, :3], axis=1) == np.argsort(three[clear], axis=1)).all()
