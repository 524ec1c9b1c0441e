"""The champion's guesses for a file, its export, and what simulated experts know."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loop.errors import ModelError
from loop.ledger import people
from loop.ledger.figures import ModelRow
from loop.pool import Columns, guess, recognise
from loop.pool.summary import left_out
from loop.pool.tables import gather
from loop.project import Project
from loop.rounds.context import StepContext
from loop.rounds.task import FilePredictions


def predict(project: Project, row: ModelRow, file: str, text: str | None) -> FilePredictions:
    """Label, calibrated confidence and all probabilities of every text of a file. Raises DataError for the file."""
    from loop.models import load_classifier

    source = recognise(file)
    column = text or guess(source).columns.text
    rows = gather(source, Columns(column))
    texts = rows.table.column("text").to_pylist()
    model = load_classifier(project.artifacts.open(row.artifact) / "model")
    scores = model.predict(texts)
    answers = tuple(
        {
            "text": one,
            "label": model.labels[int(line.argmax())],
            "confidence": float(line.max()),
            "probabilities": dict(zip(model.labels, map(float, line), strict=True)),
            "row": number,
        }
        for one, line, number in zip(texts, scores.probabilities, rows.numbers.tolist(), strict=True)
    )
    return FilePredictions(answers, left_out(rows.empty, rows.unreadable))


def export(project: Project, row: ModelRow, folder: Path, card: Mapping[str, Any], adapter: bool) -> None:
    """A sentence-transformers folder that needs no weakspot. Raises ModelError for an adapter alone."""
    from loop.models import export as write

    if adapter:
        raise ModelError(
            "a classifier's adapter is of no use without its head", wanted="the whole model", do="leave --adapter out"
        )

    write(project.artifacts.open(row.artifact) / "model", folder, card=dict(card))


def model(project: Project) -> str:
    """The base model loads. Raises ModelError."""
    from loop.models import load_encoder

    base = project.config.model.base
    load_encoder(base, revision=project.config.model.revision)
    return f"{base} loads"


def knowledge(work: StepContext) -> Mapping[str, Any]:
    """The true label of each question."""
    answers = work.project.pool.answers_for_simulation()
    with work.project.ledger.read() as connection:
        example_of = {row.ext_id: row.pick.example_id for row in people.picks(connection)}
    return {"truth": lambda ext_id: answers.get(example_of[ext_id])}
