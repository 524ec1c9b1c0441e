"""Step `select`: which prompts, which of their answers, in which order.

reserves ─► audit and dev prompts: this round's model against the champion before it, and against the first one
strategy ─► a shortlist of prompts ─► pair strategy ─► two answers of each ─► shuffled; some asked again, swapped
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from sqlalchemy import Connection

from loop import registry
from loop.ledger import figures, people
from loop.protocols import PoolView
from loop.records import Candidate, Pick, PickKind
from loop.rounds import holdouts
from loop.rounds.context import StepContext, StepResult
from loop.rounds.embeddings import embeddings, partition
from loop.rounds.leaks import twins_of_measured
from loop.selection import pick_reasons
from loop.tasks.generation import answers as files
from loop.tasks.generation.audit import COMPARED, random_picks, spots_of
from loop.tasks.generation.candidates import candidates, pair_view
from loop.tasks.generation.scored import confidence_of, doubt_of, scored

SHORTLIST = 3
"""A pair strategy that looks at answers chooses among so many times the prompts it may ask."""
CHEAP = ("random",)
"""Pair strategies that take the prompts as they come and look at nothing."""
UNWEIGHED = ("random", "doubt")
"""Pair strategies that need no pass of the model over the candidates."""


def select(work: StepContext) -> StepResult:
    """The batch: audit and dev shares at random, the rest by the strategies; every pick with its reason."""
    folder = scored(work)
    if folder is None:
        return StepResult({"skipped": "no model yet"})
    audits = random_picks(work)
    batch = work.config.selection.batch
    compared = work.config.questions.form in COMPARED
    again = round(work.config.questions.swapped * batch) if work.config.questions.form == "pair" else 0
    drawn = [pick.example_id for pick in audits]
    chosen = _chosen(work, folder, budget=max(batch - len(audits) - again, 0), drawn=drawn)
    rng = work.rng("select", 1)
    picks = [_shuffled(pick, rng) if compared else pick for pick in (*audits, *chosen)]
    repeated = [pick for pick in picks if pick.kind is PickKind.WEAK]
    places = sorted(rng.choice(len(repeated), min(again, len(repeated)), replace=False)) if repeated and again else []
    named = {work.question_id(pick.example_id): pick for pick in picks}
    for place in places:
        pick = repeated[place]
        swapped = replace(pick, candidates=pick.candidates[::-1], repeat_of=work.question_id(pick.example_id))
        named[work.question_id(pick.example_id, repeat=True)] = swapped
    order = rng.permutation(len(named))
    listed = list(named.items())
    mixed = dict(listed[place] for place in order)
    if not mixed:
        work.say("Nothing is left to ask: every prompt was asked, or all its answers are alike")

    def record(connection: Connection) -> None:
        people.add_picks(connection, work.round, mixed)

    kinds = [pick.kind.value for pick in mixed.values()]
    counts = {kind: kinds.count(kind) for kind in sorted(set(kinds))}
    return StepResult({"picks": len(mixed), **counts, "swapped": len(places)}, record)


def _chosen(work: StepContext, place: Path, *, budget: int, drawn: Sequence[str]) -> list[Pick]:
    """Prompts by the strategy, answers by the pair strategy; no twins of what measures nor of `drawn`."""
    written, sure = files.load(place), confidence_of(place)
    with work.project.ledger.read() as connection:
        champion = figures.champion(connection)
        asked = people.asked(connection)
        standing = {row.spot.id: row.spot for row in figures.spots(connection, round_=work.round)}
        rounds = [row.round for row in figures.models(connection)]
    if champion is None:
        return []
    apart = frozenset[str]().union(*(holdouts.reserve(work, kind) for kind in holdouts.LOTS))
    open_ids = [id_ for id_ in written.greedy if id_ not in asked and id_ not in apart]
    wasted = twins_of_measured(work, open_ids, drawn=drawn)
    free = [id_ for id_ in open_ids if id_ not in wasted]
    challenger = work.round if work.round in rounds and work.round != champion else None
    compared = work.config.questions.form in COMPARED
    offered = candidates(work, written, champion=champion, challenger=challenger, ids=free)
    able = [id_ for id_ in free if len(offered[id_]) >= (2 if compared else 1)]
    looks = compared and work.config.questions.pair_strategy not in CHEAP
    shortlist, scores = _shortlist(work, able, sure, budget=budget * (SHORTLIST if looks else 1))
    doubt = doubt_of(place, work.config.generation.signal)
    shown = _shown(work, {id_: offered[id_] for id_ in shortlist}, champion=champion, doubt=doubt, budget=budget)
    spots = spots_of(work, list(shown))
    return [
        Pick(
            example_id=id_,
            kind=PickKind.WEAK,
            strategy=f"{work.config.selection.strategy}/{work.config.questions.pair_strategy}"
            if compared
            else work.config.selection.strategy,
            reason=pick_reasons.writing(sure.get(id_), standing.get(spots[id_])),
            inclusion_probability=None,
            score=scores.get(id_),
            spot=spots[id_],
            guess=None,
            confidence=sure.get(id_),
            show_suggestion=False,
            form=work.config.questions.form,
            candidates=tuple(answers),
        )
        for id_, answers in shown.items()
    ]


def _shortlist(
    work: StepContext, ids: Sequence[str], sure: Mapping[str, float], *, budget: int
) -> tuple[list[str], dict[str, float]]:
    """Prompts by the project's strategy, on how likely their answer is right or wrong."""
    frozen = embeddings(work)
    regions = partition(work, frozen)
    rows = np.array([frozen.row_of[id_] for id_ in ids], dtype=np.int64)
    with work.project.ledger.read() as connection:
        asked = sorted(people.asked(connection) - _audited(work))
        standing = [row.spot for row in figures.spots(connection, round_=work.round)]
    right = np.array([sure.get(id_, 0.5) for id_ in ids])
    view = PoolView(
        ids=tuple(ids),
        embeddings=np.asarray(frozen.embeddings[rows]),
        probabilities=np.stack([right, 1 - right], axis=1) if len(ids) else np.empty((0, 2)),
        spots=np.asarray(regions.regions[rows]),
        spot_estimates=np.array([spot.estimate or 0.0 for spot in standing], dtype=np.float64),
        labelled_embeddings=np.asarray(frozen.rows(asked)),
        labelled=np.full(len(asked), -1),
    )
    choice = registry.load("strategy", work.config.selection.strategy)(
        view, budget=min(budget, len(ids)), rng=work.rng("select")
    )
    scores = {ids[row]: float(mark) for row, mark in zip(choice.rows, choice.scores, strict=True) if not np.isnan(mark)}
    return [ids[row] for row in choice.rows], scores


