"""Models that write, in figures: how often they are preferred, what else is measured, who answered, which doubt helps.

measurements, audit picks ─► win_rates, trends
measurements, answers     ─► raters
measurements of the pool  ─► doubts
preferences, labels       ─► learnt
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from loop.ledger import figures, people
from loop.ledger.people import PickRow
from loop.records import Annotation, AnswerState, Measurement, PickKind, Role
from loop.records.vocabulary import CHALLENGER, SAME_ANSWER, is_automatic
from loop.report.view import View

LENGTH = "length"
"""The signal that every other must beat."""


@dataclass(frozen=True, slots=True)
class WinRate:
    """How often the answers of a round's model were preferred to a rival's."""

    round: int
    """Whose questions measured it."""
    against: str
    """"champion": the model in use before; "first": the first model."""
    by: str
    """"people", "judge" (corrected by people's answers) or "reward" (a reward model, on gold)."""
    model_round: int
    """The model whose wins are counted."""
    rival_round: int | None
    """None: not known."""
    figure: Measurement
    """0..1, a tie as half; above 0.5 is better than the rival. `n` counts prompts."""


@dataclass(frozen=True, slots=True)
class Trend:
    """One figure over rounds."""

    metric: str
    on: str
    points: tuple[tuple[int, Measurement], ...]
    """(round, figure), oldest first; rounds without it are left out."""


@dataclass(frozen=True, slots=True)
class AnnotatorQuality:
    """Somebody who compared, ranked, marked or mended answers."""

    name: str
    judge: bool
    """A model, not a person."""
    answers: int
    reliability: Measurement | None
    """0..1, 0.5 is chance; None when nothing it could rest on is known: nobody else answered the same pairs."""
    cost: float | None
    """What a judge's answers cost, in the project's currency; None for people and where no price is known."""


@dataclass(frozen=True, slots=True)
class AnnotatorQualities:
    """Everybody who answered, and what their answers tell of each other; figures of the newest round that has them."""

    raters: tuple[AnnotatorQuality, ...]
    """People before judges, most answers first."""
    position: Measurement | None
    """How often the first place wins where pairs were shown in both orders; 0.5 is fair."""
    agreement: Measurement | None
    """Share of couples of people's answers to one pair that say the same."""
    alpha: Measurement | None
    """Krippendorff's alpha of the same."""
    judged: Measurement | None
    """How often the judge and people agree on prompts that both answered."""
    cycles: int
    """Prompts whose majorities go in a circle."""
    alike: int
    """Pairs that nobody was asked, because both models wrote the same: they count as ties."""


@dataclass(frozen=True, slots=True)
class Doubts:
    """How well each signal of doubt tells wrong answers from right ones (AUROC: 0.5 is chance, 1 is perfect)."""

    round: int
    used: str
    """The signal that the project selects by."""
    signals: tuple[Measurement, ...]
    """Every one but the length, best first; the slice reads "signal=NAME"."""
    length: Measurement | None
    """The baseline; turned around where short answers are the wrong ones, which favours it."""
    shorter: bool
    """It was turned around."""

    @property
    def better(self) -> tuple[str, ...]:
        """Signals whose whole interval lies above that of the length."""
        top = 0.5 if self.length is None else _or(self.length.high, self.length.value)
        return tuple(name_of(row) for row in self.signals if row.low is not None and row.low > top)


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What people's answers gave the model to learn from."""

    preferences: Mapping[Role, int]
    """Role → pairs with a preferred side."""
    demonstrations: int
    """Answers to imitate: mended, left as they were, or with full marks."""
    by_round: Mapping[int, int]
    """Round → preferences its questions gave."""


def win_rates(view: View) -> tuple[WinRate, ...]:
    """Every win rate, oldest round first. Where the champion before is the first model, its rate counts for both."""
    with view.project.ledger.read() as connection:
        measured = figures.measurements(connection)
        models = [row.round for row in figures.models(connection)]
        picks = people.picks(connection)
        rivals = {row.model_round: row.champion_round for row in figures.decisions(connection) if row.by == "gate"}
    played = _played(picks)
    found: list[WinRate] = []
    for round_, rows in measured.items():
        told = [row for row in rows if row.metric == "win_rate" and row.slice.startswith("against=")]
        for row in told:
            against = row.slice.removeprefix("against=")
            mine, rival = played.get((round_, against), (round_, rivals.get(round_)))
            found.append(WinRate(round_, against, row.on, mine, rival, row))
            double = against == "champion" and rival is not None and rival == min(models, default=None)
            if double and not any(one.on == row.on and one.slice == "against=first" for one in told):
                found.append(WinRate(round_, "first", row.on, mine, rival, row))
    return tuple(found)


def trends(view: View, metrics: Collection[tuple[str, str]] | None = None) -> tuple[Trend, ...]:
    """These figures, (metric, on), over rounds; all that were measured overall when none are named."""
    with view.project.ledger.read() as connection:
        measured = figures.measurements(connection)
    points: dict[tuple[str, str], list[tuple[int, Measurement]]] = {}
    for round_, rows in sorted(measured.items()):
        for row in rows:
            if not row.slice and row.value is not None and (metrics is None or (row.metric, row.on) in metrics):
                points.setdefault((row.metric, row.on), []).append((round_, row))
    order = list(points) if metrics is None else [key for key in metrics if key in points]
    return tuple(Trend(metric, on, tuple(points[metric, on])) for metric, on in order)


def raters(view: View) -> AnnotatorQualities:
    """Everybody who answered, with what is known of them."""
    with view.project.ledger.read() as connection:
        measured = figures.measurements(connection)
        answers = [one for one in people.answers(connection) if one.state is not AnswerState.DELETED]
    newest = {(row.on, row.metric, row.slice): row for _, rows in sorted(measured.items()) for row in rows}
    cycles = newest.get(("people", "cycles", ""))
    names = {one.annotator for one in answers} - {SAME_ANSWER}
    found = [_rater(name, answers, newest.get(("people", "reliability", f"annotator={name}"[:255]))) for name in names]
    return AnnotatorQualities(
        raters=tuple(sorted(found, key=lambda one: (one.judge, -one.answers, one.name))),
        position=newest.get(("people", "first_place", "")),
        agreement=newest.get(("people", "agreement", "")),
        alpha=newest.get(("people", "alpha", "")),
        judged=next((row for key, row in reversed(newest.items()) if key[:2] == ("judge", "agreement")), None),
        cycles=round(cycles.value) if cycles and cycles.value is not None else 0,
        alike=sum(one.annotator == SAME_ANSWER for one in answers),
    )


def doubts(view: View) -> Doubts | None:
    """Of the pool in the newest round that could tell; None while too few answers are known right and wrong."""
    with view.project.ledger.read() as connection:
        measured = figures.measurements(connection)
    told = {
        round_: [row for row in rows if (row.metric, row.on) == ("auroc", "pool")] for round_, rows in measured.items()
    }
    rounds = [round_ for round_, rows in told.items() if rows]
    if not rounds:
        return None
    rows = [row for row in told[max(rounds)] if row.value is not None]
    length = next((row for row in rows if name_of(row) == LENGTH), None)
    shorter = length is not None and _or(length.value, 0.5) < 0.5
    return Doubts(
        round=max(rounds),
        used=view.project.config.generation.signal,
        signals=tuple(sorted((row for row in rows if row is not length), key=lambda row: -_or(row.value, 0.0))),
        length=_turned(length) if length is not None and shorter else length,
        shorter=shorter,
    )


def learnt(view: View) -> TrainingData:
    """Preferences and demonstrations that are known now."""
    with view.project.ledger.read() as connection:
        found = people.preferences(connection)
        said = [label for label in people.labels(connection) if label.source == "people"]
    return TrainingData(Counter(one.role for one in found), len(said), Counter(one.round for one in found))


def name_of(row: Measurement) -> str:
    """ "signal=entropy" → "entropy"."""
    return row.slice.partition("=")[2]


def _played(picks: Sequence[PickRow]) -> dict[tuple[int, str], tuple[int, int | None]]:
    """(round, against) → the rounds of the two models whose answers its random questions showed."""
    found: dict[tuple[int, str], tuple[int, int | None]] = {}
    for row in picks:
        by_source = {one.source: one.model_round for one in row.pick.candidates}
        mine = by_source.pop(CHALLENGER, None)
        if row.pick.kind is PickKind.AUDIT and mine is not None and len(by_source) == 1:
            ((source, rival),) = by_source.items()
            found[row.round, source] = (mine, rival)
    return found


def _rater(name: str, answers: Sequence[Annotation], reliability: Measurement | None) -> AnnotatorQuality:
    mine = [one for one in answers if one.annotator == name]
    costs = [float(one.raw["cost"]) for one in mine if one.raw.get("cost") is not None]
    return AnnotatorQuality(
        name=name,
        judge=is_automatic(name),
        answers=sum(one.state is AnswerState.ANSWERED for one in mine),
        reliability=reliability if reliability is not None and reliability.n else None,
        cost=sum(costs) if costs else None,
    )


def _turned(row: Measurement) -> Measurement:
    """The same signal read the other way around."""
    value, low, high = (None if end is None else 1 - end for end in (row.value, row.high, row.low))
    return replace(row, value=value, low=low, high=high)


def _or(value: float | None, other: float | None) -> float:
    return value if value is not None else other if other is not None else 0.5
