"""Step `map`: how weak each region is, from dev errors, people's corrections and calibrated confidence.

champion's view, dev, answers ─► estimate of each region ─► its life
champion's view, mistakes, labels ─► what each region holds and where the champion errs ─► its name
champion on gold, audit, dev  ─► metadata slices
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from loop.consensus.majority import last_words
from loop.ledger import figures, lives, people
from loop.records import Annotation, AnswerState, FoundSlice, Predictions, Role, Split, Spot
from loop.rounds import audit_design, holdouts, spot_lives, spot_names
from loop.rounds.context import StepContext, StepResult
from loop.rounds.embeddings import Clustering, EmbeddedPool, embeddings, partition
from loop.rounds.lost_files import is_whole
from loop.rounds.spot_names import SpotLabels, columns_of
from loop.selection import spots
from loop.selection.estimates import AGED
from loop.selection.spot_labels import Mistakes, confused_labels, main_labels
from loop.tasks.classification.evaluate import predictions_of, truths
from loop.tasks.classification.score import in_spots, probabilities_of, scores_of


def map_spots(work: StepContext) -> StepResult:
    """How weak each region is and what becomes of it; which metadata slices stand beside the regions."""
    frozen = embeddings(work)
    regions = partition(work, frozen)
    found = _spots(work, frozen, regions)
    told = spot_lives.lives_of(work, frozen, regions, found)
    slices = _slices(work)

    def record(connection: Connection) -> None:
        figures.put_spots(connection, work.round, found)
        lives.put_lives(connection, work.round, told)
        lives.put_found_slices(connection, work.round, slices)

    return StepResult(
        {"spots": len(found), "reopened": sum(life.alert for life in told), "slices": len(slices)}, record
    )


def _spots(work: StepContext, frozen: EmbeddedPool, regions: Clustering) -> tuple[Spot, ...]:
    pool = work.project.pool
    with work.project.ledger.read() as connection:
        known = people.asked(connection) | {label.example_id for label in people.labels(connection)}
    open_ids = [id_ for id_ in pool.ids(Split.POOL) if id_ not in known]
    scores = scores_of(work)
    dev, answers = _dev(work), _answers(work)
    labels = None if scores is None else _labels(work, frozen, regions, scores, open_ids, dev=dev, answers=answers)
    return spots.estimate(
        names=spot_names.names_of(work, frozen, regions, labels=labels),
        terms=regions.terms,
        members=in_spots(frozen, regions, pool.ids(Split.POOL, Split.SEED)),
        unlabelled=in_spots(frozen, regions, open_ids),
        confidence=None if scores is None else probabilities_of(scores, open_ids).max(axis=1),
        dev=in_spots(frozen, regions, list(dev)),
        dev_wrong=np.array([outcome.wrong for outcome in dev.values()], dtype=bool),
        answered=in_spots(frozen, regions, [answer.id for answer in answers]),
        corrected=np.array([answer.corrected for answer in answers], dtype=bool),
        doubt=np.array([answer.doubt for answer in answers], dtype=np.float64),
        mistakes=[(outcome.truth, outcome.guess) for outcome in dev.values() if outcome.wrong],
        dev_doubt=np.array([outcome.doubt for outcome in dev.values()], dtype=np.float64),
    )


def _labels(
    work: StepContext,
    frozen: EmbeddedPool,
    regions: Clustering,
    scores: Predictions,
    open_ids: Sequence[str],
    *,
    dev: Mapping[str, _Outcome],
    answers: Sequence[_Answer],
) -> SpotLabels:
    """What the champion's view, dev errors, corrections and known labels, audit ones aside, say of each region."""
    seen = [(id_, one.truth, one.guess, 1.0) for id_, one in dev.items() if one.wrong]
    seen += [(one.id, one.label, one.guess, AGED) for one in answers if one.corrected and one.label is not None]
    return SpotLabels(
        labels=scores.labels,
        confused=confused_labels(
            in_spots(frozen, regions, open_ids),
            probabilities_of(scores, open_ids),
            Mistakes(
                spots=in_spots(frozen, regions, [id_ for id_, *_ in seen]),
                truth=columns_of(scores.labels, [truth for _, truth, _, _ in seen]),
                guess=columns_of(scores.labels, [guess for _, _, guess, _ in seen]),
                weight=np.array([weight for *_, weight in seen], dtype=np.float64),
            ),
            count=regions.size(),
        ),
        main=_main(work, frozen, regions, scores),
    )


