"""Step `gate`: whether this round's model becomes the champion."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from loop.artifact_names import RETENTION
from loop.evaluation import slice_tests
from loop.evaluation.compare import wrong_of
from loop.ledger import figures
from loop.records import SliceComparison
from loop.records.vocabulary import EVAL_SETS
from loop.rounds import audit_design
from loop.rounds.context import StepContext, StepResult
from loop.rounds.lost_files import is_whole
from loop.rounds.promotion import EvalSet, Measured, challenge
from loop.tasks.classification.evaluate import predictions_of, slices_of, truths
from loop.tasks.classification.retention import forgotten


def gate(work: StepContext) -> StepResult:
    """Judges this round's model against the champion."""
    with work.project.ledger.read() as connection:
        trained = {row.round: row.train_n for row in figures.models(connection)}
        champion = figures.champion(connection)
    if work.round not in trained:
        return StepResult({"skipped": "no model in this round"})
    truth = truths(work)
    known = {id_: label for ground in reversed(EVAL_SETS) for id_, label in truth[ground].items()}
    # Which classes and slices a model from label names does well on is the luck of the names: only the whole counts.
    watches_parts = champion is not None and trained.get(champion) != 0
    classes: dict[str, list[str]] = {}
    for id_, label in known.items():
        classes.setdefault(label, []).append(id_)

    @cache
    def wrong(round_: int) -> Mapping[str, bool]:
        return _wrong(work, round_, known)

    measured = Measured(
        wrong=wrong,
        grounds=truth,
        chances=audit_design.chances(work),
        classes=classes if watches_parts else {},
        slices=slices_of(work, tuple(known)) if watches_parts else {},
    )

    def own(_: EvalSet) -> tuple[SliceComparison | None, ...]:
        return (_forgotten(work),)

    return challenge(work, measured, champion, own=own)


def _wrong(work: StepContext, round_: int, truth: Mapping[str, str]) -> dict[str, bool]:
    if round_ != work.round and not is_whole(work, round_, "evaluate"):
        return {}
    predictions = predictions_of(work, round_)
    said = set(predictions.ids)
    return wrong_of(predictions, {id_: label for id_, label in truth.items() if id_ in said})


def _forgotten(work: StepContext) -> SliceComparison | None:
    lost = forgotten(work)
    if lost is None:
        return None
    margin = work.config.gate.forgetting
    return slice_tests.part(RETENTION, RETENTION, lost.first, lost.challenger, on=RETENTION, margin=margin)
