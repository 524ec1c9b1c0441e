"""Step `select`: the batch. Audit and dev shares at random, the rest by the strategy; every pick with its reason.

With selection.portion the strategy chooses only its first picks here, the others while people answer (see portions.py).
Where the lift meter has proved that picking does not pay, the rest is drawn too, evenly over the regions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from sqlalchemy import Connection

from loop import registry
from loop.ledger import figures, people
from loop.protocols import PoolView
from loop.records import FloatArray, Pick, PickKind, Predictions, Role, Split, Spot
from loop.rounds import audit_design, holdouts, lift
from loop.rounds.context import StepContext, StepResult
from loop.rounds.embeddings import Clustering, EmbeddedPool, embeddings, partition
from loop.rounds.leaks import twins_of_measured
from loop.selection import budget, pick_reasons
from loop.tasks.classification.score import (
    in_spots,
    picking_model,
    picking_scores,
    probabilities_of,
    rows_of,
    scores_of,
)

DRAWN = "Drawn at random from messages of its kind."


def select(work: StepContext) -> StepResult:
    """The batch: audit and dev shares at random, the rest by the strategy; every pick with its reason."""
    frozen = embeddings(work)
    regions = partition(work, frozen)
    with work.project.ledger.read() as connection:
        asked = people.asked(connection)
        known = {row.example_id: (row.label, row.role) for row in people.labels(connection)}
        standing = tuple(row.spot for row in figures.spots(connection, round_=work.round))
    apart = {kind: holdouts.reserve(work, kind) for kind in holdouts.LOTS}
    reserved = apart[PickKind.DEV] - asked - known.keys()
    audited = audit_design.draw(work, _doubt(work))
    audit_design.save(work, audited)
    pool = len(work.project.pool.ids(Split.POOL))
    calibrating = holdouts.draw(
        work,
        PickKind.DEV,
        free=[id_ for id_ in work.project.pool.ids(Split.POOL) if id_ in reserved],
        asked=len(apart[PickKind.DEV] & asked),
    )
    open_ids = candidates(work, known)
    wasted = twins_of_measured(work, open_ids, drawn=[*audited.ids, *(id_ for id_, _ in calibrating)])
    scores, model = picking_scores(work), picking_model(work)
    ids = [id_ for id_ in open_ids if id_ not in wasted]
    view = pool_view(
        work,
        *(frozen, regions, ids, standing),
        labels=known,
        probabilities=None if scores is None else probabilities_of(scores, ids),
        uses_label_texts=model is not None and bool(model.training.get("uses_label_texts")),
    )
    why = lift.fallback(work)
    name = lift.FALLBACK if why else work.config.selection.strategy
    drawn, batch = [*audited.of_pool(pool=pool), *calibrating], work.config.selection.batch
    portion = portion_of(work, fallback=bool(why))
    at_once = batch if portion is None else min(batch, len(drawn) + portion)
    if why:
        work.say(f"Picking does not pay: {why}. This batch is drawn at random from every region ({name})")
    picks = budget.compose(
        view,
        strategy=registry.load("strategy", name),
        strategy_name=name,
        batch=at_once,
        audit=drawn,
        blind=blind_among(work, 0, at_once),
        rng=work.rng("select"),
        spots=standing,
        labels=work.config.label_set.names,
    )
    picks = _with_dev(_known(picks, frozen, regions, scores_of(work)), calibrating)
    picks = _at_random(picks) if why else picks
    asked_now = {work.question_id(pick.example_id): pick for pick in picks}
    if not asked_now:
        work.say("Nothing is left to ask: every example of the pool was asked or is labelled")

    def record(connection: Connection) -> None:
        people.add_picks(connection, work.round, asked_now)

    later = 0 if portion is None else min(batch, len(drawn) + len(ids)) - len(picks)
    return StepResult(_counts(picks) | ({"later": later} if later > 0 else {}), record)


def portion_of(work: StepContext, *, fallback: bool) -> int | None:
    """How many picks are chosen at a time; None: all at once, for chance has nothing to learn from answers."""
    selection = work.config.selection
    return None if fallback or selection.strategy in lift.AT_RANDOM else selection.portion


def blind_among(work: StepContext, first: int, end: int) -> int:
    """How many of the batch's picks from position `first` to before `end` are asked blind.

    However the batch is divided, the parts add up to the share that selection.blind names.
    """
    share = work.config.selection.blind
    return round(share * end) - round(share * first)


def candidates(work: StepContext, labelled: Collection[str]) -> list[str]:
    """Examples of the pool that strategies may choose from: not asked, not labelled, not reserved for random draws."""
    with work.project.ledger.read() as connection:
        taken = people.asked(connection).union(labelled, *(holdouts.reserve(work, kind) for kind in holdouts.LOTS))
    return [id_ for id_ in work.project.pool.ids(Split.POOL) if id_ not in taken]


def _doubt(work: StepContext) -> dict[str, float] | None:
    """Pool example → 1 - confidence of the champion; None before the first model."""
    scores = scores_of(work)
    if scores is None:
        return None
    return dict(zip(scores.ids, (1 - scores.probabilities.max(axis=1)).tolist(), strict=True))


def pool_view(
    work: StepContext,
    frozen: EmbeddedPool,
    regions: Clustering,
    ids: Sequence[str],
    standing: Sequence[Spot],
    *,
    labels: Mapping[str, tuple[str, Role]],
    probabilities: FloatArray | None,
    uses_label_texts: bool,
) -> PoolView:
    """The candidates `ids` as strategies see them.

    labels: example → its label and role. probabilities: (len(ids), k) of the model that picks; None: there is none.
    """
    with work.project.ledger.read() as connection:
        asked = people.asked(connection)
    column = work.config.label_set.index()
    known = sorted(asked | set(labels))
    steering = [id_ for id_ in known if id_ not in labels or labels[id_][1] is not Role.AUDIT]
    rows = rows_of(frozen, ids)
    estimates = None if probabilities is None else np.array([spot.estimate for spot in standing], dtype=np.float64)
    return PoolView(
        ids=tuple(ids),
        embeddings=np.asarray(frozen.embeddings[rows]),
        probabilities=probabilities,
        spots=np.asarray(regions.regions[rows]),
        spot_estimates=estimates,
        labelled_embeddings=np.asarray(frozen.rows(steering)),
        labelled=np.array([column[labels[id_][0]] if id_ in labels else -1 for id_ in steering], dtype=np.int64),
        uses_label_texts=uses_label_texts,
    )


def _with_dev(picks: Sequence[Pick], drawn: Sequence[tuple[str, float]]) -> tuple[Pick, ...]:
    """Random draws are audit picks; those of the dev reserve are told apart."""
    dev = {id_ for id_, _ in drawn}
    return tuple(replace(pick, kind=PickKind.DEV, strategy="dev") if pick.example_id in dev else pick for pick in picks)


def _at_random(picks: Sequence[Pick]) -> tuple[Pick, ...]:
    """What people read of a pick that chance made: no word of the model's weakness."""
    told = {True: DRAWN, False: f"{pick_reasons.BLIND} {DRAWN}"}
    return tuple(
        replace(pick, reason=told[pick.show_suggestion]) if pick.kind is PickKind.WEAK else pick for pick in picks
    )


def _known(
    picks: Sequence[Pick], frozen: EmbeddedPool, regions: Clustering, scores: Predictions | None
) -> tuple[Pick, ...]:
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
