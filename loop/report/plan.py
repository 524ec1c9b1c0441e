"""What the next answers would bring and cost, when it is enough, and how good the forecasts were so far.

ledger ─► loop.planning: Seen ─► Outlook ─► Plan: sentences for people, the parts they are made of, the record
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from loop.formatting import about, amount, percent
from loop.ledger import progress
from loop.ledger.forecasts import forecasts
from loop.planning import seen as ledger
from loop.planning.cost import Cost, Pace
from loop.planning.curve import Expected, Point
from loop.planning.outlook import IN_SIGHT, Ahead, Outlook, outlook
from loop.planning.score import Came, Score, score
from loop.planning.seen import Seen
from loop.planning.stopping import Ruling
from loop.report.view import View

__all__ = ["Plan", "Point", "came", "plan", "series"]


@dataclass(frozen=True, slots=True)
class Plan:
    """The planner's word now."""

    sentences: tuple[str, ...]
    """For people; the first one tells of the next answers."""
    simulated: bool
    round: int
    """The newest measured model's."""
    measured: Point
    """It."""
    now: Expected | None
    """Its true error rate, as all rounds together tell; None with fewer than two measured rounds, as the next three."""
    soon: Ahead | None
    """The next model, from answers that were given already; None when none waits."""
    then: Ahead | None
    """The model that learns from the next answers as well."""
    gain: Expected | None
    """Points of error rate the next answers bring."""
    questions: int
    """Of the next batch."""
    pace: Pace | None
    """None: no expert time was recorded, as the next two."""
    cost: Cost | None
    """Of the next batch."""
    spent: Cost | None
    """Of all answers so far."""
    currency: str
    training_s: float | None
    """Seconds a round takes without people."""
    target: float | None
    rounds_to_target: tuple[int | None, int | None, int | None] | None
    """(best guess, low, high); None at a place: not in sight; None: no target, or nothing can be told yet."""
    rules: tuple[Ruling, ...]
    stop: tuple[str, ...]
    """The rules `run` ends by."""
    record: tuple[Came, ...]
    """Forecasts whose round was measured since, oldest first."""
    score: Score | None
    """Of the record; None when nothing has come yet."""


def plan(view: View) -> Plan | None:
    """What the planner says; None before the first trained model was measured."""
    config = view.project.config
    with view.project.ledger.read() as connection:
        seen = ledger.seen(connection, config)
        guesses = ledger.stop_set(connection, view.project.artifacts)
        record = came(connection)
    newest = seen.newest
    if newest is None:
        return None
    found = outlook(seen, config, guesses=guesses)
    scored = score(record)
    return Plan(
        sentences=_sentences(found, seen, view, scored),
        simulated=view.simulated,
        round=max(seen.points),
        measured=newest,
        now=found.now,
        soon=found.soon,
        then=found.then,
        gain=found.gain,
        questions=found.questions,
        pace=found.pace,
        cost=found.cost,
        spent=found.spent,
        currency=config.plan.currency,
        training_s=seen.training_s,
        target=config.plan.target_error,
        rounds_to_target=found.rounds_to_target,
        rules=found.rules,
        stop=config.plan.stop,
        record=record,
        score=scored,
    )


def series(view: View) -> tuple[Point, ...]:
    """The points of the learning curve, oldest first."""
    with view.project.ledger.read() as connection:
        return tuple(ledger.series(connection).values())


def came(connection: Connection) -> tuple[Came, ...]:
    """Forecasts beside what came, for those whose round was measured since; each as it was first measured."""
    over = {row.round for row in progress.rounds(connection)}
    found = []
    for one in forecasts(connection):
        of = one.round + 1
        came = ledger.first_measured(connection, of) if of in over else None
        if came is not None:
            found.append(Came(one.round, of, one.error, one.low, one.high, came, one.details["now"]))
    return tuple(found)


def _sentences(found: Outlook, seen: Seen, view: View, scored: Score | None) -> tuple[str, ...]:
    said = [_next(found, seen, view)]
    if found.soon:
        said.append(
            f"{seen.waiting} answers wait for the next model: {_spread(found.soon.error)}, without asking anybody."
        )
    if found.now and seen.newest and percent(found.now.error) != percent(seen.newest.error):
        measured = percent(seen.newest.error)
        said.append(f"Measured were {measured}; all rounds together tell {_spread(found.now)} of the same model.")
    if found.cost is None:
        said.append("No expert time was recorded" + (": the experts are simulated." if view.simulated else "."))
    elif found.pace and found.pace.left_open:
        said.append(f"{found.pace.left_open} questions stood open far longer than usual; they count as usual answers.")
    if view.project.config.plan.price_per_hour is None and found.cost is not None:
        said.append("No price is set (plan.price_per_hour).")
    if scored:
        forecasts_ = "forecast" if scored.n == 1 else "forecasts"
        said.append(
            f"Of {scored.n} {forecasts_} so far {scored.held} held what came; on average they missed it by "
            f"{100 * scored.miss:.1f} points, “the same as now” by {100 * scored.same_as_now:.1f}."
        )
    return tuple(said)


def _next(found: Outlook, seen: Seen, view: View) -> str:
    plan, newest = view.project.config.plan, seen.newest
    parts = []
    if found.then is None or newest is None:
        parts.append("a forecast needs two measured rounds")
    else:
        now = found.now.error if found.now else newest.error
        start = found.soon.error.error if found.soon else now
        parts.append(f"error {percent(start)} → {_spread(found.then.error)}")
    if found.cost is not None:
        by = " of simulated experts" if view.simulated else " of expert time"
        parts.append(f"about {about(found.cost.hours)}{by}{_ends(time_ends(found.cost))}")
        if found.cost.money is not None:
            parts.append(amount(found.cost.money, plan.currency) + _ends(money_ends(found.cost, plan.currency)))
    target = _target(found.rounds_to_target, plan.target_error)
    answers = "The next answer" if found.questions == 1 else f"The next {found.questions} answers"
    return f"{answers}: {', '.join(parts)}{f'; {target}' if target else ''}."


def time_ends(cost: Cost) -> tuple[str, str]:
    """The 90 % interval of the hours, in words."""
    return about(cost.hours_low), about(cost.hours_high)


def money_ends(cost: Cost, currency: str) -> tuple[str, str]:
    """The 90 % interval of the money, in words; the same words twice without a price."""
    if cost.money_low is None or cost.money_high is None:
        return "", ""
    return amount(cost.money_low, currency), amount(cost.money_high, currency)


def _ends(ends: tuple[str, str]) -> str:
    return "" if ends[0] == ends[1] else f" ({ends[0]} to {ends[1]})"


def _target(rounds: Sequence[int | None] | None, wanted: float | None) -> str:
    if rounds is None or wanted is None:
        return ""
    best, low, high = rounds
    name = f"target {percent(wanted)}"
    if high == 0:
        return f"{name} is reached"
    ends = f"{low if low is not None else IN_SIGHT}" + (f" to {high}" if high is not None else " or more")
    if best is None:
        return f"{name} not within {IN_SIGHT} rounds ({ends})" if low is not None else f"{name} is not within sight"
    if best == 0:
        return f"{name} probably reached (0 to {high} rounds)" if high is not None else f"{name} perhaps reached"
    return f"{name} in about {best} round{'' if best == 1 else 's'} ({ends})"


def _spread(found: Expected) -> str:
    return f"{percent(found.error)} ({100 * found.low:.1f} to {100 * found.high:.1f})"
