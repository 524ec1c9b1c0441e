"""The lift meter in a round: did picking pay, against random? And what follows when it did not.

audit and dev answers ─► random arm ──┐
picks in the order asked ─► picked arm ┴─► loop.evaluation.lift ─► measurements lift, labels_saved ─► fallback?

Both arms start from the seed labels and the cold start, which no strategy chose, and from what the labels are called,
as the models do whose uncertainty picked. Their models are thrown away here:
they never leave the meter, and steer nothing but whether the strategy or chance picks. So audit answers stay untouched
by every real model. It is the lift of a frozen proxy, MODEL on the frozen embeddings, not of the tuned model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from loop.evaluation.lift import METHOD, Lift, RandomAnswers, lacking, lift, verdict
from loop.label_texts import label_texts
from loop.ledger import figures, people
from loop.ledger.people import PickRow
from loop.models.recipes.names import informative, times
from loop.models.recipes.regression import logistic
from loop.phrases.leaks import leaking
from loop.pool import LeakGuard
from loop.protocols import EmbeddedLabels
from loop.records import FloatArray, IntArray, Label, Measurement, PickKind, Role
from loop.records.vocabulary import AUDIT_AND_DEV
from loop.rounds import audit_design
from loop.rounds.context import StepContext
from loop.rounds.embeddings import EmbeddedPool, label_rows
from loop.rounds.leaks import kept_out

MODEL, C = "logistic", 5.0
"""What the throw-away models are: logistic regression with this inverse L2 strength, on rows of length 1."""
FALLBACK = "stratified"
"""The strategy that picks while picking does not pay: diverse, and at random."""
AT_RANDOM = ("random", FALLBACK)
"""Strategies that draw: what they asked is not the other strategy's work, and there is nothing to gain on them."""
ROUNDS_BEHIND = 3
"""So many rounds of the strategy's picks before it may be passed over."""
STREAM = 10
THINNED = "too few of the random answers had the same chance of being drawn"


@dataclass(frozen=True, slots=True)
class LiftMeasurement:
    """What the meter says in a round."""

    measurements: tuple[Measurement, ...]
    """lift (difference in error rate, above 0: fewer with picks), labels_saved, lift_at (m), random_error and
    picked_error; none when `why` says so."""
    why: str
    """Why nothing could be measured; "" when it was."""


@dataclass(frozen=True, slots=True)
class _Arms:
    """Ids and labels of what the meter learns from and measures on."""

    random: Mapping[str, str]
    chances: Mapping[str, float]
    """Of the audit ones; the others are dev examples, all alike."""
    picked: Mapping[str, str]
    """By the strategy that the config names, in the order asked; what another one asked before belongs to no arm."""
    start: Mapping[str, str]


def measure_lift(work: StepContext, frozen: EmbeddedPool) -> LiftMeasurement:
    """Picking against random, on all answers of earlier rounds. The same answers give the same figures."""
    arms = _arms(work)
    classes = len(set(arms.random.values()))
    why = lacking(random=len(arms.random), picked=len(arms.picked), classes=classes)
    if why:
        return LiftMeasurement((), why)
    found = _lift(work, frozen, arms)
    return LiftMeasurement(_told(found), "") if found is not None else LiftMeasurement((), THINNED)


def fallback(work: StepContext) -> str:
    """Why chance picks instead of the strategy in this round, in words; "" when the strategy picks.

    Rests on the newest lift in the ledger up to this round's `evaluate`.
    """
    strategy = work.config.selection.strategy
    if not work.config.selection.fallback or strategy in AT_RANDOM:
        return ""
    with work.project.ledger.read() as connection:
        measured = figures.measurements(connection)
        picks = people.picks(connection)
    own = {row.round for row in picks if row.pick.kind is PickKind.WEAK and row.pick.strategy == strategy}
    # A lift of a round before the strategy first picked speaks of another one.
    since = [round_ for round_ in sorted(measured, reverse=True) if round_ > min(own, default=work.round)]
    newest = next((row for round_ in since for row in measured[round_] if _lifts(row)), None)
    return loss(newest, strategy, behind=len(own - {work.round}))


def loss(newest: Measurement | None, strategy: str, *, behind: int) -> str:
    """What picking lost, in words, when that is proved and so many rounds of picks stand behind it; else ""."""
    if newest is None or newest.low is None or newest.high is None or newest.value is None or behind < ROUNDS_BEHIND:
        return ""
    if verdict(newest.low, newest.high) != "picking does not pay":
        return ""
    points = f"{-100 * newest.value:.1f} points more errors ({-100 * newest.high:.1f} to {-100 * newest.low:.1f})"
    return f"at equal counts what {strategy} picked gave {points} than random answers"


