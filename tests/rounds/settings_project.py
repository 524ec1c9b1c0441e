"""A finished round on a small project, and another value for every key of weakspot.yaml.

finished (once) ─► a copy a test ─► put(root, OTHER[key]) ─► opened(root) ─► what `run` says, or the error
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest
import yaml
from command_line import here
from knowing_labeler import NAME, knowing
from made_project import Files, change, copy_project, make_files

from loop.config import Config
from loop.ledger import progress
from loop.project import open_project
from loop.rounds.start import open_round

LEDGER, ARTIFACTS = ".weakspot/ledger.db", ".weakspot/artifacts"
MOVED = {"storage.ledger": (LEDGER, "moved.db"), "storage.artifacts": (ARTIFACTS, "moved")}
"""Key → what a person moves when they change it."""
AT = "2099-01-01T00:00:00+00:00"

OTHER: Mapping[str, Any] = {
    "project.name": "other",
    "project.title": "Another title",
    "task": "generation",
    "seed": 8,
    "data.file": "elsewhere.csv",
    "data.text": "body",
    "data.label": "topic",
    "data.id": "number",
    "data.metadata": ["channel"],
    "data.gold": None,
    "data.context": "source",
    "data.retention": "kept.csv",
    "labels": "turned round",
    "storage.ledger": "sqlite:///moved.db",
    "storage.artifacts": "moved",
    "model.base": "minilm",
    "model.revision": "v2",
    "model.tuning": "lora",
    "model.options": {"representation": "last"},
    "model.embedder": "minilm",
    "model.final_every": 2,
    "selection.strategy": "margin",
    "selection.batch": 7,
    "selection.portion": 5,
    "selection.audit": 0.0,
    "selection.blind": 0.5,
    "selection.fallback": False,
    "generation.max_new_tokens": 9,
    "generation.temperature": 1.5,
    "generation.samples": 2,
    "generation.prompts": 9,
    "generation.signal": "length",
    "generation.checks": {"ends": "[.]$"},
    "generation.reward_models": 1,
    "generation.nli": "some-model",
    "generation.endpoint": "http://127.0.0.1:1",
    "generation.endpoint_model": "small",
    "generation.token_env": "OTHER_KEY",
    "questions.form": "correction",
    "questions.candidates": 4,
    "questions.pair_strategy": "doubt",
    "questions.swapped": 0.3,
    "questions.criteria": {"kind": "how kind it is"},
    "questions.guidance": "Short is good.",
    "judge.url": "http://127.0.0.1:1",
    "judge.model": "small",
    "judge.token_env": "OTHER_KEY",
    "judge.share": 0.9,
    "judge.certainty": 0.8,
    "judge.overlap": 0.9,
    "judge.max_new_tokens": 9,
    "judge.price_per_million": 3.0,
    "labeler.kind": "label_studio",
    "labeler.url": "http://127.0.0.1:1",
    "labeler.token_env": "OTHER_TOKEN",
    "labeler.overlap": 2,
    "labeler.poll_seconds": 3.0,
    "experts.kind": "simulated",
    "experts.count": 9,
    "experts.error_rate": 0.5,
    "experts.seconds_per_answer": 1.0,
    "experts.rubric": "rubric.py:score",
    "evaluation.estimator": "plain",
    "gate.policy": "better",
    "gate.alpha": 0.2,
    "gate.margin": 0.2,
    "gate.slice_margin": 0.2,
    "gate.slice_n": 9,
    "gate.forgetting": 0.2,
    "dev.share": 0.0,
    "dev.refit": False,
    "plan.target_error": 0.3,
    "plan.price_per_hour": 9.0,
    "plan.currency": "USD",
    "plan.budget": 9.0,
    "plan.budget_hours": 9.0,
    "plan.least_gain": 0.1,
    "plan.stop": ["target"],
}
NEEDS: Mapping[str, Mapping[str, Any]] = {
    "task": {"model.tuning": "dpo"},
    "generation.endpoint": {"generation.endpoint_model": "small"},
    "judge.url": {"judge.model": "small"},
}
"""Keys that mean something only together with others."""


@dataclass(frozen=True)
class Made:
    """A project, and what people know of its messages."""

    root: Path
    files: Files
    truth: Mapping[str, str]


def make(folder: Path) -> Made:
    """`weakspot init`: head on a tiny encoder, people who know every answer."""
    files = make_files(folder, pool=300, gold=40)
    with files.pool.open(newline="") as file:
        truth = {row["text"]: row["intent"] for row in csv.DictReader(file)}
    root = folder / "desk"
    done = here(
        "init", root, "--data", files.pool, "--gold", files.gold, "--base", files.base, "--seed-labels", "24",
        "--batch", "20", "--seed", "7", "--set", "model.tuning=head", "--set", "selection.audit=0.3",
    )  # fmt: skip
    assert done.status == 0, done.err
    change(root, {"labeler.kind": NAME, "labeler.poll_seconds": 0.1})
    return Made(root, files, truth)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """Before its first round, with its people on the menu."""
    made = make(tmp_path_factory.mktemp("settings"))
    with knowing(made.truth):
        yield made


@pytest.fixture(scope="module")
def _finished(known: Made) -> Path:
    root = known.root.with_name("finished")
    copy_project(known.root, root)
    done = here("run", "--project", root)
    assert done.status == 0, done.err
    return root


@pytest.fixture
def fresh(known: Made, tmp_path: Path) -> Path:
    """A project before its first round."""
    return copy_project(known.root, tmp_path / "desk")


@pytest.fixture
def finished(_finished: Path, tmp_path: Path) -> Path:
    """A project after its first round."""
    return copy_project(_finished, tmp_path / "desk")


def put(root: Path, key: str) -> None:
    """A person's hand: another value for this key, with what it needs, and with what they move for it."""
    values = {key: OTHER[key], **NEEDS.get(key, {})}
    if key == "labels":
        values = {key: dict(reversed(_labels(root).items()))}
    for old, new in [MOVED[key]] if key in MOVED else []:
        shutil.move(root / old, root / new)
    path = root / "weakspot.yaml"
    config = yaml.safe_load(path.read_text())
    for one, value in values.items():
        section, _, name = one.partition(".")
        if name:
            config.setdefault(section, {})[name] = value
        else:
            config[section] = value
    if key == "model.tuning":
        config["model"]["options"] = {}
    path.write_text(yaml.safe_dump(config, sort_keys=False))


