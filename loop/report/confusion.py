"""Which labels the newest model takes for which, on the ground of its headline."""

from __future__ import annotations

import json

import numpy as np

from loop.evaluation.measure import confusion_pairs
from loop.ledger import figures, people
from loop.records import Predictions, Role
from loop.report.rounds import headline
from loop.report.view import View


def confusions(view: View, *, top: int = 10) -> tuple[tuple[str, str, int], ...]:
    """(true label, guess, how often) of the newest measured model's mistakes, most frequent first."""
    with view.project.ledger.read() as connection:
        measured = figures.measurements(connection)
        said = people.labels(connection, roles=[Role.AUDIT, Role.DEV])
    error = headline(measured[max(measured)]) if measured else None
    if error is None or view.free:
        return ()
    folder = view.project.artifacts.open(f"rounds/{max(measured):03d}/evaluate")
    rows = json.loads((folder / "rows.json").read_text())
    predictions = Predictions(tuple(rows["ids"]), tuple(rows["labels"]), np.load(folder / "probabilities.npy"))
    gold = view.project.pool.truth()
    truth = gold if error.on == "gold" else {row.example_id: row.label for row in said if row.role.value == error.on}
    seen = set(predictions.ids)
    return confusion_pairs(predictions, {id_: label for id_, label in truth.items() if id_ in seen}, top=top)
