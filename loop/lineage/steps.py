"""The steps of a round run again in a project as it was: its threads, and what people decided between them.

move_between(two steps) ─► again(step) ─► portions_again, after select ─► rows and folders of the project as it was
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext

from sqlalchemy import Connection

from loop.ledger import lives, people, progress, schema
from loop.ledger.progress import StepRow
from loop.lineage.restore import moves, put
from loop.project import Project
from loop.rounds.context import StepContext, portions
from loop.rounds.environment import Machine
from loop.rounds.task import task_of


def steps_done(connection: Connection, round_: int) -> list[StepRow]:
    """The steps of a round that are done, in their order."""
    return [row for row in progress.steps(connection, round_) if row.state == "done"]


def again(work: StepContext, step: str, then: Machine | None) -> None:
    """Runs a step with the threads it had then, and records it. Raises what the step raises."""
    with _as_then(then):
        found = task_of(work.config).steps[step](work)
    with work.project.ledger.begin() as connection:
        progress.begin_step(connection, work.round, step, at="")
        found.record(connection)
        progress.finish_step(
            connection, work.round, step, outcome=found.outcome, inputs="", at="", seconds=0.0, peak_mb=0.0
        )


def portions_again(project: Project, work: StepContext, names: Iterable[str], then: Machine | None) -> None:
    """What was chosen while people answered, from what was known at each time.

    names: the artifacts of the round. Raises ArtifactError for a portion that is lost, and what choosing raises.
    """
    with project.ledger.read() as connection:
        own = portions(connection, names, work.round)
    for name in own:
        with _as_then(then):
            picks = task_of(work.config).more(work, project.artifacts.open(name))
        with work.project.ledger.begin() as connection:
            people.add_picks(connection, work.round, picks, first=len(people.picks(connection, round_=work.round)))


def move_between(project: Project, past: Project, *, after: str, until: str) -> None:
    """What people decided between two steps."""
    with past.ledger.begin() as connection:
        for name, found in moves(project, after=after, until=until).items():
            put(connection, schema.metadata.tables[name], [{**row, "id": None} for row in found])
            for row in found:
                if name == "spot_edits" and row["action"] == "rename":
                    lives.take_name(connection, row["spot"], row["value"], by=row["by"])


def _as_then(then: Machine | None) -> AbstractContextManager[object]:
    if then is None:
        return nullcontext()
    from loop.models.machine import limited

    return limited(then.threads, then.blas_threads)
