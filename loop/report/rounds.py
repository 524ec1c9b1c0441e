"""One line per round: error rate with interval, decision, labels, answers, seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from loop.ledger import estimates, figures, people, progress
from loop.ledger.estimates import EstimateRow
from loop.ledger.figures import Decision, ModelRow
from loop.ledger.people import PickRow
from loop.ledger.progress import RoundRow, StepRow
from loop.records import Annotation, AnswerState, Label, Measurement, PickKind, Preference
from loop.report.leaks import LeakCounts, leak_counts
from loop.report.lift import Lift, ProxyCheck, lift, proxy_check, why_no_lift
from loop.report.view import View

OTHER_GROUNDS = ("people", "judge", "reward", "retention", "pool")
"""What figures of models that write rest on beside the headline's ground."""


@dataclass(frozen=True, slots=True)
class RoundFigures:
    """A round, as leads and engineers see it. None means: not measured."""

    round: int
    state: str
    """"done", or the step it stands at."""
    labels: int
    """Labels, or preferences and demonstrations, known when this round's model was trained: for whatever role."""
    train_n: int | None
    """How many of them it was trained on."""
    error_rate: float | None
    """Of this round's model, 0..1."""
    ci_low: float | None
    ci_high: float | None
    """95 % interval."""
    n: int
    on: str
    """"gold", "audit", "gold+audit" or "dev"; "" when not measured."""
    estimator: str
    effective_n: float | None
    """So many answers drawn plainly at random would give so narrow an interval; None for dev."""
    gold_version: str
    """Which examples and answers the error rate rests on: models with the same version were measured on the same."""
    macro_f1: float | None
    ece: float | None
    promoted: bool | None
    """None: no model was judged in this round."""
    told: str
    """The gate's: "better", "worse" or "cannot tell"; "" without a comparison."""
    reason: str
    """The gate's words."""
    champion: int | None
    """The round whose model is the champion after this round's gate."""
    difference: float | None
    """Error rate minus the champion's before, on the same examples."""
    p_value: float | None
    """Exact McNemar test of that difference."""
    wins: Mapping[str, Measurement]
    """How often people preferred this round's model on random prompts, by "champion" (the one before) and "first"."""
    asked: int
    """Questions; of one that several answered the newest answer counts."""
    answered: int
    skipped: int
    quarantined: int
    corrected: int
    """Answers that differ from a guess of the model."""
    compared: int
    """Answers to questions where the model had a guess."""
    audit: int
    """Questions drawn at random."""
    seconds: Mapping[str, float]
    """Step → seconds."""
    peak_mb: float | None
    started_at: str
    finished_at: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """A whole project in figures."""

    project: str
    simulated: bool
    """True: the answers come from simulated experts."""
    champion: int | None
    labels: int
    """Labels known now."""
    rounds: tuple[RoundFigures, ...]
    leaks: LeakCounts
    """Texts that are not learned from because they measure the model."""
    lift: Lift | None = None
    """What picking brought against random; None: not measured yet."""
    why_no_lift: str = ""
    """What the newest round lacked to measure it; "" where it was measured or no model is there."""
    proxy: ProxyCheck | None = None
    """The cheap head beside the newest tuned model; None: no round made both."""
    from_names: tuple[int, ...] = ()
    """Rounds whose model was made from the names of the labels, without a label."""


def report(view: View) -> Report:
    """Every round's figures, oldest first."""
    with view.project.ledger.read() as connection:
        rounds = progress.rounds(connection)
        steps = progress.steps(connection)
        measurements = figures.measurements(connection)
        anew = {row.round: row for row in estimates.estimates(connection) if row.headline}
        models = {row.round: row for row in figures.models(connection)}
        decisions = figures.decisions(connection)
        picks = people.picks(connection)
        answers = people.answers(connection)
        labels = people.labels(connection)
        preferences = people.preferences(connection)
        champion = figures.champion(connection)
    lines = tuple(
        _line(
            row,
            steps=[step for step in steps if step.round == row.round],
            measured=measurements.get(row.round, ()),
            estimate=anew.get(row.round),
            model=models.get(row.round),
            decisions=decisions,
            picks=[pick for pick in picks if pick.round == row.round],
            answers=answers,
            labels=labels,
            preferences=preferences,
        )
        for row in rounds
    )
    return Report(
        view.name,
        view.simulated,
        champion,
        len(labels),
        lines,
        leak_counts(view),
        lift=lift(view),
        why_no_lift=why_no_lift(view),
        proxy=proxy_check(view),
        from_names=() if view.free else tuple(model.round for model in models.values() if model.train_n == 0),
    )


def details(view: View) -> tuple[Measurement, ...]:
    """Every figure of the newest measured round, on the ground of its headline: overall, per class, slice and spot.

    For models that write also what people, judges and the retention prompts say.
    """
    with view.project.ledger.read() as connection:
        measured = figures.measurements(connection)
        names = {row.spot.id: row.spot.name for row in figures.spots(connection)}
    newest = measured[max(measured)] if measured else ()
    error = headline(newest)
    return tuple(_named(row, names) for row in newest if error and row.on in (error.on, *OTHER_GROUNDS))


