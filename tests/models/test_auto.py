"""The tuning method "auto": which method it takes, on what evidence, and what it leaves behind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_models import LABELS, QUICK, examples

from loop.models import FrozenEncoder, TuningSettings, load_classifier
from loop.models.auto import FEWEST, auto, clearly_more
from loop.models.checkpoint import read_checkpoint
from loop.protocols import Chosen, TrainingReport, TrainingSet

pytestmark = pytest.mark.slow

LONG = replace(QUICK, steps=80)
BROKEN = replace(QUICK, learning_rate=5.0, head_learning_rate=5.0)
"""Tuning with it forgets everything."""


@pytest.fixture(scope="module")
def some(tiny_encoder: FrozenEncoder) -> TrainingSet:
    """Two labels fewer than it takes to tune."""
    return examples(tiny_encoder, FEWEST - 2, seed=3)


def made(
    settings: TuningSettings, base: Path, train: TrainingSet, dev: TrainingSet, folder: Path, *, refit: bool = True
) -> TrainingReport:
    out = folder / "model"
    out.mkdir(parents=True)
    held_out = folder / "held_out.npy" if refit else None
    return auto(settings, base=str(base))(train, dev, labels=LABELS, out=out, seed=0, held_out=held_out)


def without(dev: TrainingSet, n: int) -> TrainingSet:
    return TrainingSet(dev.texts[:n], dev.labels[:n], dev.embeddings[:n])


def test_with_few_labels_it_is_the_head_and_nothing_is_compared(
    tiny_base: Path, some: TrainingSet, dev: TrainingSet, tmp_path: Path
) -> None:
    report = made(QUICK, tiny_base, some, without(dev, 1), tmp_path)
    assert report.chosen == Chosen("head")
    assert read_checkpoint(tmp_path / "model").method == "head"


def test_dev_labels_count_among_those_that_suffice(
    tiny_base: Path, some: TrainingSet, dev: TrainingSet, tmp_path: Path
) -> None:
    report = made(QUICK, tiny_base, some, without(dev, 2), tmp_path)
    assert report.chosen is not None
    assert report.chosen.held_out == 2


@pytest.mark.parametrize("refit", [True, False], ids=["refit", "dev apart"])
@pytest.mark.parametrize(("settings", "method"), [(LONG, "lora"), (BROKEN, "head")], ids=["lora", "head"])
def test_the_tuned_model_is_taken_unless_it_makes_clearly_more_mistakes_on_dev(
    settings: TuningSettings,
    method: str,
    refit: bool,
    tiny_base: Path,
    train: TrainingSet,
    dev: TrainingSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The head makes no mistake on these easy texts, the tuned model three of 36: too few to be clear here.
    monkeypatch.setattr("loop.models.auto.CLEARLY", 3.0)
    report = made(settings, tiny_base, train, dev, tmp_path, refit=refit)
    assert report.chosen is not None
    assert report.chosen.method == method
    wrong = report.chosen.wrong
    assert (wrong["lora"] > wrong["head"] + 10) == (method == "head")
    assert read_checkpoint(tmp_path / "model").method == method
    assert load_classifier(tmp_path / "model").predict(dev.texts).probabilities.shape == (len(dev.texts), len(LABELS))
    assert {path.name for path in tmp_path.iterdir()} == {"model", *(["held_out.npy"] if refit else [])}
    if refit:
        assert int((np.load(tmp_path / "held_out.npy").argmax(axis=1) != dev.labels).sum()) == wrong[method]


def test_the_same_seed_gives_the_same_choice_and_the_same_model(
    tiny_base: Path, train: TrainingSet, dev: TrainingSet, tmp_path: Path
) -> None:
    first, again = (made(QUICK, tiny_base, train, dev, tmp_path / name) for name in ("a", "b"))
    assert first == again
    said = [load_classifier(tmp_path / name / "model").predict(dev.texts).probabilities for name in ("a", "b")]
    assert (said[0] == said[1]).all()


@pytest.mark.parametrize(
    ("one", "other", "clear"),
    [
        ([1, 1, 1, 1, 0, 0], [0, 0, 0, 0, 0, 0], True),
        ([1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], False),
        ([1, 1, 0, 0], [0, 0, 1, 1], False),
        ([0, 0, 0, 0], [1, 1, 1, 0], False),
        ([1], [0], False),
        ([], [], False),
    ],
)
def test_more_mistakes_are_clear_beyond_a_standard_error(one: list[int], other: list[int], clear: bool) -> None:
    assert clearly_more(np.array(one, dtype=bool), np.array(other, dtype=bool)) == clear
