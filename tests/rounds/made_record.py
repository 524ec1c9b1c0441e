"""A small project after two finished rounds with their bundles, made by hand: no model, no server, in a moment.

made_record(folder) ─► weakspot.yaml, ledger, artifacts/{pool, partition, rounds/000, rounds/001}
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from made_project import own

from loop import pool as pools
from loop.artifact_names import artifact
from loop.artifacts import Artifacts
from loop.config import digest, load, template
from loop.ledger import Ledger, figures, lineage, people, progress
from loop.ledger.figures import Decision, ModelRow
from loop.ledger.lineage import BundleRow
from loop.ledger.progress import RoundRow
from loop.pool import example_id
from loop.project import Project, open_project
from loop.records import (
    Annotation,
    AnswerState,
    Example,
    Label,
    Measurement,
    Pick,
    PickKind,
    Role,
    SentTask,
    Split,
    Spot,
)
from loop.records.vocabulary import STEPS
from loop.rounds import snapshot
from loop.step_folders import save_regions, save_spots

BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LABELS = ("refund", "invoice")
SECRET = "token-4711"
"""Stands in what the labeling tool sent, and nowhere else."""


def made_record(root: Path, *, bundled: bool = True) -> Path:
    """Writes the project; bundled=False: as an older weakspot would have left it."""
    root.mkdir(parents=True)
    rows = [(f"message {n}", Split.GOLD if n < 4 else Split.SEED if n < 6 else Split.POOL) for n in range(16)]
    examples = tuple(
        Example(example_id(text, None), text, split, LABELS[n % 2], None) for n, (text, split) in enumerate(rows)
    )
    text = template(name="desk", file="m.csv", text="text", labels=list(LABELS), experts="people", batch=2)
    (root / "weakspot.yaml").write_text(text)
    own(root)
    artifacts = Artifacts(root / ".weakspot" / "artifacts")
    with artifacts.writing("pool") as folder:
        pools.write(examples, folder / "pool.parquet", metadata=())
    with artifacts.writing("partition") as folder:
        save_regions(folder, np.zeros(len(examples), dtype=np.int64), np.zeros((len(examples), 2)))
        save_spots(folder, ["all"], [["message"]])
    with Ledger.open(f"sqlite:///{root}/.weakspot/ledger.db") as ledger, ledger.begin() as connection:
        progress.put(connection, "project_key", "made")
        seed = [one for one in examples if one.split is Split.SEED]
        people.put_labels(
            connection, [Label(one.id, str(one.label), Role.TRAIN, "seed", None, 0, None) for one in seed]
        )
    asked = [one.id for one in examples if one.split is Split.POOL]
    with open_project(root) as project:
        for round_ in range(2):
            play(project, round_, asked[2 * round_ : 2 * round_ + 2])
            if bundled:
                finish(project, round_)
            else:
                with project.ledger.begin() as connection:
                    progress.finish_round(connection, round_, at=time(round_, 59))
    return root


def play(project: Project, round_: int, asked: list[str]) -> None:
    """All steps of a round, as their rows and files."""
    config = load(project.root / "weakspot.yaml")
    with project.ledger.begin() as connection:
        frozen = config.model_dump(mode="json")
        progress.open_round(connection, RoundRow(round_, frozen, digest(config), "0.1.0", time(round_, 0), None))
    for step in ("train", "evaluate", "score"):
        with project.artifacts.writing(artifact(round_, step)) as folder:
            if step == "train":
                (folder / "labels.json").write_text(json.dumps([["a", "refund", "train"]]))
            else:
                np.save(folder / "probabilities.npy", np.array([[0.9, 0.1]]))
                (folder / "rows.json").write_text(json.dumps({"ids": ["a"], "labels": LABELS}))
    picks = {f"{round_}-{n}": _pick(id_, n) for n, id_ in enumerate(asked)}
    model = ModelRow(round_, artifact(round_, "train"), "minilm", "lora", 7, 2, 0, "digest", 1.0, {}, time(round_, 2))
    with project.ledger.begin() as connection:
        figures.add_model(connection, model)
        figures.put_measurements(connection, round_, [Measurement("error_rate", 0.25, 0.1, 0.6, 4, "gold")])
        figures.decide(connection, Decision(round_, round_, None, "promote", "gate", "better", None, time(round_, 4)))
        figures.put_spots(connection, round_, [Spot(0, "letters", 12, 10, 0, 0, 0, 0, 0.3, 0.3, 0.1, 0.5, 3.0)])
        people.add_picks(connection, round_, picks)
        people.add_tasks(connection, [SentTask(id_, id_, "http://here") for id_ in picks], project_id="1", at="")
        people.replace_annotations(connection, {id_: [answer(id_, round_)] for id_ in picks})
        labels = [Label(one.example_id, "invoice", Role.TRAIN, "people", round_, 1, 1.0) for one in picks.values()]
        people.put_labels(connection, labels)
        for minute, step in enumerate(STEPS):
            progress.begin_step(connection, round_, step, at=time(round_, 2 * minute))
            done = {"outcome": {}, "inputs": "", "at": time(round_, 2 * minute + 1), "seconds": 1.0, "peak_mb": 1.0}
            progress.finish_step(connection, round_, step, **done)  # type: ignore[arg-type]


def finish(project: Project, round_: int) -> None:
    """As the straight line ends a round."""
    found = snapshot.write(project, round_)
    with project.ledger.begin() as connection:
        lineage.put_bundle(connection, BundleRow(round_, found, time(round_, 59)))
        progress.finish_round(connection, round_, at=time(round_, 59))


def answer(ext_id: str, round_: int) -> Annotation:
    """One person's, with a secret in what the tool sent."""
    at = time(round_, 13)
    said = AnswerState.ANSWERED
    return Annotation(f"a-{ext_id}", ext_id, "ana", said, "invoice", (), "", None, 4.0, at, at, {"token": SECRET})


def time(round_: int, minute: int) -> str:
    """A minute of a round."""
    return (BEGIN + timedelta(hours=round_, minutes=minute)).isoformat(timespec="microseconds")


def _pick(id_: str, place: int) -> Pick:
    kind = PickKind.AUDIT if place else PickKind.WEAK
    chance = 0.1 if place else None
    return Pick(id_, kind, "weak_spots", "It hesitates.", chance, 0.5, 0, "refund", 0.6, not place)
