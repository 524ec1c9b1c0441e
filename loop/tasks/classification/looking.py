"""Steps `score`, `map` and `select`: the champion looks at the pool, weak spots are estimated, a batch is picked.

champion ─► probabilities of the pool ─► spots: dev errors, corrections, confidence ─► batch with reasons
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import Connection

from loop import registry
from loop.ledger import figures, people
from loop.protocols import PoolView
from loop.records import Annotation, AnswerState, FloatArray, IntArray, Pick, PickKind, Predictions, Role, Split, Spot
from loop.rounds import reserves
from loop.rounds.frozen import Frozen, Partition, embeddings, partition
from loop.rounds.work import Done, Work, artifact
from loop.selection import budget, spots
from loop.tasks.classification.judging import load, predict, predictions_of, save


def score(work: Work) -> Done:
    """One pass of the champion over the pool: probabilities and features."""
    from loop.models import load_classifier

    with work.project.ledger.read() as connection:
        champion = figures.champion(connection)
    if champion is None:
        return Done({"skipped": "no model yet"})
    model = load_classifier(work.project.artifacts.open(artifact(champion, "train")) / "model")
    ids = work.project.pool.ids(Split.POOL)
    scores = predict(work, model, ids)
    with work.project.artifacts.writing(work.name("score")) as folder:
        save(Predictions(ids, model.labels, scores.probabilities), folder)
        np.save(folder / "features.npy", scores.features)
    return Done({"texts": len(ids), "model": champion})


def map_spots(work: Work) -> Done:
    """How weak each region is, from dev errors, people's corrections and calibrated confidence."""
    frozen = embeddings(work)
    regions = partition(work, frozen)
    found = _spots(work, frozen, regions)

    def record(connection: Connection) -> None:
        figures.put_spots(connection, work.round, found)

    return Done({"spots": len(found)}, record)


def select(work: Work) -> Done:
    """The batch: audit and dev shares at random, the rest by the strategy; every pick with its reason."""
    frozen = embeddings(work)
    regions = partition(work, frozen)
    with work.project.ledger.read() as connection:
        asked = people.asked(connection)
        labelled = {row.example_id for row in people.labels(connection)}
        standing = tuple(row.spot for row in figures.spots(connection, round_=work.round))
    free = [id_ for id_ in work.project.pool.ids(Split.POOL) if id_ not in asked and id_ not in labelled]
    apart = {kind: reserves.reserve(work, kind) for kind in reserves.LOTS}
    drawn = {
        kind: reserves.draw(work, kind, free=[id_ for id_ in free if id_ in ids], asked=len(ids & asked))
        for kind, ids in apart.items()
    }
    view = _view(
        work, frozen, regions, [id_ for id_ in free if not any(id_ in ids for ids in apart.values())], standing
    )
    picks = budget.compose(
        view,
        strategy=registry.load("strategy", work.config.selection.strategy),
        strategy_name=work.config.selection.strategy,
        batch=work.config.selection.batch,
        audit=[one for draws in drawn.values() for one in draws],
        blind=work.config.selection.blind,
        rng=work.rng("select"),
        spots=standing,
        labels=work.config.label_set.names,
    )
    picks = _with_dev([_known(work, frozen, regions, pick) for pick in picks], drawn[PickKind.DEV])
    batch = {ext_id(work, pick.example_id): pick for pick in picks}
    if not batch:
        work.say("Nothing is left to ask: every example of the pool was asked or is labelled")

    def record(connection: Connection) -> None:
        people.add_picks(connection, work.round, batch)

    return Done(_counts(picks), record)


def ext_id(work: Work, example_id: str) -> str:
    """The stable external id of a question: 20 hex digits from project, round and example."""
    text = f"{work.project.key}/{work.round}/{example_id}"
    return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()


def scores_of(work: Work) -> Predictions | None:
    """The champion's view of the pool in this round; None before the first model."""
    if not work.project.artifacts.has(work.name("score")):
        return None
    return load(work.project.artifacts.open(work.name("score")))


def _view(work: Work, frozen: Frozen, regions: Partition, ids: Sequence[str], standing: Sequence[Spot]) -> PoolView:
    scores = scores_of(work)
    with work.project.ledger.read() as connection:
        asked = people.asked(connection)
        labels = {row.example_id: row for row in people.labels(connection)}
    column = work.config.label_set.index()
    known = sorted(asked | set(labels))
    steering = [id_ for id_ in known if id_ not in labels or labels[id_].role is not Role.AUDIT]
    rows = _at(frozen, ids)
    estimates = None if scores is None else np.array([spot.estimate for spot in standing], dtype=np.float64)
    return PoolView(
        ids=tuple(ids),
        embeddings=np.asarray(frozen.embeddings[rows]),
        probabilities=None if scores is None else _rows(scores, ids),
        spots=np.asarray(regions.regions[rows]),
        spot_estimates=estimates,
        labelled_embeddings=np.asarray(frozen.rows(steering)),
        labelled=np.array([column[labels[id_].label] if id_ in labels else -1 for id_ in steering], dtype=np.int64),
    )


