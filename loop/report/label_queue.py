"""The label queue, and who answered it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from loop.ledger import people
from loop.ledger.people import PickRow
from loop.records import Annotation, AnswerState
from loop.records.vocabulary import SAME_ANSWER
from loop.report.view import View

QUARANTINED = (AnswerState.UNKNOWN_LABEL, AnswerState.MALFORMED)


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """One question, as the queue shows it."""

    ext_id: str
    example_id: str
    round: int
    text: str
    state: str
    """"not sent", "open", "answered", "skipped", "quarantined" or "removed"."""
    guess: str | None
    confidence: float | None
    answer: str | None
    """The newest answer's label."""
    corrected: bool | None
    """The answer differs from the guess; None when either is missing."""
    kind: str
    reason: str
    spot: int | None
    annotators: tuple[str, ...]
    flags: tuple[str, ...]
    note: str
    url: str | None
    """Opens the task; None before sending."""
    blind: bool
    """Asked without the model's guess: whoever may still answer must not see it."""
    seconds: float | None
    """What the newest answer took; None when there is none or the tool did not say."""
    form: str
    """What was asked: the kind of a Form, which tells how to read `answer`."""
    candidates: tuple[str, ...]
    """The answers the question shows, in the order of showing; empty for "label"."""


@dataclass(frozen=True, slots=True)
class Annotator:
    """One account's work."""

    name: str
    answered: int
    skipped: int
    corrected: int
    """Answers that differ from the model's guess."""
    compared: int
    """Answers where there was a guess."""
    median_s: float | None
    """Median seconds per answer; None when the tool gave none."""


def questions(view: View, *, round_: int | None = None) -> tuple[QuestionRow, ...]:
    """Questions of one round or all, newest round first, in the order of asking."""
    with view.project.ledger.read() as connection:
        picks = people.picks(connection, round_=round_)
        answers = people.answers(connection, ext_ids=[pick.ext_id for pick in picks] if round_ is not None else None)
    by_task: dict[str, list[Annotation]] = {}
    for answer in answers:
        if answer.state is not AnswerState.DELETED:
            by_task.setdefault(answer.ext_id, []).append(answer)
    texts = view.project.pool.texts([pick.pick.example_id for pick in picks])
    rows = [_row(pick, text, by_task.get(pick.ext_id, [])) for pick, text in zip(picks, texts, strict=True)]
    return tuple(sorted(rows, key=lambda row: -row.round))


def annotators(view: View) -> tuple[Annotator, ...]:
    """Every account that answered, most answers first."""
    with view.project.ledger.read() as connection:
        guess = {pick.ext_id: pick.pick.guess for pick in people.picks(connection)}
        answers = people.answers(connection)
    by_name: dict[str, list[Annotation]] = {}
    for answer in answers:
        if answer.state is not AnswerState.DELETED and answer.annotator != SAME_ANSWER:
            by_name.setdefault(answer.annotator, []).append(answer)
    found = [_annotator(name, rows, guess) for name, rows in by_name.items()]
    return tuple(sorted(found, key=lambda a: (-a.answered, a.name)))


def _row(row: PickRow, text: str, answers: Sequence[Annotation]) -> QuestionRow:
    newest = max(answers, key=lambda a: (a.updated_at, a.id), default=None)
    label = newest.label if newest and newest.state is AnswerState.ANSWERED else None
    pick = row.pick
    return QuestionRow(
        ext_id=row.ext_id,
        example_id=pick.example_id,
        round=row.round,
        text=text,
        state=_state(row, newest),
        guess=pick.guess,
        confidence=pick.confidence,
        answer=label,
        corrected=label != pick.guess if label and pick.guess else None,
        kind=pick.kind.value,
        reason=pick.reason,
        spot=pick.spot,
        annotators=tuple(sorted({a.annotator for a in answers})),
        flags=tuple(sorted({flag for a in answers for flag in a.flags})),
        note=" / ".join(a.note for a in answers if a.note),
        url=row.task.url if row.task else None,
        blind=not pick.show_suggestion,
        seconds=newest.lead_time_s if newest else None,
        form=pick.form,
        candidates=tuple(one.text for one in pick.candidates),
    )


def _state(row: PickRow, newest: Annotation | None) -> str:
    if newest is None:
        return {"deleted": "removed", "sent": "open", None: "not sent"}[row.task_state]
    if newest.state in QUARANTINED:
        return "quarantined"
    return "answered" if newest.state is AnswerState.ANSWERED else "skipped"


def _annotator(name: str, rows: Sequence[Annotation], guess: dict[str, str | None]) -> Annotator:
    answered = [row for row in rows if row.state is AnswerState.ANSWERED]
    compared = [row for row in answered if guess.get(row.ext_id)]
    times = [row.lead_time_s for row in rows if row.lead_time_s]
    return Annotator(
        name=name,
        answered=len(answered),
        skipped=sum(row.state in (AnswerState.SKIPPED, AnswerState.EMPTY) for row in rows),
        corrected=sum(row.label != guess[row.ext_id] for row in compared),
        compared=len(compared),
        median_s=median(times) if times else None,
    )
