"""What the planner knows: ledger and artifacts ─► points of the curve, what people spent, what waits for a model.

Only labels that train are counted: audit, gold and dev answers measure. Answers of a judge cost nobody's time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from sqlalchemy import Connection

from loop.artifact_names import artifact
from loop.artifacts import Artifacts
from loop.config import Config
from loop.ledger import estimates, figures, people, progress
from loop.ledger.figures import ModelRow
from loop.ledger.people import PickRow
from loop.planning.curve import Point
from loop.planning.stopping import MODELS
from loop.records import AnswerState, Measurement, PickKind
from loop.records.vocabulary import EVAL_SETS, is_of_judge
from loop.step_folders import has_predictions, load_predictions

WITH_PEOPLE = "await"
"""The step in which the loop waits for people: not training time."""
STOP_SET = 2000
"""At most so many examples tell whether predictions are stable."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A project as the planner sees it."""

    points: Mapping[int, Point]
    """Round → its model as it was measured; only rounds with a model that was trained and measured."""
    growth: float
    """By so many answers the sample that rounds are measured on grows from round to round; 0 for a gold test."""
    waiting: int
    """Questions answered since the newest measured model: its successor will learn from them."""
    open: int
    """Questions of the present round that wait for people."""
    batch: int
    """Questions of the next batch, the open ones if there are any."""
    each: float
    """Labels that train, for each question asked, 0 or more."""
    answers: int
    """Given by people so far, skipped questions included."""
    times: tuple[float | None, ...]
    """Seconds each took; None: not recorded."""
    training_s: float | None
    """Seconds a round takes without people, of the newest rounds; None before the first round is over."""

    @property
    def newest(self) -> Point | None:
        """The newest measured model."""
        return self.points[max(self.points)] if self.points else None


def seen(connection: Connection, config: Config) -> Seen:
    """Reads what the ledger has."""
    picks, answers, models = people.picks(connection), people.answers(connection), figures.models(connection)
    rounds = progress.rounds(connection)
    points = series(connection)
    by_people = [one for one in answers if one.state is not AnswerState.DELETED and not is_of_judge(one.id)]
    said = {one.ext_id for one in answers if one.state is not AnswerState.DELETED}
    since = max(points, default=0)
    open_ = sum(
        row.ext_id not in said and row.task_state != "deleted"
        for row in picks
        if rounds and row.round == rounds[-1].round and rounds[-1].finished_at is None
    )
    return Seen(
        points=points,
        growth=_growth(connection, since),
        waiting=sum(row.round >= since and row.ext_id in said for row in picks),
        open=open_,
        batch=open_ or config.selection.batch,
        each=_each(models, picks, config),
        answers=len(by_people),
        times=tuple(one.lead_time_s for one in by_people),
        training_s=_training_s(connection),
    )


def series(connection: Connection) -> dict[int, Point]:
    """Round → point of the learning curve, from one source for all rounds, of models tuned as the newest one is.

    The estimates, where there are any: every round's model measured anew on the same answers. Else the measurements
    on the ground of the newest round's headline. A cheap head and a tuned encoder learn at different rates: with
    model.final_every above 1 a curve through both would be of neither.
    """
    tuned = {row.round: row for row in figures.models(connection) if row.train_n > 0}
    anew = {row.round: row.estimate for row in estimates.estimates(connection) if row.headline}
    if anew:
        labels = _alike(tuned, [round_ for round_, found in anew.items() if found.effective_n > 0])
        return {
            round_: Point(labels[round_], found.value, found.low, found.high, found.effective_n)
            for round_, found in sorted(anew.items())
            if round_ in labels
        }
    measured = {round_: _error_rates(rows) for round_, rows in sorted(figures.measurements(connection).items())}
    ground = next((name for name in EVAL_SETS if measured and name in measured[max(measured)]), "")
    labels = _alike(tuned, [round_ for round_, rows in measured.items() if ground in rows])
    return {
        round_: _point(labels[round_], rows[ground])
        for round_, rows in measured.items()
        if round_ in labels and ground in rows
    }


