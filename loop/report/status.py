"""Where the project stands, and what should happen next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from loop.ledger import progress
from loop.ledger.progress import Event, Heartbeat, StepRow
from loop.report.label_queue import questions
from loop.report.rounds import Report, report
from loop.report.view import View

SILENCE_S = 60.0
"""A worker without a sign of life for so long is not called running."""


@dataclass(frozen=True, slots=True)
class Status:
    """The project now."""

    report: Report
    round: int | None
    """The newest round; None before the first."""
    step: str | None
    """The step it stands at; None when the round is over."""
    open_questions: int
    answered: int
    """Of the newest round."""
    url: str | None
    """The labeling project; None before the first sending."""
    heartbeat: Heartbeat | None
    alive: bool
    """The heartbeat is younger than SILENCE_S."""
    next: str
    """One sentence: what to do now."""
    command: str
    """The command that does it; '' when none is needed."""
    events: tuple[Event, ...]
    steps: tuple[StepRow, ...]
    """Of the newest round."""
    free_mb: float


def standing(view: View) -> Status:
    """The project now, in one look."""
    figures = report(view)
    last = figures.rounds[-1] if figures.rounds else None
    rows = questions(view, round_=last.round) if last else ()
    with view.project.ledger.read() as connection:
        url = progress.get(connection, "labeler_url")
        beats = progress.heartbeats(connection)
        events = progress.events(connection)
        steps = progress.steps(connection, last.round) if last else ()
    beat = beats[0] if beats else None
    alive = beat is not None and _age(beat.at) < SILENCE_S
    open_ = sum(row.state in ("open", "quarantined") for row in rows)
    sentence, command = _next(figures, open_=open_, alive=alive)
    return Status(
        report=figures,
        round=last.round if last else None,
        step=last.state if last and last.state != "done" else None,
        open_questions=open_,
        answered=sum(row.state in ("answered", "skipped") for row in rows),
        url=url,
        heartbeat=beat,
        alive=alive,
        next=sentence,
        command=command,
        events=events,
        steps=steps,
        free_mb=view.project.artifacts.free_mb(),
    )


def _next(figures: Report, *, open_: int, alive: bool) -> tuple[str, str]:
    last = figures.rounds[-1] if figures.rounds else None
    if last is None:
        return "No round yet: begin the first one.", "weakspot run"
    if open_ and last.state != "done":
        return f"{open_} questions of round {last.round} wait for an answer.", "" if alive else "weakspot run"
    if alive:
        return f"Round {last.round} is at work on {last.state}.", ""
    if last.state != "done":
        return f"Round {last.round} stands at {last.state}: go on with it.", "weakspot run"
    return f"Round {last.round} is over; its answers go into the next model.", "weakspot run"


def _age(at: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds()
