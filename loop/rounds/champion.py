"""The champion at work: moved by hand, asked for guesses, written out for others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from loop import __version__
from loop.errors import ModelError
from loop.ledger import figures, progress
from loop.ledger.figures import Decision, ModelRow
from loop.project import Project, only_worker
from loop.records.vocabulary import EVAL_SETS
from loop.rounds.context import now
from loop.rounds.mixed_copies import refuse_mixed
from loop.rounds.task import FilePredictions, task_of

GROUNDS_IN_WORDS = {
    "gold": "the gold test",
    "audit": "a random sample of the pool",
    "dev": "the examples that tuning was stopped and calibrated on, so rather too low",
}


def promote(project: Project, round_: int, *, by: str, why: str) -> None:
    """Makes a round's model the champion. Raises ModelError when that round has none, or it is the champion already."""
    _move(project, round_, action="promote_by_hand", by=by, why=why)


def rollback(project: Project, *, by: str, why: str) -> int:
    """Makes the champion before the present one the champion again; returns its round. Raises ModelError.

    Again and again it goes back to the first one: what was left once is not come back to.
    """
    with project.ledger.read() as connection:
        line = figures.succession(connection)
    if len(line) < 2:
        raise ModelError(
            "there is no earlier champion", wanted="two promoted models", do="`weakspot report` lists them"
        )
    _move(project, line[-2], action="rollback", by=by, why=why)
    return line[-2]


def predict(project: Project, file: str, *, text: str | None) -> FilePredictions:
    """What the champion says of every text of a file; the columns of a row differ by task.

    Raises ModelError without a champion, DataError for the file.
    """
    row = _champion(project)
    return task_of(project.config).predict(project, row, file, text)


def export(project: Project, folder: Path, *, adapter: bool = False) -> None:
    """Writes the champion as a self-contained model folder, or its adapter alone. Raises ModelError."""
    row = _champion(project)
    task_of(project.config).export(project, row, folder, _card(project, row), adapter)


def _move(project: Project, round_: int, *, action: str, by: str, why: str) -> None:
    refuse_mixed(project)
    with only_worker(project, action.partition("_")[0]), project.ledger.begin() as connection:
        known = [row.round for row in figures.models(connection)]
        if round_ not in known:
            raise ModelError(
                f"round {round_} has no model",
                wanted=f"a round with one: {', '.join(map(str, known))}" if known else "a round with a model",
                do="`weakspot report` lists them" if known else "`weakspot run` trains one as soon as there are labels",
            )
        if round_ == figures.champion(connection):
            raise ModelError(f"the model of round {round_} is the champion already")
        _there(project, figures.models(connection), round_)
        last = progress.rounds(connection)[-1].round
        decision = Decision(
            round=last,
            model_round=round_,
            champion_round=figures.champion(connection),
            action=action,
            by=by,
            reason=why or "no reason given",
            comparison=None,
            at=now(),
        )
        figures.decide(connection, decision)


def _there(project: Project, rows: Sequence[ModelRow], round_: int) -> None:
    """Raises ModelError when the files of a round's model are gone."""
    name = next(row.artifact for row in rows if row.round == round_)
    if not project.artifacts.has(name):
        raise ModelError(
            f"the files of round {round_}'s model are gone",
            wanted=f"the artifact {name}",
            do="restore it from a backup, or choose another round; `weakspot report` lists them",
        )


def _champion(project: Project) -> ModelRow:
    refuse_mixed(project)
    with project.ledger.read() as connection:
        round_ = figures.champion(connection)
        found = [row for row in figures.models(connection) if row.round == round_]
    if not found:
        raise ModelError("there is no tuned model yet", do="`weakspot run` trains one as soon as there are labels")
    return found[0]


def _card(project: Project, row: ModelRow) -> dict[str, Any]:
    """What the model card tells: the facts of loop.models.card.FACTS."""
    with project.ledger.read() as connection:
        measured = figures.measurements(connection, round_=row.round).get(row.round, ())
    errors = {m.on: m for m in measured if m.metric == "error_rate" and not m.slice}
    error = next((errors[ground] for ground in EVAL_SETS if ground in errors), None)
    facts = {
        "title": project.config.project.title or project.config.project.name,
        "training_labels": row.train_n,
        "data_hash": row.labels_digest,
        "round": row.round,
        "weakspot_version": __version__,
        "simulated": project.config.experts.kind == "simulated",
    }
    if error is None:
        return facts
    figure = {"error_rate": error.value, "ci_low": error.low, "ci_high": error.high, "n": error.n}
    return {**facts, **figure, "measured_on": GROUNDS_IN_WORDS[error.on], "estimator": error.estimator}
