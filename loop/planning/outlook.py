"""Everything the planner says, from what it has seen.

    Seen, Config ─► the next model │ the model after the next answers, their hours and money │ rounds to the target
                └─► the four stopping rules

Two models lie ahead once a round is over. The next one learns from answers that were given already: it costs nobody's
time. The one after it learns from the next answers as well, and these are what can be decided on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from loop.config import Config
from loop.planning import stopping
from loop.planning.cost import Cost, Pace, cost, pace
from loop.planning.curve import LEAST_POINTS, NINETY, Curves, Expected, curve, expected, fitted, measured, present
from loop.planning.seen import Seen
from loop.planning.stopping import Ruling
from loop.records import FloatArray, Forecast

IN_SIGHT = 50
"""Rounds further away than this are not counted."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """A model to come."""

    labels: int
    """It will learn from, about."""
    error: Expected
    """That will be measured."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the planner says now."""

    now: Expected | None
    """True error rate of the newest model; None with fewer than two measured rounds, as the next four."""
    soon: Ahead | None
    """The next model, from the answers there are; None when no answer waits."""
    then: Ahead | None
    """The model that learns from the next answers as well."""
    gain: Expected | None
    """Points of error rate the next answers bring, 0..1."""
    rounds_to_target: tuple[int | None, int | None, int | None] | None
    """(best guess, low, high); None at a place: not within IN_SIGHT rounds; None: no target."""
    questions: int
    """Of the next batch."""
    pace: Pace | None
    """None: nobody's time was recorded, as the next two."""
    cost: Cost | None
    """Of the next batch."""
    spent: Cost | None
    """Of all answers so far."""
    rules: tuple[Ruling, ...]


def outlook(seen: Seen, config: Config, *, guesses: Sequence[Sequence[str]] = ()) -> Outlook:
    """What lies ahead. guesses: as `stopping.stability` takes them."""
    plan = config.plan
    found = pace(seen.times)
    answers = seen.batch * config.labeler.overlap
    following = cost(found, answers, price=plan.price_per_hour) if found else None
    spent = cost(found, seen.answers, price=plan.price_per_hour) if found else None
    curves = fitted(list(seen.points.values())) if len(seen.points) >= LEAST_POINTS else None
    newest = seen.points[max(seen.points)] if seen.points else None
    now = soon = then = before = after = None
    rounds = None
    if curves is not None and newest is not None:
        now = present(curves)
        soon_n = newest.labels + seen.each * seen.waiting
        then_n = soon_n + seen.each * seen.batch
        before, after = curve(curves, soon_n), curve(curves, then_n)
        ahead = 2 if seen.waiting and not seen.open else 1
        soon = _ahead(curves, soon_n, n=newest.n + seen.growth) if ahead == 2 else None
        then = _ahead(curves, then_n, n=newest.n + ahead * seen.growth)
        if plan.target_error is not None:
            steps = [soon_n] if soon else []
            steps += [then_n + seen.each * config.selection.batch * more for more in range(IN_SIGHT - len(steps))]
            rounds = _rounds(now, curves, steps, wanted=plan.target_error)
    rules = (
        stopping.target(now, wanted=plan.target_error),
        stopping.gain(before, after, answers=seen.batch, least=plan.least_gain),
        stopping.stability(guesses),
        stopping.budget(spent, following, money=plan.budget, hours=plan.budget_hours, currency=plan.currency),
    )
    return Outlook(
        now=expected(now) if now is not None else None,
        soon=soon,
        then=then,
        gain=expected(before - after) if before is not None and after is not None else None,
        rounds_to_target=rounds,
        questions=seen.batch,
        pace=found,
        cost=following,
        spent=spent,
        rules=rules,
    )


def forecast(found: Outlook, seen: Seen, *, round_: int) -> Forecast | None:
    """The record of what is expected once `round_` is over: of the next round's model, and of that round's cost.

    What the answers of that round would bring stands in `details`. None with fewer than two measured rounds.
    """
    coming = found.soon or found.then
    if found.now is None or found.then is None or coming is None or seen.newest is None:
        return None
    then = found.then
    return Forecast(
        round=round_,
        labels=coming.labels,
        error=coming.error.error,
        low=coming.error.low,
        high=coming.error.high,
        hours=found.cost.hours if found.cost else None,
        cost=found.cost.money if found.cost else None,
        rounds_to_target=found.rounds_to_target,
        details={
            "now": seen.newest.error,
            "measured_on": seen.newest.n,
            "rounds": float(len(seen.points)),
            "questions": float(found.questions),
            "then_labels": float(then.labels),
            "then_error": then.error.error,
            "then_low": then.error.low,
            "then_high": then.error.high,
        },
    )


def holding(found: Outlook, stop: Sequence[str]) -> tuple[Ruling, ...]:
    """The rules of `stop` that say: enough."""
    return tuple(ruling for ruling in found.rules if ruling.rule in stop and ruling.holds)


def _ahead(curves: Curves, labels: float, *, n: float) -> Ahead:
    return Ahead(round(labels), expected(measured(curves, labels, n=n)))


def _rounds(
    now: FloatArray, curves: Curves, steps: Sequence[float], *, wanted: float
) -> tuple[int | None, int | None, int | None]:
    """How many rounds on the error rate is at the target: at the median, the lower and the upper end of 90 %."""
    ends = [np.quantile(draws, (0.5, *NINETY)) for draws in (now, *(curve(curves, labels) for labels in steps))]
    best, low, high = (next((at for at, row in enumerate(ends) if row[end] <= wanted), None) for end in range(3))
    return best, low, high