def _main(
    work: StepContext, frozen: EmbeddedPool, regions: Clustering, scores: Predictions
) -> tuple[tuple[int, ...], ...]:
    """The labels each region holds: as the champion predicts, and where a label is known as that says."""
    with work.project.ledger.read() as connection:
        known = {row.example_id: row.label for row in people.labels(connection) if row.role is not Role.AUDIT}
    held = {**dict(zip(scores.ids, scores.guesses(), strict=True)), **known}
    ids = [id_ for id_ in work.project.pool.ids(Split.POOL, Split.SEED) if held.get(id_) in scores.labels]
    columns = columns_of(scores.labels, [held[id_] for id_ in ids])
    return main_labels(in_spots(frozen, regions, ids), columns, count=regions.size())


def _slices(work: StepContext) -> tuple[FoundSlice, ...]:
    with work.project.ledger.read() as connection:
        champion = figures.champion(connection)
    if champion is None or not is_whole(work, champion, "evaluate"):
        return ()
    truth, predictions = truths(work), predictions_of(work, champion)
    guess = dict(zip(predictions.ids, predictions.guesses(), strict=True))
    wrong = {
        ground: {id_: guess[id_] != label for id_, label in known.items() if id_ in guess}
        for ground, known in truth.items()
    }
    labels = {id_: label for known in truth.values() for id_, label in known.items()}
    return spot_lives.slices_of(work, wrong, labels=labels, chances=audit_design.chances(work))


@dataclass(frozen=True)
class _Outcome:
    """A dev example: what it is and what the champion says."""

    truth: str
    guess: str
    doubt: float
    """1 - its confidence."""

    @property
    def wrong(self) -> bool:
        return self.truth != self.guess


@dataclass(frozen=True)
class _Answer:
    """A person's answer where the model had guessed."""

    id: str
    guess: str
    """Of the model, when it was asked."""
    label: str | None
    """What the person said."""
    corrected: bool
    doubt: float
    """1 - confidence of the model when it was asked: how likely a correction was expected to be."""


def _dev(work: StepContext) -> dict[str, _Outcome]:
    """Dev example → outcome of the champion; empty before the first model."""
    with work.project.ledger.read() as connection:
        champion = figures.champion(connection)
        truth = {label.example_id: label.label for label in people.labels(connection, roles=[Role.DEV])}
    if champion is None or not is_whole(work, champion, "evaluate"):
        return {}
    predictions = predictions_of(work, champion)
    rows = zip(predictions.ids, predictions.guesses(), predictions.probabilities.max(axis=1), strict=True)
    return {id_: _Outcome(truth[id_], guess, 1 - float(top)) for id_, guess, top in rows if id_ in truth}


def _answers(work: StepContext) -> list[_Answer]:
    """Answers to what strategies picked: audit ones steer nothing, dev ones are counted as dev."""
    with work.project.ledger.read() as connection:
        pick_of = {row.ext_id: row.pick for row in people.picks(connection) if row.pick.kind not in holdouts.LOTS}
        answers = last_words(people.answers(connection, ext_ids=list(pick_of)))
    found = []
    for answer in answers:
        pick = pick_of[answer.ext_id]
        verdict = corrected(answer, pick.guess)
        if verdict is not None and pick.guess is not None and pick.confidence is not None:
            found.append(_Answer(pick.example_id, pick.guess, answer.label, verdict, 1 - pick.confidence))
    return found


def corrected(annotation: Annotation, guess: str | None) -> bool | None:
    """Whether a person gave another label than the model guessed; None when there is nothing to compare."""
    if guess is None or annotation.state is not AnswerState.ANSWERED:
        return None
    return annotation.label != guess
