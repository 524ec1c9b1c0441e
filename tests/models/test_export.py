"""An export stands alone: its own card's lines load it, without weakspot, and give the same probabilities."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from made_models import LABELS, QUICK, texts_of

from loop.errors import ModelError
from loop.models import export, load_classifier
from loop.models.tuning import full, head, lora
from loop.protocols import TrainingSet

pytestmark = pytest.mark.slow

FACTS = {
    "title": "Help desk intents",
    "error_rate": 0.125,
    "ci_low": 0.1,
    "ci_high": 0.155,
    "n": 500,
    "measured_on": "gold",
    "estimator": "wilson",
    "training_labels": 48,
    "data_hash": "abc123",
    "round": 3,
}
BLOCK = "import sys\nfor name in ('loop', 'labeling'):\n    sys.modules[name] = None  # importing them fails now\n"


@pytest.fixture(scope="module", params=[lora, full, head])
def saved(
    request: pytest.FixtureRequest,
    tiny_base: Path,
    train: TrainingSet,
    dev: TrainingSet,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    out = tmp_path_factory.mktemp("checkpoint")
    request.param(replace(QUICK, representation="last"), base=str(tiny_base))(
        train, dev, labels=LABELS, out=out, seed=0
    )
    return out


@pytest.mark.slow
def test_the_lines_of_the_card_load_the_model_without_weakspot(saved: Path, tmp_path: Path) -> None:
    export(saved, tmp_path / "exported", card=FACTS)
    texts = [*texts_of(20, seed=9)[0], "", "router " * 60]
    found = re.search(r"```python\n(.*?)```", (tmp_path / "exported" / "README.md").read_text(), re.DOTALL)
    assert found
    lines = found.group(1).replace('texts = ["an example text"]', f"texts = {texts!r}")
    answer = "\nimport json\nprint(json.dumps([probabilities.tolist(), id2label[0]]))"
    done = subprocess.run(
        [sys.executable, "-c", BLOCK + lines + answer],
        cwd=tmp_path / "exported",
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        timeout=200,
        check=True,
    )
    theirs, first_label = json.loads(done.stdout.splitlines()[-1])
    assert np.abs(np.array(theirs) - load_classifier(saved).predict(texts).probabilities).max() < 1e-4
    assert first_label == LABELS[0]


def test_the_card_says_what_the_model_is_and_how_good_it_is(saved: Path, tmp_path: Path, tiny_base: Path) -> None:
    export(saved, tmp_path / "exported", card=FACTS)
    text = (tmp_path / "exported" / "README.md").read_text()
    front = yaml.safe_load(text.split("---")[1])
    assert front["base_model"] == str(tiny_base)
    assert front["library_name"] == "sentence-transformers"
    assert "Error rate 12.5% (95 % interval 10.0% to 15.5%), measured on 500 examples (gold; estimator: wilson)" in text
    assert "| Training data hash | abc123 |" in text
    assert all(f"- {label}" in text for label in LABELS)


def test_the_card_of_a_model_of_label_names_says_that_nobody_labelled(saved: Path, tmp_path: Path) -> None:
    export(saved, tmp_path / "exported", card={**FACTS, "training_labels": 0, "simulated": True})
    text = (tmp_path / "exported" / "README.md").read_text()
    assert "| Training labels | 0, made from the names, descriptions and example phrases of the labels alone |" in text
    assert "| Labels given by | nobody |" in text


def test_a_card_without_figures_says_so(saved: Path, tmp_path: Path) -> None:
    export(saved, tmp_path / "exported", card={})
    text = (tmp_path / "exported" / "README.md").read_text()
    assert "The error rate was not measured." in text
    assert "| Training data hash | not recorded |" in text


def test_the_labels_stand_in_the_config(saved: Path, tmp_path: Path) -> None:
    export(saved, tmp_path / "exported", card={})
    config = json.loads((tmp_path / "exported" / "config.json").read_text())
    assert config["id2label"] == {"0": "wifi", "1": "bill", "2": "move"}
    assert config["label2id"] == {"wifi": 0, "bill": 1, "move": 2}


def test_an_export_never_overwrites(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("x")
    with pytest.raises(ModelError, match="exists and is not an empty folder; to do: name another folder"):
        export(saved, tmp_path, card={})


def test_an_unknown_fact_on_the_card_is_told(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="a model card knows no accuracy; wanted: some of title"):
        export(saved, tmp_path / "exported", card={"accuracy": 1})