def _audited(work: StepContext) -> frozenset[str]:
    return holdouts.reserve(work, PickKind.AUDIT)


def _shown(
    work: StepContext,
    offered: Mapping[str, tuple[Candidate, ...]],
    *,
    champion: int,
    doubt: Mapping[str, float],
    budget: int,
) -> dict[str, tuple[Candidate, ...]]:
    """Example id → the answers its question shows."""
    form, rng = work.config.questions.form, work.rng("select", 2)
    if form == "pair":
        name = work.config.questions.pair_strategy
        view = pair_view(work, offered, champion=champion, doubt=doubt, weigh=name not in UNWEIGHED)
        choice = registry.load("pair_strategy", name)(view, budget=budget, rng=rng)
        pairs = zip(choice.rows.tolist(), choice.pairs.tolist(), strict=True)
        return {view.ids[row]: tuple(offered[view.ids[row]][column] for column in pair) for row, pair in pairs}
    if form == "ranking":
        k = work.config.questions.candidates
        return {
            id_: (rows[0], *(rows[place] for place in sorted(1 + rng.permutation(len(rows) - 1)[: k - 1])))
            for id_, rows in list(offered.items())[:budget]
        }
    return {id_: rows[:1] for id_, rows in list(offered.items())[:budget]}


def _shuffled(pick: Pick, rng: np.random.Generator) -> Pick:
    """The place on the page tells nothing of where an answer came from."""
    order = rng.permutation(len(pick.candidates))
    return replace(pick, candidates=tuple(pick.candidates[place] for place in order))
