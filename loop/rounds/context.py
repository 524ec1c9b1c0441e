"""What a step gets and what it gives back.

    step(work: StepContext) ─► StepResult(outcome, record)

A step reads the ledger and artifacts, computes, and writes artifacts atomically. Its rows are written by `record`
in the very transaction that marks the step as done: after a crash a step is either done with all its rows, or
begins anew. `outcome` holds figures for people; no later step reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection

from loop.artifact_names import artifact, is_portion, portion
from loop.config import Config
from loop.ledger import people
from loop.project import Project
from loop.protocols import Progress
from loop.records import question_id
from loop.records.vocabulary import STEPS


def nothing(_: Connection) -> None:
    """The record of a step without rows of its own."""


@dataclass(frozen=True)
class StepResult:
    """The end of a step."""

    outcome: Mapping[str, Any] = field(default_factory=dict)
    record: Callable[[Connection], None] = nothing


@dataclass(frozen=True)
class StepContext:
    """One round's work on one step."""

    project: Project
    round: int
    config: Config
    """As frozen when the round began: a change of weakspot.yaml holds from the next round on."""
    wait: bool
    """False: raise PeopleNeeded instead of waiting."""
    early: bool
    """True: go on with the answers there are."""
    progress: Progress
    say: Callable[[str], None]
    """One line for the person who watches; also kept as an event."""
    strict: bool = False
    """True: a lost file of an earlier round is an error; otherwise what rests on it is left out, and that is said."""

    def rng(self, step: str, stream: int = 0) -> np.random.Generator:
        """Randomness of (seed, round, step, stream): the same on every run."""
        return np.random.default_rng([self.config.seed, self.round, STEPS.index(step), stream])

    def question_id(self, example_id: str, *, repeat: bool = False) -> str:
        """The external id of this round's question about an example; repeat: the second one about it."""
        return question_id(self.project.key, self.round, example_id, repeat=repeat)

    def name(self, step: str) -> str:
        """The artifact of a step of this round."""
        return artifact(self.round, step)


def portions(connection: Connection, names: Iterable[str], round_: int) -> list[str]:
    """Which artifacts are a round's portions, in the order in which they were chosen; those whose picks were noted."""
    end = portion(round_, len(people.picks(connection, round_=round_)))
    return sorted(name for name in names if is_portion(name, round_) and name < end)


def now() -> str:
    """This moment in UTC, to the microsecond: steps are ordered by it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
