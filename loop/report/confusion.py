"""Which labels the newest model takes for which, on the ground of its headline."""

from __future__ import annotations

from loop.artifact_names import artifact
from loop.evaluation.measure import confusion_pairs
from loop.ledger import figures, people
from loop.records import Role
from loop.report.rounds import headline
from loop.report.view import View
from loop.step_folders import load_predictions


def confusions(view: View, *, top: int = 10) -> tuple[tuple[str, str, int], ...]:
    """(true label, guess, how often) of the newest measured model's mistakes, most frequent first."""
    with view.project.ledger.read() as connection:
        measured = figures.measurements(connection)
        said = people.labels(connection, roles=[Role.AUDIT, Role.DEV])
    error = headline(measured[max(measured)]) if measured else None
    if error is None or view.free:
        return ()
    predictions = load_predictions(view.project.artifacts.open(artifact(max(measured), "evaluate")))
    gold = view.project.pool.truth()
    truth = gold if error.on == "gold" else {row.example_id: row.label for row in said if row.role.value == error.on}
    seen = set(predictions.ids)
    return confusion_pairs(predictions, {id_: label for id_, label in truth.items() if id_ in seen}, top=top)
