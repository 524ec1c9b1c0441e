"""What the first tuned model could do and no later one may lose: labelled texts that stand in no split.

--retention FILE ─► round r's model ─► rounds/r/evaluate/retention.json ─┬► figures on "retention"
                                                                        └► retention_wrong ─► forgotten ─► the gate

The standard is the first model, not the champion before: what is lost a little each round adds up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from loop.artifact_names import RETENTION, artifact
from loop.evaluation import measure
from loop.ledger import figures
from loop.protocols import Classifier
from loop.records import Measurement, Predictions
from loop.rounds.context import StepContext
from loop.rounds.lost_files import is_whole
from loop.rounds.retention import retention
from loop.step_files import read_json

FILE = "retention.json"


@dataclass(frozen=True, slots=True)
class RetentionRow:
    """What a model said of a retention text."""

    id: str
    label: str
    guess: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Two models on the same retention texts."""

    first: Mapping[str, bool]
    """Example id → whether the first model errs."""
    challenger: Mapping[str, bool]
    """The same ids: whether this round's model errs."""


def measure_retention(
    work: StepContext, model: Classifier, folder: Path, rng: np.random.Generator
) -> tuple[Measurement, ...]:
    """Predicts the retention texts, keeps every guess in `folder`, and measures as on gold; () without such texts.

    folder: the evaluate artifact while it is written.
    """
    kept, references = retention(work.project)
    if not kept:
        return ()
    scores = model.predict([one.text for one in kept], progress=work.progress)
    predictions = Predictions(tuple(one.id for one in kept), model.labels, scores.probabilities)
    truth = {one.id: references[one.id][0] for one in kept}
    rows = [
        RetentionRow(id_, truth[id_], guess, float(line.max()))
        for id_, guess, line in zip(predictions.ids, predictions.guesses(), predictions.probabilities, strict=True)
    ]
    (folder / FILE).write_text(json.dumps([asdict(row) for row in rows], ensure_ascii=False), encoding="utf-8")
    return measure.measure(predictions, truth, on=RETENTION, slices={}, rng=rng)


def retention_wrong(work: StepContext, round_: int) -> dict[str, bool]:
    """Retention example → whether that round's model errs on it; empty without retention texts, or when they are lost.

    Raises ArtifactError when the figures of the round that runs are not there.
    """
    if round_ != work.round and not is_whole(work, round_, "evaluate"):
        return {}
    file = work.project.artifacts.open(artifact(round_, "evaluate")) / FILE
    if not file.is_file():
        return {}
    return {row.id: row.guess != row.label for row in read_json(file, list[RetentionRow])}


def forgotten(work: StepContext) -> Forgotten | None:
    """The first tuned model and this round's on the retention texts; None for the first one, and without such texts."""
    with work.project.ledger.read() as connection:
        rounds = [row.round for row in figures.models(connection)]
    if not rounds or rounds[0] == work.round or work.round not in rounds:
        return None
    first, challenger = retention_wrong(work, rounds[0]), retention_wrong(work, work.round)
    shared = first.keys() & challenger.keys()
    if not shared:
        return None
    return Forgotten({id_: first[id_] for id_ in sorted(shared)}, {id_: challenger[id_] for id_ in sorted(shared)})
