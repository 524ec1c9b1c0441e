"""A round begins: its config is frozen, checked against the data and the rounds before.

weakspot.yaml ─► may it be? ─► frozen with the round; until its first step is done a changed file is taken over

Afterwards only where the labeling tool is found follows the file: a wrong address can be mended in the middle.
"""

from __future__ import annotations

from collections.abc import Iterable

from loop import __version__
from loop.config import Config, digest
from loop.errors import ConfigError, LedgerError
from loop.ledger import people, progress
from loop.ledger.progress import RoundRow
from loop.project import Project
from loop.records import Form, Label
from loop.rounds.work import now

ADDRESS = ("url", "token_env", "poll_seconds")


def open_round(project: Project, round_: int, *, final: bool = False) -> Config:
    """The config of a round; begins the round when it is new.

    final: its model is tuned whatever model.final_every says; kept with the round as model.final_every 1.
    Raises ConfigError for labels that the data has and weakspot.yaml lacks, and for `final` when the round has begun
    without; LedgerError for labels that differ from those of earlier rounds.
    """
    with project.ledger.begin() as connection:
        known = progress.rounds(connection)
        begun = any(step.state == "done" for step in progress.steps(connection, round_))
        if begun:
            frozen = next(row for row in known if row.round == round_)
            begun_with = Config.model_validate(frozen.config)
            _refuse_late(begun_with, round_, final=final)
            return _with_address(begun_with, project.config)
        config = _with_final(project.config) if final else project.config
        _refuse_new_labels(config, [row for row in known if row.round < round_])
        _refuse_lacking_labels(project, people.labels(connection))
        row = RoundRow(
            round=round_,
            config=config.model_dump(mode="json"),
            config_digest=digest(config),
            code_version=__version__,
            started_at=now(),
            finished_at=None,
        )
        progress.open_round(connection, row)
        return config


def _with_address(frozen: Config, present: Config) -> Config:
    found = {name: getattr(present.labeler, name) for name in ADDRESS}
    return frozen.model_copy(update={"labeler": frozen.labeler.model_copy(update=found)})


def _with_final(config: Config) -> Config:
    return config.model_copy(update={"model": config.model.model_copy(update={"final_every": 1})})


def _refuse_late(frozen: Config, round_: int, *, final: bool) -> None:
    if final and frozen.model.final_every > 1:
        raise ConfigError(
            f"round {round_} has begun without --final",
            wanted="--final for a round that begins",
            do="`weakspot run` finishes it, then `weakspot run --final`",
        )


def _refuse_new_labels(config: Config, known: list[RoundRow]) -> None:
    """The label set belongs to the project: models of earlier rounds and tasks that were sent speak of it."""
    if known and list(known[-1].config["labels"]) != list(config.labels):
        raise LedgerError(
            "the labels in weakspot.yaml differ from those of the rounds so far",
            wanted=", ".join(known[-1].config["labels"]),
            do="put them back, or begin a new project with `weakspot init`",
        )
    asked = Config.model_validate(known[-1].config).form if known else config.form
    if (asked.kind, dict(asked.criteria)) != (config.form.kind, dict(config.form.criteria)):
        raise LedgerError(
            f"weakspot.yaml asks people for {_told(config.form)}, the rounds so far asked for {_told(asked)}",
            wanted="one form in a project: questions that were sent lie on its page",
            do="put questions.form and questions.criteria back, or begin a new project with `weakspot init`",
        )


def _told(form: Form) -> str:
    return form.kind + (f" by {', '.join(form.criteria)}" if form.criteria else "")


def _refuse_lacking_labels(project: Project, known: Iterable[Label]) -> None:
    """A label that the data has and weakspot.yaml lacks could neither be learned nor measured nor answered.

    A project without a label set has free answers, and nothing to lack.
    """
    if not project.config.labels:
        return
    used = {label.label for label in known} | set(project.pool.truth().values())
    if project.config.experts.kind == "simulated":
        used |= set(project.pool.answers_for_simulation().values())
    lacking = sorted(used - set(project.config.labels))
    if lacking:
        raise ConfigError(
            f"weakspot.yaml lacks labels that the data has: {', '.join(lacking)}",
            wanted="every label of the data under labels:",
            do="put them back there, or mend the data and make a new project with `weakspot init`",
        )
