"""What a first classifier could do is kept, measured, and compared with every later model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from command_line import complaint, here
from made_project import write_csv

from loop.artifact_names import artifact
from loop.config import load
from loop.errors import ArtifactError
from loop.ledger import figures, progress
from loop.ledger.figures import ModelRow
from loop.ledger.progress import RoundRow
from loop.project import Project, open_project
from loop.protocols import Scores
from loop.rounds.context import StepContext
from loop.rounds.retention import retention
from loop.tasks.classification.retention import forgotten, measure_retention, retention_wrong

pytestmark = pytest.mark.slow

AT = "2026-01-01T00:00:00+00:00"
POOL = [{"text": f"{word} number {n}, what now?", "label": word} for n in range(6) for word in ("bill", "net")]
KEPT = [
    {"text": "What does the first bill cost me?", "label": "bill"},
    {"text": "Is the second bill a mistake of yours?", "label": "bill"},
    {"text": "No net in the kitchen", "label": "net"},
    {"text": "The net is slow in the evening", "label": "net"},
]


class Fixed:
    """Says what it is told to."""

    labels = ("bill", "net")

    def __init__(self, guesses: Sequence[str]) -> None:
        self._guesses = guesses

    def predict(self, texts: Sequence[str], *, progress: Any = None) -> Scores:
        assert len(texts) == len(self._guesses)
        sure = np.array([[0.9, 0.1] if guess == "bill" else [0.2, 0.8] for guess in self._guesses])
        return Scores(probabilities=sure, features=np.zeros((len(texts), 1), dtype=np.float32))


def files(folder: Path, kept: Sequence[dict[str, str]] = KEPT) -> tuple[str | Path, ...]:
    write_csv(folder / "pool.csv", POOL)
    write_csv(folder / "kept.csv", kept)
    return ("init", folder / "desk", "--data", folder / "pool.csv", "--seed-labels", "4")


@pytest.fixture
def project(tmp_path: Path) -> Any:
    said = here(*files(tmp_path), "--retention", tmp_path / "kept.csv")
    assert said.status == 0, said.err
    with open_project(tmp_path / "desk") as opened:
        yield opened


def work(project: Project, round_: int) -> StepContext:
    return cast(
        StepContext, SimpleNamespace(project=project, config=project.config, round=round_, progress=None, strict=False)
    )


def judged(project: Project, round_: int, guesses: Sequence[str]) -> Any:
    """A round whose model guessed so on the retention texts."""
    with project.artifacts.writing(artifact(round_, "evaluate")) as folder:
        found = measure_retention(work(project, round_), Fixed(guesses), folder, np.random.default_rng(0))
    model = ModelRow(round_, artifact(round_, "train"), "minilm", "lora", 1, 4, 0, "d", 1.0, {}, AT)
    with project.ledger.begin() as connection:
        progress.open_round(connection, RoundRow(round_, {}, "d", "0.1", AT, None))
        figures.add_model(connection, model)
    return found


def test_labelled_texts_are_kept_beside_the_splits_and_named_in_the_config(tmp_path: Path, project: Project) -> None:
    kept, references = retention(project)
    assert [(one.text, references[one.id]) for one in kept] == [(row["text"], (row["label"],)) for row in KEPT]
    assert load(tmp_path / "desk" / "weakspot.yaml").data.retention == "../kept.csv"
    assert not {one.id for one in kept} & set(project.pool.ids())


def test_the_error_rate_there_has_an_interval(project: Project) -> None:
    found = judged(project, 0, ["bill", "bill", "net", "bill"])
    (error,) = [row for row in found if row.metric == "error_rate" and not row.slice]
    assert (error.on, error.n, error.value) == ("retention", 4, 0.25)
    assert 0 < error.low < 0.25 < error.high < 1


def test_every_guess_is_kept_with_the_round(project: Project) -> None:
    judged(project, 0, ["bill", "bill", "net", "bill"])
    rows = json.loads((project.artifacts.open(artifact(0, "evaluate")) / "retention.json").read_text())
    assert [(row["label"], row["guess"], row["confidence"]) for row in rows] == [
        ("bill", "bill", 0.9),
        ("bill", "bill", 0.9),
        ("net", "net", 0.8),
        ("net", "bill", 0.9),
    ]


def test_later_models_are_held_to_the_first_one_not_to_the_one_before(project: Project) -> None:
    judged(project, 0, ["bill", "bill", "net", "net"])
    judged(project, 1, ["bill", "bill", "net", "bill"])
    judged(project, 2, ["bill", "bill", "bill", "bill"])
    found = forgotten(work(project, 2))
    assert found is not None
    assert list(found.first.values()) == [False] * 4
    assert sum(found.challenger.values()) == 2
    assert found.first.keys() == found.challenger.keys() == retention_wrong(work(project, 1), 1).keys()


def test_the_first_model_has_nothing_to_forget_and_a_round_without_a_model_neither(project: Project) -> None:
    assert forgotten(work(project, 0)) is None
    judged(project, 0, ["bill", "bill", "net", "net"])
    assert forgotten(work(project, 0)) is None
    assert forgotten(work(project, 1)) is None


def test_without_retention_texts_nothing_is_measured(tmp_path: Path) -> None:
    assert here(*files(tmp_path)).status == 0
    with open_project(tmp_path / "desk") as project:
        assert judged(project, 0, []) == ()
        judged(project, 1, [])
        assert retention_wrong(work(project, 1), 1) == {}
        assert forgotten(work(project, 1)) is None
        with pytest.raises(ArtifactError, match="missing"):
            retention_wrong(work(project, 7), 7)


def test_lost_files_of_an_earlier_round_are_left_out_aloud(project: Project) -> None:
    judged(project, 1, ["bill", "bill", "net", "net"])
    said: list[str] = []
    present = work(project, 1)
    cast(Any, present).say = said.append
    assert retention_wrong(present, 0) == {}
    assert said == ["Not measured: what rests on rounds/000/evaluate (manifest.json is missing)"]


def test_a_retention_text_without_a_label_or_with_an_unknown_one_is_refused(tmp_path: Path) -> None:
    told = complaint(
        here(*files(tmp_path, [*KEPT, {"text": "And now?", "label": ""}]), "--retention", tmp_path / "kept.csv")
    )
    assert "1 of 5 texts have no label, the first is row 6; wanted: a label for each text" in told
    told = complaint(
        here(*files(tmp_path, [{"text": "And now?", "label": "Bill"}]), "--retention", tmp_path / "kept.csv")
    )
    assert "'Bill' (1 rows; did you mean \"bill\"?)" in told
    assert not (tmp_path / "desk" / "weakspot.yaml").exists()


def test_retention_texts_that_are_learned_from_as_well_are_told(tmp_path: Path) -> None:
    said = here(*files(tmp_path, [*KEPT, POOL[0]]), "--retention", tmp_path / "kept.csv")
    assert "stand in" in said.out
    assert "forgetting may look smaller" in said.out


def test_seed_examples_that_are_twins_of_dev_are_kept_out_from_the_start(tmp_path: Path) -> None:
    rows = [{"text": f"The {word} is {n} days late" + "!" * copy, "label": word} for n in range(1, 9)
            for word in ("bill", "parcel", "router") for copy in range(4)]  # fmt: skip
    write_csv(tmp_path / "pool.csv", rows)
    said = here(
        "init", tmp_path / "desk", "--data", tmp_path / "pool.csv", "--seed-labels", "80", "--set", "dev.share=0.3"
    )
    assert said.status == 0, said.err
    assert "kept out of training: their texts also measure the model" in said.out
    found = json.loads(here("leaks", "--project", tmp_path / "desk", "--json").out)
    assert {one["ground"] for one in found["labelled"]} == {"dev"}
    assert {one["round"] for one in found["labelled"]} == {None}