def _alike(tuned: Mapping[int, ModelRow], measured: Sequence[int]) -> dict[int, int]:
    """Round → labels it learned from, of the measured models that were tuned by the method of the newest of them."""
    known = sorted(set(measured) & set(tuned))
    return {round_: tuned[round_].train_n for round_ in known if tuned[round_].tuning == tuned[known[-1]].tuning}


def first_measured(connection: Connection, round_: int) -> float | None:
    """The error rate of a round's model as it was first measured: what the forecast before it spoke of.

    None: not measured, or tuned by another method than the model before, of which the forecast was made.
    """
    methods = {row.round: row.tuning for row in figures.models(connection) if row.train_n > 0}
    before = [methods[earlier] for earlier in sorted(methods) if earlier < round_]
    if before and methods.get(round_, before[-1]) != before[-1]:
        return None
    for row in estimates.estimates(connection, at_round=round_):
        if row.headline and row.round == round_:
            return row.estimate.value
    point = series(connection).get(round_)
    return point.error if point else None


def stop_set(connection: Connection, artifacts: Artifacts) -> tuple[tuple[str, ...], ...]:
    """What the last champions said of the same examples, oldest first; fewer than MODELS rows: not known.

    Of the pool's examples without a label at most STOP_SET, the same in every round: the first ones by id, which is a
    hash and so as good as random. Not defined for models that write: two answers may say the same in other words.
    """
    moves = [one for one in figures.decisions(connection) if one.action == "promote" and one.round == one.model_round]
    names = [artifact(one.round, "score") for one in moves][-MODELS:]
    folders = [artifacts.open(name) for name in names if artifacts.has(name)]
    if len(folders) < MODELS or not all(map(has_predictions, folders)):
        return ()
    labelled = {row.example_id for row in people.labels(connection)}
    found = [load_predictions(folder) for folder in folders]
    shared = sorted(set.intersection(*(set(one.ids) for one in found)) - labelled)[:STOP_SET]
    guesses = []
    for one in found:
        row_of = {id_: row for row, id_ in enumerate(one.ids)}
        best = one.probabilities[[row_of[id_] for id_ in shared]].argmax(axis=1)
        guesses.append(tuple(one.labels[column] for column in best.tolist()))
    return tuple(guesses)


def _error_rates(rows: Sequence[Measurement]) -> dict[str, Measurement]:
    found = [row for row in rows if row.metric == "error_rate" and not row.slice]
    return {row.on: row for row in found if row.value is not None and row.n > 0}


def _point(labels: int, row: Measurement) -> Point:
    value = float(row.value or 0.0)
    low, high = (value if end is None else end for end in (row.low, row.high))
    return Point(labels, value, low, high, row.n)


def _growth(connection: Connection, newest: int) -> float:
    """Of the newest two rounds measured by themselves; of estimates, what the last batch was measured with."""
    if estimates.estimates(connection):
        audit = [row for row in people.picks(connection, round_=newest) if row.pick.kind is PickKind.AUDIT]
        return float(len(audit))
    points = list(series(connection).values())
    return max(points[-1].n - points[-2].n, 0.0) if len(points) > 1 else 0.0


def _each(models: Sequence[ModelRow], picks: Sequence[PickRow], config: Config) -> float:
    """As it was so far; before there are two models, what is not kept for audit and dev."""
    if len(models) > 1:
        first, last = models[0], models[-1]
        asked = sum(first.round <= row.round < last.round for row in picks)
        if asked:
            return max((last.train_n - first.train_n) / asked, 0.0)
    held_out = 0.0 if config.dev.refit else config.dev.share
    return max(1 - (config.selection.audit or 0.0) - held_out, 0.0)


def _training_s(connection: Connection) -> float | None:
    over = {row.round for row in progress.rounds(connection) if row.finished_at}
    spent: dict[int, float] = {}
    for row in progress.steps(connection):
        if row.round in over and row.step != WITH_PEOPLE:
            spent[row.round] = spent.get(row.round, 0.0) + (row.seconds or 0.0)
    return median(list(spent.values())[-3:]) if spent else None
