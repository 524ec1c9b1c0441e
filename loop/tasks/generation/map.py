"""Step `map`: how weak each region of the prompts is.

answers known right or wrong ┐
calibrated doubt ────────────┴─► estimate of each region, shrunken, with an interval ─► its life
the champion's answers to gold and audit, known right or wrong ─► metadata slices
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sqlalchemy import Connection

from loop.artifact_names import artifact
from loop.ledger import figures, lives, people
from loop.records import FloatArray, IntArray, Split, Spot
from loop.rounds import spot_lives, spot_names
from loop.rounds.context import StepContext, StepResult
from loop.rounds.embeddings import EmbeddedPool, embeddings, partition
from loop.rounds.lost_files import is_whole
from loop.selection import spots
from loop.step_folders import load_outcomes
from loop.tasks.generation.evaluate import grounds_of
from loop.tasks.generation.scored import confidence_of, scored


def map_spots(work: StepContext) -> StepResult:
    """How weak each region is, from answers known wrong, else the calibrated doubt, and what becomes of it."""
    frozen = embeddings(work)
    regions = partition(work, frozen)
    found = _spots(work, frozen, regions.regions, names=spot_names.names_of(work, frozen, regions), terms=regions.terms)
    told = spot_lives.lives_of(work, frozen, regions, found)
    slices = spot_lives.slices_of(work, _wrong(work))

    def record(connection: Connection) -> None:
        figures.put_spots(connection, work.round, found)
        lives.put_lives(connection, work.round, told)
        lives.put_found_slices(connection, work.round, slices)

    return StepResult(
        {"spots": len(found), "reopened": sum(life.alert for life in told), "slices": len(slices)}, record
    )


def _spots(
    work: StepContext, frozen: EmbeddedPool, regions: IntArray, *, names: Sequence[str], terms: Sequence[Sequence[str]]
) -> tuple[Spot, ...]:
    pool = work.project.pool
    with work.project.ledger.read() as connection:
        known = people.asked(connection) | {label.example_id for label in people.labels(connection)}
    folder = scored(work)
    sure = confidence_of(folder) if folder else {}
    wrong = _known_wrong(folder) if folder else {}
    open_ids = [id_ for id_ in pool.ids(Split.POOL) if id_ not in known]
    # What was not answered in this round is as doubtful as what was, on average: it was left out at random.
    usual = float(np.mean(list(sure.values()))) if sure else 0.5

    def at(ids: Sequence[str]) -> IntArray:
        return np.asarray(regions[np.array([frozen.row_of[id_] for id_ in ids], dtype=np.int64)])

    judged = [id_ for id_ in wrong if id_ in sure]
    nothing: FloatArray = np.empty(0)
    return spots.estimate(
        names=names,
        terms=terms,
        members=at(pool.ids(Split.POOL, Split.SEED)),
        unlabelled=at(open_ids),
        confidence=np.array([sure.get(id_, usual) for id_ in open_ids]) if sure else None,
        dev=at(judged),
        dev_wrong=np.array([wrong[id_] for id_ in judged], dtype=bool),
        answered=at([]),
        corrected=np.empty(0, dtype=bool),
        doubt=nothing,
        mistakes=[("", "")] * sum(wrong[id_] for id_ in judged),
        dev_doubt=np.array([1 - sure[id_] for id_ in judged], dtype=np.float64),
    )


def _wrong(work: StepContext) -> dict[str, dict[str, bool]]:
    """Ground → (prompt → whether the champion's answer is wrong), where that is known."""
    with work.project.ledger.read() as connection:
        champion = figures.champion(connection)
    if champion is None or not is_whole(work, champion, "evaluate"):
        return {}
    known = _known_wrong(work.project.artifacts.open(artifact(champion, "evaluate")))
    return {ground: {id_: known[id_] for id_ in ids if id_ in known} for ground, ids in grounds_of(work).items()}


def _known_wrong(folder: Path) -> dict[str, bool]:
    return {row.id: row.wrong for row in load_outcomes(folder) if row.wrong is not None}
