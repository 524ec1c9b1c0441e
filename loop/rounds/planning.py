"""The planner in a round: the forecast is written when the round is over; before a new one the stop rules are asked.

round over ─► forecast of the next round ─► table forecasts
new round? ─► plan.stop ─► the rules that hold: enough
"""

from __future__ import annotations

from sqlalchemy import Connection

from loop.ledger import progress
from loop.ledger.forecasts import forecasts, put_forecast
from loop.planning import seen as ledger
from loop.planning.outlook import Outlook, forecast, holding, outlook
from loop.planning.seen import Seen
from loop.planning.stopping import Ruling
from loop.project import Project
from loop.records.vocabulary import STEPS

ASKS = "send"
"""The step that takes people's time: what ends before it costs nobody anything, and no rule forbids it."""


def write_forecast(connection: Connection, project: Project, round_: int) -> None:
    """Writes what is expected of the round after `round_`; nothing with fewer than two measured rounds.

    Call it in the transaction that finishes the round, after that: a kill in between must not lose the forecast.
    """
    seen = ledger.seen(connection, project.config)
    made = forecast(outlook(seen, project.config), seen, round_=round_)
    if made is not None:
        put_forecast(connection, made)


def write_lacking_forecast(project: Project) -> None:
    """The forecast of the newest round, should weakspot up to 0.1 have been killed between its end and its forecast."""
    with project.ledger.read() as connection:
        known = progress.rounds(connection)
        lacking = known and known[-1].finished_at and known[-1].round not in {f.round for f in forecasts(connection)}
    if lacking:
        with project.ledger.begin() as connection:
            write_forecast(connection, project, known[-1].round)


def enough(project: Project, *, until: str | None) -> tuple[Ruling, ...]:
    """The rules of plan.stop that hold now; none when the round to come ends before anybody is asked."""
    stop = project.config.plan.stop
    if not stop or (until is not None and STEPS.index(until) < STEPS.index(ASKS)):
        return ()
    return holding(_outlook(project, stability="stability" in stop)[0], stop)


def said(rulings: tuple[Ruling, ...], *, round_: int, waiting: int) -> str:
    """Why there is no further round, in words."""
    why = "; ".join(f"{ruling.rule}: {ruling.words}" for ruling in rulings)
    line = f"Enough, round {round_} does not begin ({why})"
    if waiting:
        line += f". {waiting} answers are in no model yet: `weakspot run --until score` trains on them and asks nobody"
    return line + ". Change plan.stop in weakspot.yaml to go on"


def waiting(project: Project) -> int:
    """Answers that no measured model has learned from."""
    with project.ledger.read() as connection:
        return ledger.seen(connection, project.config).waiting


def _outlook(project: Project, *, stability: bool = False) -> tuple[Outlook, Seen]:
    with project.ledger.read() as connection:
        seen = ledger.seen(connection, project.config)
        guesses = ledger.stop_set(connection, project.artifacts) if stability else ()
    return outlook(seen, project.config, guesses=guesses), seen
