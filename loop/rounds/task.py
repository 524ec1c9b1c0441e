"""What a task type brings: what its own steps do, what people are asked, what its models can do for others.

The straight line knows no task: it loads the one that weakspot.yaml names from the menu and calls it. A task type is
one folder in loop.tasks and one line in the menu.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loop import registry
from loop.config import Config
from loop.ledger.figures import ModelRow
from loop.ledger.people import PickRow
from loop.project import Project
from loop.records import Annotation, Pick, Question
from loop.rounds.context import StepContext, StepResult

OWN_STEPS = ("train", "evaluate", "gate", "score", "map", "select", "settle")
"""The steps that differ from task to task."""


@dataclass(frozen=True, slots=True)
class FilePredictions:
    """What a model says of the texts of a file."""

    rows: tuple[Mapping[str, Any], ...]
    """One for each text, in the order of the file; its number there is "row", as a spreadsheet shows it."""
    left_out: tuple[str, ...]
    """Which rows have no prediction and why, as sentences; empty when all have one."""


def no_answers(_work: StepContext, _rows: Sequence[PickRow]) -> tuple[Annotation, ...]:
    """Nobody but people answers."""
    return ()


def none_left(_work: StepContext) -> int:
    """The whole batch was chosen at once."""
    return 0


def no_more(_work: StepContext, _earlier: Path | None) -> Mapping[str, Pick]:
    """The whole batch was chosen at once."""
    return {}


@dataclass(frozen=True, slots=True)
class Task:
    """A task type, as an entry of the menu."""

    name: str
    steps: Mapping[str, Callable[[StepContext], StepResult]]
    """Step of OWN_STEPS → what it does."""
    questions: Callable[[StepContext, Sequence[PickRow]], tuple[Question, ...]]
    """What people see of each pick, in the order of asking."""
    experts: Callable[[StepContext], Mapping[str, Any]]
    """What simulated experts know: further arguments of the menu's "simulated"."""
    predict: Callable[[Project, ModelRow, str, str | None], FilePredictions]
    """(project, model, file, its text column) → what it says of every text."""
    export: Callable[[Project, ModelRow, Path, Mapping[str, Any], bool], None]
    """(project, model, folder, facts for the card, only the adapter) → a self-contained model folder."""
    model: Callable[[Project], str]
    """Opens the base model and says how that went; raises ModelError with the mend."""
    answers: Callable[[StepContext, Sequence[PickRow]], tuple[Annotation, ...]] = no_answers
    """Answers that are there before people are asked: those of a judge."""
    more: Callable[[StepContext, Path | None], Mapping[str, Pick]] = no_more
    """(work, folder of an earlier choice that is made again, or None) → the next questions of the round's batch,
    ext_id → pick in the order of asking; empty: the batch is whole."""
    left: Callable[[StepContext], int] = none_left
    """How many questions of the round's batch `more` is still to choose, at most."""


def task_of(config: Config) -> Task:
    """The task of a config. Raises ConfigError for an unknown one."""
    found: Task = registry.load("task", config.task)
    return found
