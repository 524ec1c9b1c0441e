"""Files of earlier rounds that could not be restored: what rests on them is left out, and that is said.

is_whole(work, round_, "evaluate") ─► True, or False and a line: once in a step, kept as an event
"""

from __future__ import annotations

from loop.artifact_names import artifact
from loop.ledger import progress
from loop.rounds.context import StepContext


def is_whole(work: StepContext, round_: int, step: str) -> bool:
    """Whether the files of an earlier round's step can be relied on; when not, says what is not measured.

    Raises ArtifactError instead when the work is strict.
    """
    name = artifact(round_, step)
    problem = work.project.artifacts.problem(name)
    if problem and work.strict:
        work.project.artifacts.open(name)
    if problem:
        line = f"Not measured: what rests on {name} ({problem})"
        with work.project.ledger.read() as connection:
            said = any(one.message == line and one.round == work.round for one in progress.events(connection))
        if not said:
            work.say(line)
    return not problem
