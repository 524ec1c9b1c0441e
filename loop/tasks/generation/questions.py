"""Picks → what people see: the request, what the answer must agree with, the answers without a word of their source."""

from __future__ import annotations

from collections.abc import Sequence

from loop.ledger.people import PickRow
from loop.records import Question
from loop.rounds.context import StepContext


def questions(work: StepContext, rows: Sequence[PickRow]) -> tuple[Question, ...]:
    """One question per pick, in the order of asking."""
    ids = [row.pick.example_id for row in rows]
    example_of = dict(zip(ids, work.project.pool.examples(ids), strict=True))
    return tuple(
        Question(
            ext_id=row.ext_id,
            round=row.round,
            example_id=row.pick.example_id,
            text=example_of[row.pick.example_id].text,
            metadata=example_of[row.pick.example_id].metadata,
            options=(),
            suggestion=None,
            confidence=None,
            reason=row.pick.reason,
            candidates=tuple(one.text for one in row.pick.candidates),
            context=example_of[row.pick.example_id].context,
        )
        for row in rows
    )
