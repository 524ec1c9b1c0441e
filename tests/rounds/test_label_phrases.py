"""Example phrases in rounds: a model before the first label, kept apart from what measures, embedded once."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import paper_labeler
import pytest
import yaml
from command_line import Said, here
from made_project import LABELS, Files, change, make_files, make_project

from loop import registry
from loop.artifacts import Artifacts

pytestmark = pytest.mark.slow

CODES = {name: f"L{number}" for number, name in enumerate(LABELS)}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The shipped messages with labels that say nothing."""
    made = make_files(tmp_path_factory.mktemp("files"), pool=60, gold=40)
    for path in (made.pool, made.gold):
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows({**row, "intent": CODES[row["intent"]]} for row in rows)
    return made


@pytest.fixture
def desk(files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(registry.MENU["labeler"], paper_labeler.NAME, "paper_labeler:build")
    root = tmp_path / "desk"
    make_project(root, files, batch=6, seed_labels=0, experts="people")
    change(root, {"labeler.kind": paper_labeler.NAME})
    return root


def gold_text(files: Files) -> str:
    with files.gold.open(newline="", encoding="utf-8") as file:
        return next(csv.DictReader(file))["text"]


def put(root: Path, phrases: dict[str, list[str]]) -> None:
    labels = yaml.safe_load((root / "weakspot.yaml").read_text())["labels"]
    change(root, {"labels": {name: {"phrases": phrases.get(name, [])} for name in labels}})


def trained(root: Path) -> Said:
    said = here("run", "--project", root, "--until", "train")
    assert said.status == 0, said.err
    return said


def label_texts(root: Path) -> list[str]:
    found = Artifacts(root / ".weakspot" / "artifacts").names()
    return [name for name in found if name.startswith("label_texts/")]


def test_codes_with_phrases_are_a_model_before_the_first_label_and_twins_are_left_out(desk: Path, files: Files) -> None:
    put(desk, {"L0": ["my bill is too high"], "L3": ["the internet is down"], "L4": [gold_text(files).upper()]})
    said = trained(desk)
    assert "A model from phrases: there are no labels yet" in said.err
    assert said.err.count("1 phrase is kept out of training: its text also measures the model (1 gold)") == 1
    told = json.loads(here("leaks", "--project", desk, "--json").out)["phrases"]
    assert [(row["label"], row["ground"], row["twin"]) for row in told] == [("L4", "gold", gold_text(files))]
    shown = here("leaks", "--project", desk).out
    assert "1 example phrase is kept out of training; write others in weakspot.yaml" in shown
    assert gold_text(files) in shown


def test_phrases_of_a_single_label_make_no_model(desk: Path) -> None:
    put(desk, {"L0": ["my bill is too high", "so much money"]})
    assert "No model in this round: there are no labels yet" in trained(desk).err


def test_phrases_are_embedded_once_until_they_change_and_the_round_can_be_replayed(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(desk, {"L0": ["my bill is too high"], "L3": ["the internet is down"]})
    finish(desk)
    (first,) = label_texts(desk)
    assert here("replay", "0", "--project", desk).status == 0
    with monkeypatch.context() as patch:
        patch.setattr("loop.models.encoder.FrozenEncoder.layers", None)
        patch.setattr("loop.models.embeddings.embedded_labels", None)
        finish(desk)
    assert label_texts(desk) == [first]
    put(desk, {"L0": ["my bill is too high"], "L3": ["no line since monday"]})
    said = trained(desk)
    assert "Round 2: weakspot.yaml has changed: labels" in said.err
    assert "no line since monday" in said.err
    assert len(label_texts(desk)) == 2


def finish(root: Path) -> None:
    assert here("run", "--project", root, "--no-wait").status == 3
    paper_labeler.answer(root, 6, "L1")
    said = here("run", "--project", root)
    assert said.status == 0, said.err
