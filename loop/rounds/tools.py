"""The labeling tool and who answers in it, as the config names them and as the ledger knows them.

config, ledger ─► labeler(work) ─► Labeler      experts(work) ─► Experts
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from loop import registry
from loop.config import Config
from loop.ledger import progress
from loop.project import Project
from loop.protocols import Experts, Labeler
from loop.rounds.context import StepContext
from loop.rounds.histories import INSTANCE, PROJECT_ID, SENDS
from loop.rounds.holders import holders
from loop.rounds.task import task_of


def labeler(work: StepContext) -> Labeler:
    """The labeling tool of the config, bound to this project's page there."""
    tool: Labeler = tool_of(work.project, work.config, work.say)
    return tool


def experts(work: StepContext) -> Experts:
    """Who answers: real people need nothing from us."""
    config = work.config
    build = registry.load("experts", config.experts.kind)
    if config.experts.kind == "people":
        crowd: Experts = build()
        return crowd
    with work.project.ledger.read() as connection:
        project_id = progress.get(connection, PROJECT_ID)
    crowd = build(
        state_dir=work.project.state / config.labeler.kind,
        url=config.labeler.url,
        token=os.environ.get(config.labeler.token_env),
        project_key=work.project.key,
        project_id=project_id,
        form=config.form,
        count=config.experts.count,
        error_rate=config.experts.error_rate,
        seconds_per_answer=config.experts.seconds_per_answer,
        overlap=config.labeler.overlap,
        seed=config.seed,
        **task_of(config).experts(work),
    )
    return crowd


def silent(_: str) -> None:
    """Progress for nobody."""


def tool_of(project: Project, config: Config, tell: Callable[[str], None]) -> Any:
    """The labeling tool of a project. tell: hears what starting and installing a server is at."""
    with project.ledger.read() as connection:
        project_id, instance = progress.get(connection, PROJECT_ID), progress.get(connection, INSTANCE)
        sends = progress.get(connection, SENDS)
        holder, former = holders(connection, project) if config.labeler.url else ("", "")
    return registry.load("labeler", config.labeler.kind)(
        form=config.form,
        project_key=project.key,
        title=config.project.title or config.project.name,
        state_dir=project.state / config.labeler.kind,
        url=config.labeler.url,
        token=os.environ.get(config.labeler.token_env),
        project_id=project_id,
        instance=instance or "",
        sends=int(sends or 0),
        holder=holder,
        former=former,
        overlap=config.labeler.overlap,
        tell=tell,
    )