def _named(row: Measurement, names: Mapping[int, str]) -> Measurement:
    """Spots by the name people know."""
    kind, _, value = row.slice.partition("=")
    return replace(row, slice=f"spot={names.get(int(value), value)}") if kind == "spot" else row


def headline(measured: Sequence[Measurement]) -> Measurement | None:
    """The error rate people watch: on gold when there is a gold test, else on audit, else on dev."""
    overall = {row.on: row for row in measured if row.metric == "error_rate" and not row.slice}
    return next((overall[ground] for ground in ("gold", "audit", "dev") if ground in overall), None)


def _as_measurement(row: EstimateRow) -> Measurement:
    found = row.estimate
    return Measurement("error_rate", found.value, found.low, found.high, found.n, found.on, estimator=found.estimator)


def _line(
    row: RoundRow,
    *,
    steps: Sequence[StepRow],
    measured: Sequence[Measurement],
    estimate: EstimateRow | None,
    model: ModelRow | None,
    decisions: Sequence[Decision],
    picks: Sequence[PickRow],
    answers: Sequence[Annotation],
    labels: Sequence[Label],
    preferences: Sequence[Preference],
) -> RoundFigures:
    error = _as_measurement(estimate) if estimate else headline(measured)
    verdict = next((d for d in decisions if d.round == row.round and d.by == "gate"), None)
    ground = error.on.partition("+")[0] if error else ""
    on_ground = {m.metric: m.value for m in measured if m.on == ground and not m.slice}
    mine = _answers(picks, answers)
    peaks = [step.peak_mb for step in steps if step.peak_mb is not None]
    return RoundFigures(
        round=row.round,
        state="done" if row.finished_at else steps[-1].step if steps else "train",
        labels=sum(
            made is None or made < row.round
            for made in [*(one.round for one in labels), *(one.round for one in preferences)]
        ),
        train_n=model.train_n if model else None,
        error_rate=error.value if error else None,
        ci_low=error.low if error else None,
        ci_high=error.high if error else None,
        n=error.n if error else 0,
        on=error.on if error else "",
        estimator=error.estimator if error else "",
        effective_n=estimate.estimate.effective_n if estimate else None,
        gold_version=estimate.gold_version if estimate else "",
        macro_f1=on_ground.get("macro_f1"),
        ece=on_ground.get("ece"),
        promoted=verdict.action == "promote" if verdict else None,
        told=verdict.told if verdict else "",
        reason=verdict.reason if verdict else "",
        champion=_champion_after(decisions, row.round),
        difference=verdict.comparison.difference if verdict and verdict.comparison else None,
        p_value=verdict.comparison.p_value if verdict and verdict.comparison else None,
        wins=_wins(measured),
        asked=len(picks),
        answered=sum(answer.state is AnswerState.ANSWERED for answer in mine),
        skipped=sum(answer.state in (AnswerState.SKIPPED, AnswerState.EMPTY) for answer in mine),
        quarantined=sum(answer.state in (AnswerState.UNKNOWN_LABEL, AnswerState.MALFORMED) for answer in mine),
        corrected=_corrected(picks, mine),
        compared=len(_compared(picks, mine)),
        audit=sum(pick.pick.kind is PickKind.AUDIT for pick in picks),
        seconds={step.step: step.seconds for step in steps if step.seconds is not None},
        peak_mb=max(peaks) if peaks else None,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def _wins(measured: Sequence[Measurement]) -> dict[str, Measurement]:
    rows = [row for row in measured if row.metric == "win_rate" and row.on == "people"]
    return {row.slice.removeprefix("against="): row for row in rows}


def _answers(picks: Sequence[PickRow], answers: Sequence[Annotation]) -> list[Annotation]:
    """The newest answer of each question."""
    asked = {pick.ext_id for pick in picks}
    there = [one for one in answers if one.ext_id in asked and one.state is not AnswerState.DELETED]
    return list({one.ext_id: one for one in sorted(there, key=lambda one: (one.updated_at, one.id))}.values())


def _compared(picks: Sequence[PickRow], answers: Sequence[Annotation]) -> list[tuple[str | None, str | None]]:
    """(answer, guess) wherever both are there."""
    guess = {pick.ext_id: pick.pick.guess for pick in picks if pick.pick.guess is not None}
    given = (answer for answer in answers if answer.state is AnswerState.ANSWERED and answer.ext_id in guess)
    return [(answer.label, guess[answer.ext_id]) for answer in given]


def _corrected(picks: Sequence[PickRow], answers: Sequence[Annotation]) -> int:
    return sum(label != guess for label, guess in _compared(picks, answers))


def _champion_after(decisions: Sequence[Decision], round_: int) -> int | None:
    moves = [d for d in decisions if d.round <= round_ and d.action != "hold"]
    return moves[-1].model_round if moves else None
