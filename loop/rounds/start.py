"""A round begins: its config is frozen, checked against the data and the rounds before.

weakspot.yaml ─► may it be? ─► frozen with the round; until its first step is done a changed file is taken over
                    └─► what has changed, said once

Afterwards only what takes effect at once follows the file, as where the labeling tool is found: a wrong address can be
mended in the middle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from loop import __version__
from loop.artifact_names import POOL
from loop.config import Config, digest
from loop.config.changes import with_present
from loop.errors import ArtifactError, ConfigError, LedgerError
from loop.ledger import people, progress
from loop.ledger.progress import Event, RoundRow
from loop.project import KEY, Project
from loop.records import Label
from loop.rounds import settings
from loop.rounds.context import now


def open_round(
    project: Project, round_: int, *, final: bool = False, say: Callable[[str], None] = lambda _: None
) -> Config:
    """The config of a round; begins the round when it is new. say: hears what changed in weakspot.yaml, once.

    final: its model is tuned whatever model.final_every says; kept with the round as model.final_every 1.
    Raises ConfigError for keys that init or the first round fixed, for labels that the data has and weakspot.yaml
    lacks, and for `final` when the round has begun without; LedgerError and ArtifactError where storage names a place
    that does not hold this project.
    """
    with project.ledger.begin() as connection:
        _refuse_empty_storage(project, connection)
        rows = progress.rounds(connection)
        known = settings.begun(connection, rows)
        settings.refuse(connection, project.config, known)
        open_row = next((row for row in rows if row.round == round_), None)
        if open_row is not None and open_row in known:
            config = _going_on(Config.model_validate(open_row.config), project.config, round_, final=final)
            lines = settings.news_of_open(connection, project.config, open_row.config, round_=round_)
        else:
            config = _with_final(project.config) if final else project.config
            _refuse_lacking_labels(project, people.labels(connection))
            before = open_row or (known[-1] if known else None)
            lines = settings.news(connection, config, before.config if before else None, round_=round_)
            progress.open_round(connection, _row(round_, config))
        settings.remember(connection, project.config)
        for line in lines:
            progress.add_event(connection, Event(now(), "info", round_, None, line))
    for line in lines:
        say(line)
    return config


def _row(round_: int, config: Config) -> RoundRow:
    return RoundRow(
        round=round_,
        config=config.model_dump(mode="json"),
        config_digest=digest(config),
        code_version=__version__,
        started_at=now(),
        finished_at=None,
    )


def _going_on(frozen: Config, present: Config, round_: int, *, final: bool) -> Config:
    _refuse_late(frozen, round_, final=final)
    return with_present(frozen, present)


def _refuse_empty_storage(project: Project, connection: Connection) -> None:
    """A place that storage names and that holds nothing of this project: a round there would begin from nothing."""
    if progress.get(connection, KEY) is None:
        raise LedgerError(
            "the ledger that storage.ledger names holds no project",
            wanted="the ledger that `weakspot init` filled",
            do="put storage.ledger back, or move the ledger to where it points",
        )
    if not project.artifacts.has(POOL):
        raise ArtifactError(
            "the folder that storage.artifacts names does not hold this project's examples",
            wanted="the folder that `weakspot init` filled",
            do="put storage.artifacts back, or move that folder's content to where it points",
        )


def _with_final(config: Config) -> Config:
    return config.model_copy(update={"model": config.model.model_copy(update={"final_every": 1})})


def _refuse_late(frozen: Config, round_: int, *, final: bool) -> None:
    if final and frozen.model.final_every > 1:
        raise ConfigError(
            f"round {round_} has begun without --final",
            wanted="--final for a round that begins",
            do="`weakspot run` finishes it, then `weakspot run --final`",
        )


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
