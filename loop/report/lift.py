"""Did picking pay, against random? And how far the cheap proxy agrees with the tuned model. As people are told it.

measurements of the newest round that has them ─► Lift, ProxyCheck ─► one sentence each
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loop.evaluation.lift import verdict
from loop.ledger import figures, people, progress
from loop.ledger.people import PickRow
from loop.ledger.progress import RoundRow
from loop.records import Measurement, PickKind
from loop.records.vocabulary import AUDIT_AND_DEV
from loop.report.view import View


@dataclass(frozen=True, slots=True)
class Lift:
    """What picking brought, of a frozen proxy; rates 0..1, above 0 picking was better."""

    round: int
    """The round that measured it, on the answers of those before."""
    answers: int
    """Each model learned from so many."""
    n: int
    """Random answers both were measured on."""
    difference: float
    """Error rate with random answers less that with picked ones."""
    low: float
    high: float
    """95 % interval."""
    random_error: float | None
    picked_error: float | None
    saved: float | None
    """Share of the labels that picking saves; below 0: it takes more. None: no count that was tried is as good."""
    saved_low: float | None
    saved_high: float | None
    """95 % interval; None: beyond the counts that could be tried."""
    verdict: str
    """"picking pays", "no proof yet" or "picking does not pay"."""
    passed_over: str
    """The strategy that was passed over for chance in the newest batch; "" when it picked."""


@dataclass(frozen=True, slots=True)
class ProxyCheck:
    """The cheap proxy beside the tuned model, from the same labels."""

    round: int
    agreement: float
    """Share of unlabelled texts they give the same label, 0..1."""
    low: float
    high: float
    """95 % interval."""
    n: int
    errors: Mapping[str, tuple[float | None, float | None]]
    """Ground → error rate of (proxy, tuned model), on the same examples."""


def lift(view: View) -> Lift | None:
    """The newest figures of the lift meter; None where there are none yet."""
    with view.project.ledger.read() as connection:
        measured = figures.measurements(connection)
        picks = people.picks(connection)
        rounds = progress.rounds(connection)
    round_, rows = _newest(measured, "lift", on=AUDIT_AND_DEV)
    found = rows.get("lift")
    if found is None or found.value is None or found.low is None or found.high is None:
        return None
    saved, at = rows.get("labels_saved"), rows.get("lift_at")
    return Lift(
        round=round_,
        answers=0 if at is None or at.value is None else round(at.value),
        n=found.n,
        difference=found.value,
        low=found.low,
        high=found.high,
        random_error=_value(rows.get("random_error")),
        picked_error=_value(rows.get("picked_error")),
        saved=_value(saved),
        saved_low=None if saved is None else saved.low,
        saved_high=None if saved is None else saved.high,
        verdict=verdict(found.low, found.high),
        passed_over=_passed_over(picks, rounds),
    )


def why_no_lift(view: View) -> str:
    """What the newest round lacked to measure it, as "15 random answers, 30 are needed"; "" where nothing is known."""
    with view.project.ledger.read() as connection:
        outcomes = [row.outcome or {} for row in progress.steps(connection) if row.step == "evaluate"]
    return str(outcomes[-1].get("no_lift", "")) if outcomes else ""


def proxy_check(view: View) -> ProxyCheck | None:
    """The newest comparison of a tuned model with its proxy; None where no round made both."""
    with view.project.ledger.read() as connection:
        measured = figures.measurements(connection)
    round_, rows = _newest(measured, "proxy_agreement", on="pool")
    found = rows.get("proxy_agreement")
    if found is None or found.value is None or found.low is None or found.high is None:
        return None
    whole = {(row.metric, row.on): row.value for row in measured[round_] if not row.slice}
    grounds = [row.on for row in measured[round_] if row.metric == "proxy_error_rate"]
    errors = {on: (whole[("proxy_error_rate", on)], whole.get(("error_rate", on))) for on in grounds}
    return ProxyCheck(round_, found.value, found.low, found.high, found.n, errors)


def lift_in_words(found: Lift) -> str:
    """'Picking against random, at 84 answers each: 6.1 points fewer errors (1.2 to 11.0): picking pays, ...'"""
    return f"{comparison_in_words(found)}: {verdict_in_words(found)}.{passed_over_in_words(found)}"


def comparison_in_words(found: Lift) -> str:
    """'Picking against random, at 84 answers each: 6.1 points fewer errors (1.2 to 11.0)'"""
    more = found.difference < 0
    sign = -1 if more else 1
    ends = sorted((sign * 100 * found.low, sign * 100 * found.high))
    points = f"{abs(100 * found.difference):.1f} points {'more' if more else 'fewer'} errors"
    return f"Picking against random, at {found.answers:,} answers each: {points} ({ends[0]:.1f} to {ends[1]:.1f})"


def verdict_in_words(found: Lift) -> str:
    """'picking pays, about 38 % of the labels saved (5 to 61)'"""
    if found.verdict != "picking pays" or found.saved is None or found.saved_low is None:
        return found.verdict
    most = " or more" if found.saved_high is None else f" to {100 * found.saved_high:.0f}"
    return f"{found.verdict}, about {100 * found.saved:.0f} % of the labels saved ({100 * found.saved_low:.0f}{most})"


def passed_over_in_words(found: Lift) -> str:
    """' The newest batch was drawn at random ...', or "" when the strategy picked it."""
    if not found.passed_over:
        return ""
    return f" The newest batch was drawn at random from every region instead of picked by {found.passed_over}."


def proxy_in_words(found: ProxyCheck) -> str:
    """'Round 4: the cheap head and the tuned model agree on 93.1 % of 1,200 unlabelled texts (91.5 to 94.4); ...'"""
    ends = f"{100 * found.low:.1f} to {100 * found.high:.1f}"
    told = f"Round {found.round}: the cheap head and the tuned model agree on {100 * found.agreement:.1f} % "
    told += f"of {found.n:,} unlabelled texts ({ends})"
    wrong = [
        f"wrong on {on}: {100 * proxy:.1f} % head, {100 * tuned:.1f} % tuned"
        for on, (proxy, tuned) in found.errors.items()
        if proxy is not None and tuned is not None
    ]
    return "; ".join([told, *wrong]) + "."


def _passed_over(picks: Sequence[PickRow], rounds: Sequence[RoundRow]) -> str:
    """The strategy of the config where the newest batch was made by another one; "" where it was not."""
    newest = next((row for row in reversed(picks) if row.pick.kind is PickKind.WEAK), None)
    if newest is None:
        return ""
    wanted: str = next(
        (row.config.get("selection", {}).get("strategy", "") for row in rounds if row.round == newest.round), ""
    )
    return "" if newest.pick.strategy == wanted else wanted


def _newest(
    measured: Mapping[int, Sequence[Measurement]], metric: str, *, on: str
) -> tuple[int, dict[str, Measurement]]:
    """The newest round that measured this, and its figures on that ground by metric."""
    for round_ in sorted(measured, reverse=True):
        rows = {row.metric: row for row in measured[round_] if row.on == on and not row.slice}
        if metric in rows:
            return round_, rows
    return -1, {}


def _value(row: Measurement | None) -> float | None:
    return None if row is None else row.value