def _lifts(row: Measurement) -> bool:
    return row.metric == "lift" and row.on == AUDIT_AND_DEV


def _arms(work: StepContext) -> _Arms:
    with work.project.ledger.read() as connection:
        labels = {row.example_id: row for row in people.labels(connection)}
        picks = people.picks(connection)
    chances, leaking = audit_design.chances(work), kept_out(work)
    learned = {id_: one for id_, one in labels.items() if one.role is Role.TRAIN and id_ not in leaking}
    drawn = {
        id_: one.label
        for id_, one in labels.items()
        if one.source == "people" and (one.role is Role.DEV or (one.role is Role.AUDIT and id_ in chances))
    }
    own = [row for row in picks if row.pick.strategy == work.config.selection.strategy]
    seed = {id_: one.label for id_, one in learned.items() if one.source != "people"}
    start = {**seed, **_asked(picks, learned, PickKind.COLD)}
    return _Arms(drawn, chances, _asked(own, learned, PickKind.WEAK), start)


def _asked(picks: Sequence[PickRow], labels: Mapping[str, Label], kind: PickKind) -> dict[str, str]:
    rows = [row.pick for row in picks if row.pick.kind is kind and row.pick.strategy not in AT_RANDOM]
    return {pick.example_id: labels[pick.example_id].label for pick in rows if pick.example_id in labels}


def _lift(work: StepContext, frozen: EmbeddedPool, arms: _Arms) -> Lift | None:
    column = work.config.label_set.index()
    known = {**arms.random, **arms.picked, **arms.start}
    ids = list(known)
    place = {id_: row for row, id_ in enumerate(ids)}
    labels = np.array([column[label] for label in known.values()], dtype=np.int64)
    embeddings = np.asarray(frozen.rows(ids))

    names = _label_texts(work)

    def fit(rows: IntArray) -> IntArray:
        known, columns, weights = with_label_texts(embeddings[rows], labels[rows], names)
        logits = logistic(known, columns, embeddings, classes=len(column), c=C, weights=weights)
        return np.asarray(logits.argmax(axis=1))

    def places(of: Mapping[str, str]) -> IntArray:
        return np.array([place[id_] for id_ in of], dtype=np.int64)

    random = RandomAnswers(
        rows=places(arms.random),
        chances=np.array([arms.chances.get(id_, 1.0) for id_ in arms.random]),
        draws=np.array([id_ in arms.chances for id_ in arms.random], dtype=np.int64),
        groups=near_twins(work.project.pool.texts(list(arms.random))),
    )
    rng = work.rng("evaluate", STREAM)
    return lift(fit, random, picked=places(arms.picked), start=places(arms.start), labels=labels, rng=rng)


def _label_texts(work: StepContext) -> EmbeddedLabels | None:
    """Names, descriptions and phrases of the labels, where models learn from them and the same encoder embeds both."""
    # As the step `train` has said already, where there are any.
    twins = leaking(work.project, work.config.label_set, before=work.round)
    texts = label_texts(work.config.label_set, without=frozenset(leak.phrase for leak in twins))
    if texts is None or work.config.model.embedder not in (None, work.config.model.base):
        return None
    return label_rows(work, texts)


def with_label_texts(
    embeddings: FloatArray, labels: IntArray, texts: EmbeddedLabels | None
) -> tuple[FloatArray, IntArray, FloatArray]:
    """Rows to learn from, their columns and how often each counts; label texts after the rows where they are used."""
    used = informative(texts, embeddings, labels)
    ones = np.ones(len(labels), np.float32)
    if used is None:
        return embeddings, labels, ones
    return (
        np.concatenate([embeddings, used.embeddings]),
        np.concatenate([labels, used.columns]),
        np.concatenate([ones, times(used)]),
    )


def near_twins(texts: Sequence[str]) -> IntArray:
    """(n,) the same number for texts that the leak guard takes for the same, or for near twins of the same."""
    group = np.arange(len(texts))

    def join(first: int, last: int) -> None:
        middle = (first + last) // 2
        if middle == first:
            return
        join(first, middle)
        join(middle, last)
        for twin in LeakGuard(texts[first:middle]).find(texts[middle:last]):
            group[group == group[middle + twin.row]] = group[first + twin.gold_row]

    join(0, len(texts))
    return group


def _told(found: Lift) -> tuple[Measurement, ...]:
    rows = (
        ("lift", found.difference, found.low, found.high),
        ("labels_saved", found.saved, found.saved_low, found.saved_high),
        ("lift_at", float(found.m), None, None),
        ("random_error", found.random_error, None, None),
        ("picked_error", found.picked_error, None, None),
    )
    estimator = f"{METHOD} {MODEL}"
    return tuple(Measurement(*row, n=found.n, on=AUDIT_AND_DEV, estimator=estimator) for row in rows)