def _spots(work: Work, frozen: Frozen, regions: Partition) -> tuple[Spot, ...]:
    pool = work.project.pool
    with work.project.ledger.read() as connection:
        known = people.asked(connection) | {label.example_id for label in people.labels(connection)}
    open_ids = [id_ for id_ in pool.ids(Split.POOL) if id_ not in known]
    scores = scores_of(work)
    dev, answers = _dev(work), _answers(work)
    return spots.estimate(
        names=regions.names,
        terms=regions.terms,
        members=_in_spots(frozen, regions, pool.ids(Split.POOL, Split.SEED)),
        unlabelled=_in_spots(frozen, regions, open_ids),
        confidence=None if scores is None else _rows(scores, open_ids).max(axis=1),
        dev=_in_spots(frozen, regions, list(dev)),
        dev_wrong=np.array([outcome.wrong for outcome in dev.values()], dtype=bool),
        answered=_in_spots(frozen, regions, [answer.id for answer in answers]),
        corrected=np.array([answer.corrected for answer in answers], dtype=bool),
        doubt=np.array([answer.doubt for answer in answers], dtype=np.float64),
        mistakes=[(outcome.truth, outcome.guess) for outcome in dev.values() if outcome.wrong],
        dev_doubt=np.array([outcome.doubt for outcome in dev.values()], dtype=np.float64),
    )


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
    corrected: bool
    doubt: float
    """1 - confidence of the model when it was asked: how likely a correction was expected to be."""


def _dev(work: Work) -> dict[str, _Outcome]:
    """Dev example → outcome of the champion; empty before the first model."""
    with work.project.ledger.read() as connection:
        champion = figures.champion(connection)
        truth = {label.example_id: label.label for label in people.labels(connection, roles=[Role.DEV])}
    if champion is None:
        return {}
    predictions = predictions_of(work, champion)
    rows = zip(predictions.ids, predictions.guesses(), predictions.probabilities.max(axis=1), strict=True)
    return {id_: _Outcome(truth[id_], guess, 1 - float(top)) for id_, guess, top in rows if id_ in truth}


def _answers(work: Work) -> list[_Answer]:
    """Answers to what strategies picked: audit ones steer nothing, dev ones are counted as dev."""
    with work.project.ledger.read() as connection:
        pick_of = {row.ext_id: row.pick for row in people.picks(connection) if row.pick.kind not in reserves.LOTS}
        answers = people.answers(connection, ext_ids=list(pick_of))
    found = []
    for answer in answers:
        pick = pick_of[answer.ext_id]
        verdict = corrected(answer, pick.guess)
        if verdict is not None and pick.confidence is not None:
            found.append(_Answer(pick.example_id, verdict, 1 - pick.confidence))
    return found


def corrected(annotation: Annotation, guess: str | None) -> bool | None:
    """Whether a person gave another label than the model guessed; None when there is nothing to compare."""
    if guess is None or annotation.state is not AnswerState.ANSWERED:
        return None
    return annotation.label != guess


def _in_spots(frozen: Frozen, regions: Partition, ids: Sequence[str]) -> IntArray:
    return np.asarray(regions.regions[_at(frozen, ids)])


def _at(frozen: Frozen, ids: Sequence[str]) -> IntArray:
    return np.array([frozen.row_of[id_] for id_ in ids], dtype=np.int64)


def _with_dev(picks: Sequence[Pick], drawn: Sequence[tuple[str, float]]) -> tuple[Pick, ...]:
    """Random draws are audit picks; those of the dev reserve are told apart."""
    dev = {id_ for id_, _ in drawn}
    return tuple(replace(pick, kind=PickKind.DEV, strategy="dev") if pick.example_id in dev else pick for pick in picks)


def _known(work: Work, frozen: Frozen, regions: Partition, pick: Pick) -> Pick:
    """Audit picks lie outside what the strategy saw: region and guess are noted for the record, never shown."""
    if pick.spot is not None:
        return pick
    spot = int(regions.regions[frozen.row_of[pick.example_id]])
    scores = scores_of(work)
    if scores is None:
        return replace(pick, spot=spot)
    line = _rows(scores, [pick.example_id])[0]
    return replace(pick, spot=spot, guess=scores.labels[int(line.argmax())], confidence=float(line.max()))


def _rows(scores: Predictions, ids: Sequence[str]) -> FloatArray:
    row_of = {id_: row for row, id_ in enumerate(scores.ids)}
    return np.asarray(scores.probabilities[[row_of[id_] for id_ in ids]])


def _counts(picks: Sequence[Pick]) -> dict[str, int]:
    kinds = [pick.kind.value for pick in picks]
    return {"picks": len(picks), **{kind: kinds.count(kind) for kind in sorted(set(kinds))}}
