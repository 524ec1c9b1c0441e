"""Step `gate`: whether this round's model becomes the champion."""

from __future__ import annotations

from sqlalchemy import Connection

from loop.evaluation import compare
from loop.evaluation import gate as gates
from loop.ledger import figures
from loop.ledger.figures import Decision
from loop.records import Comparison, Verdict
from loop.rounds.work import GROUNDS, Done, Work, now
from loop.tasks.classification.judging import predictions_of, truths

ENOUGH = 30
"""Fewer examples than this are too few to compare two models on."""


def gate(work: Work) -> Done:
    """Promotes this round's model unless it is worse than the champion."""
    with work.project.ledger.read() as connection:
        trained = any(row.round == work.round for row in figures.models(connection))
        champion = figures.champion(connection)
    if not trained:
        return Done({"skipped": "no model in this round"})
    comparison = compare_rounds(work, champion, work.round) if champion is not None else None
    verdict: Verdict = gates.decide(comparison, first=champion is None, alpha=work.config.gate.alpha)
    decision = Decision(
        round=work.round,
        model_round=work.round,
        champion_round=champion,
        action="promote" if verdict.promote else "hold",
        by="gate",
        reason=verdict.reason,
        comparison=verdict.comparison,
        at=now(),
    )
    work.say(("Promoted: " if verdict.promote else "Held back: ") + verdict.reason)

    def record(connection: Connection) -> None:
        figures.decide(connection, decision)

    return Done({"promoted": verdict.promote, "reason": verdict.reason}, record)


def compare_rounds(work: Work, champion: int, challenger: int) -> Comparison | None:
    """Two rounds' models on the same examples of the best ground; None when there are too few."""
    truth = truths(work)
    before, after = (predictions_of(work, round_) for round_ in (champion, challenger))
    shared = set(before.ids) & set(after.ids)
    for ground in GROUNDS:
        known = {id_: label for id_, label in truth[ground].items() if id_ in shared}
        if len(known) >= ENOUGH:
            return compare.compare(before, after, known, on=ground)
    return None
