"""Step `select`: the batch. Audit and dev shares at random, the rest by the strategy; every pick with its reason.

Where the lift meter has proved that picking does not pay, the rest is drawn too, evenly over the regions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sqlalchemy import Connection

from loop import registry
from loop.ledger import figures, people
from loop.protocols import PoolView
from loop.records import FloatArray, Pick, PickKind, Predictions, Role, Split, Spot
from loop.rounds import audit, lifting, reserves
from loop.rounds.frozen import Frozen, Partition, embeddings, partition
from loop.rounds.guarding import twins_of_measured
from loop.rounds.work import Done, Work
from loop.selection import budget, reasons
from loop.tasks.classification.scoring import (
    in_spots,
    picking_model,
    picking_scores,
    probabilities_of,
    rows_of,
    scores_of,
)

DRAWN = "Drawn at random from messages of its kind."


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
    audited = audit.draw(work, _doubt(work))
    audit.save(work, audited)
    pool = len(work.project.pool.ids(Split.POOL))
    calibrating = reserves.draw(
        work,
        PickKind.DEV,
        free=[id_ for id_ in free if id_ in apart[PickKind.DEV]],
        asked=len(apart[PickKind.DEV] & asked),
    )
    open_ids = [id_ for id_ in free if not any(id_ in ids for ids in apart.values())]
    wasted = twins_of_measured(work, open_ids, drawn=[*audited.ids, *(id_ for id_, _ in calibrating)])
    view = _view(work, frozen, regions, [id_ for id_ in open_ids if id_ not in wasted], standing)
    why = lifting.fallback(work)
    name = lifting.FALLBACK if why else work.config.selection.strategy
    if why:
        work.say(f"Picking does not pay: {why}. This batch is drawn at random from every region ({name})")
    picks = budget.compose(
        view,
        strategy=registry.load("strategy", name),
        strategy_name=name,
        batch=work.config.selection.batch,
        audit=[*audited.of_pool(pool=pool), *calibrating],
        blind=work.config.selection.blind,
        rng=work.rng("select"),
        spots=standing,
        labels=work.config.label_set.names,
    )
    picks = _with_dev(_known(picks, frozen, regions, scores_of(work)), calibrating)
    picks = _at_random(picks) if why else picks
    batch = {ext_id(work, pick.example_id): pick for pick in picks}
    if not batch:
        work.say("Nothing is left to ask: every example of the pool was asked or is labelled")

    def record(connection: Connection) -> None:
        people.add_picks(connection, work.round, batch)

    return Done(_counts(picks), record)


def _doubt(work: Work) -> dict[str, float] | None:
    """Pool example → 1 - confidence of the champion; None before the first model."""
    scores = scores_of(work)
    if scores is None:
        return None
    return dict(zip(scores.ids, (1 - scores.probabilities.max(axis=1)).tolist(), strict=True))


def ext_id(work: Work, example_id: str) -> str:
    """The stable external id of a question: 20 hex digits from project, round and example."""
    text = f"{work.project.key}/{work.round}/{example_id}"
    return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()


def _view(work: Work, frozen: Frozen, regions: Partition, ids: Sequence[str], standing: Sequence[Spot]) -> PoolView:
    scores, model = picking_scores(work), picking_model(work)
    with work.project.ledger.read() as connection:
        asked = people.asked(connection)
        labels = {row.example_id: row for row in people.labels(connection)}
    column = work.config.label_set.index()
    known = sorted(asked | set(labels))
    steering = [id_ for id_ in known if id_ not in labels or labels[id_].role is not Role.AUDIT]
    rows = rows_of(frozen, ids)
    estimates = None if scores is None else np.array([spot.estimate for spot in standing], dtype=np.float64)
    return PoolView(
        ids=tuple(ids),
        embeddings=np.asarray(frozen.embeddings[rows]),
        probabilities=None if scores is None else probabilities_of(scores, ids),
        spots=np.asarray(regions.regions[rows]),
        spot_estimates=estimates,
        labelled_embeddings=np.asarray(frozen.rows(steering)),
        labelled=np.array([column[labels[id_].label] if id_ in labels else -1 for id_ in steering], dtype=np.int64),
        uses_label_texts=model is not None and bool(model.training.get("uses_label_texts")),
    )


def _with_dev(picks: Sequence[Pick], drawn: Sequence[tuple[str, float]]) -> tuple[Pick, ...]:
    """Random draws are audit picks; those of the dev reserve are told apart."""
    dev = {id_ for id_, _ in drawn}
    return tuple(replace(pick, kind=PickKind.DEV, strategy="dev") if pick.example_id in dev else pick for pick in picks)


def _at_random(picks: Sequence[Pick]) -> tuple[Pick, ...]:
    """What people read of a pick that chance made: no word of the model's weakness."""
    told = {True: DRAWN, False: f"{reasons.BLIND} {DRAWN}"}
    return tuple(
        replace(pick, reason=told[pick.show_suggestion]) if pick.kind is PickKind.WEAK else pick for pick in picks
    )


def _known(picks: Sequence[Pick], frozen: Frozen, regions: Partition, scores: Predictions | None) -> tuple[Pick, ...]:
    """Audit picks lie outside what the strategy saw: region and guess are noted for the record, never shown."""
    strange = [pick.example_id for pick in picks if pick.spot is None]
    spots = dict(zip(strange, in_spots(frozen, regions, strange).tolist(), strict=True))
    placed = [replace(pick, spot=spots.get(pick.example_id, pick.spot)) for pick in picks]
    if scores is None:
        return tuple(placed)
    lines = dict(zip(strange, probabilities_of(scores, strange), strict=True))
    return tuple(_guessed(pick, lines.get(pick.example_id), scores.labels) for pick in placed)


def _guessed(pick: Pick, line: FloatArray | None, labels: Sequence[str]) -> Pick:
    if line is None:
        return pick
    return replace(pick, guess=labels[int(line.argmax())], confidence=float(line.max()))


def _counts(picks: Sequence[Pick]) -> dict[str, int]:
    kinds = [pick.kind.value for pick in picks]
    return {"picks": len(picks), **{kind: kinds.count(kind) for kind in sorted(set(kinds))}}
