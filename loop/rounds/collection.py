"""One look at the labeling tool: the ledger is brought up to what it holds.

tool.collect ─► known answers missing? those questions again, closely
             ─► which history? ─► answers, watermark, removed tasks: one transaction ─► Taken
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from loop.errors import ProjectChanged
from loop.ledger import answers, people, progress
from loop.protocols import Labeler
from loop.records import Collected
from loop.rounds.context import StepContext
from loop.rounds.histories import WATERMARK, follow, history

SET_BACK = (
    "Label Studio was set back to an earlier state or replaced: the answers so far stay in the ledger, "
    "and questions that are still open are sent again"
)


UNKNOWN_QUESTIONS = (
    "{n} questions in the labeling tool have answers, and this ledger has never asked them: it was set back to an "
    "earlier state. Those answers are not used; put the newer ledger back to use them"
)


class Taken(NamedTuple):
    """What a look at the labeling tool brought beside answers."""

    removed: int
    """Tasks that are newly found removed by people."""
    began: bool
    """Whether the server is not the one it was: emptied, replaced, or set back to an earlier state."""


def take_over(work: StepContext, tool: Labeler, *, whole: bool = False, closely: Sequence[str] = ()) -> Taken:
    """Brings the ledger up to what the tool holds now.

    whole, closely: as in Labeler.collect. Raises LabelerError; ProjectChanged after the answers were taken over.
    """
    found = _collect(work, tool, whole=whole, closely=closely)
    with work.project.ledger.begin() as connection:
        began = follow(connection, found)
        present = history(connection)
        people.replace_annotations(connection, found.annotations, history=present)
        if found.watermark is not None and not began:
            progress.put(connection, WATERMARK, found.watermark)
        unknown = answers.of_unknown_questions(connection, found.annotations)
        removed = people.mark_absent(connection, found.absent, history=present)
        if found.present is not None:
            removed += people.mark_present(connection, found.present, history=present)
    if began:
        work.say(SET_BACK)
    if unknown and whole:
        work.say(UNKNOWN_QUESTIONS.format(n=len(unknown)))
    if removed:
        work.say(f"{len(removed)} tasks were removed in the labeling tool; they count as not asked")
    if found.problem:
        raise ProjectChanged(
            found.problem,
            wanted="the page that weakspot.yaml asks for",
            do="`weakspot label-studio restore` puts the page back; answers so far are kept",
        )
    return Taken(len(removed), began)


def _collect(work: StepContext, tool: Labeler, *, whole: bool, closely: Sequence[str]) -> Collected:
    """What the tool holds; an answer that seems to be gone is looked for closely before anything follows from it."""
    with work.project.ledger.read() as connection:
        since = None if whole else progress.get(connection, WATERMARK) or None
    found = tool.collect(since=since, whole=whole, closely=closely)
    with work.project.ledger.read() as connection:
        missing = answers.questions_that_lack(connection, found.annotations, history=history(connection))
    if not missing or whole:
        return found
    return tool.collect(since=since, closely=sorted({*closely, *missing}))