def opened(root: Path, round_: int = 1) -> tuple[Config, list[str]]:
    """What `weakspot run` does first: the config of the round, and what is said."""
    lines: list[str] = []
    with open_project(root) as project:
        return open_round(project, round_, say=lines.append), lines


def begin(root: Path, round_: int = 1) -> None:
    """The round's first step is done: from now on its config is frozen."""
    opened(root, round_)
    begin_step(root, round_)


def begin_step(root: Path, round_: int) -> None:
    """The first step of a round that was opened is done."""
    with open_project(root) as project, project.ledger.begin() as connection:
        progress.begin_step(connection, round_, "train", at=AT)
        progress.finish_step(connection, round_, "train", outcome={}, inputs="", at=AT, seconds=0.0, peak_mb=0.0)


def events(root: Path) -> list[str]:
    """What was said so far, by the record."""
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        return [one.message for one in progress.events(connection)]


def dump(root: Path) -> str:
    """Every row of every table."""
    with closing(connect(root / LEDGER)) as ledger:
        return json.dumps(list(ledger.iterdump()))


def _labels(root: Path) -> dict[str, str]:
    found = yaml.safe_load((root / "weakspot.yaml").read_text())["labels"]
    return dict(found) if isinstance(found, dict) else dict.fromkeys(found, "")
