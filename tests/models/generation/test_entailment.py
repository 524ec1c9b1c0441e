"""A model of entailment from a folder: which output is which, and what is said of a folder that is none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from made_models import write_tiny_bert

from loop.errors import ModelError
from loop.models.generation.entailment import load_entailment

LABELS = {0: "CONTRADICTION", 1: "entailment", 2: "Neutral"}
PREMISES = ["my router is slow", "the bill", "please help my wifi signal blinking again", "hello"]
HYPOTHESES = ["router slow", "is new", "wifi", "the house is moving again hello"]


def _write(folder: Path, labels: dict[int, str]) -> Path:
    write_tiny_bert(folder, seed=0)
    config = transformers.BertConfig.from_pretrained(str(folder))
    config.id2label, config.label2id = labels, {label: column for column, label in labels.items()}
    torch.manual_seed(1)
    transformers.BertForSequenceClassification(config).save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _write(tmp_path_factory.mktemp("nli"), LABELS)


def test_probabilities_are_those_of_the_model_in_our_order_whatever_its_own(folder: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder))
    model = transformers.AutoModelForSequenceClassification.from_pretrained(str(folder)).eval()
    found = load_entailment(folder).probabilities(PREMISES, HYPOTHESES)
    for row, (premise, hypothesis) in enumerate(zip(PREMISES, HYPOTHESES, strict=True)):
        with torch.no_grad():
            own = model(**tokenizer(premise, hypothesis, return_tensors="pt")).logits.softmax(-1)[0].numpy()
        np.testing.assert_allclose(found[row], own[[1, 2, 0]], atol=1e-5)


def test_rows_sum_to_one_and_nothing_gives_nothing(folder: Path) -> None:
    model = load_entailment(str(folder))
    np.testing.assert_allclose(model.probabilities(PREMISES, HYPOTHESES).sum(axis=1), 1)
    assert model.probabilities([], []).shape == (0, 3)
    assert model.entails([], []) == ()


def test_entails_is_the_most_probable_of_the_three(folder: Path) -> None:
    model = load_entailment(folder)
    expected = (model.probabilities(PREMISES, HYPOTHESES).argmax(axis=1) == 0).tolist()
    assert list(model.entails(PREMISES, HYPOTHESES)) == expected


def test_what_is_too_long_is_cut_and_no_crash(folder: Path) -> None:
    found = load_entailment(folder).probabilities(["router " * 400, "a"], ["wifi", "bill " * 400])
    assert np.isfinite(found).all()


@pytest.mark.parametrize(
    "labels",
    [{0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"}, {0: "entailment", 1: "not_entailment"}, {0: "good", 1: "bad"}],
)
def test_another_classifier_is_no_model_of_entailment(tmp_path: Path, labels: dict[int, str]) -> None:
    with pytest.raises(ModelError, match=f"tells {labels[0]}, {labels[1]}.*no model of entailment; wanted: the labels"):
        load_entailment(_write(tmp_path, labels))


def test_a_folder_without_a_classifier_is_told_and_not_filled_at_random(tmp_path: Path) -> None:
    write_tiny_bert(tmp_path, seed=0)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "id2label": {str(k): v for k, v in LABELS.items()}}))
    with pytest.raises(ModelError, match="lacks weights of a sequence classifier, first classifier"):
        load_entailment(tmp_path)


def test_a_missing_and_a_broken_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="none holds no model"):
        load_entailment(tmp_path / "none")
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ModelError, match="cannot be read"):
        load_entailment(tmp_path)
