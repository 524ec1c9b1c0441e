"""Step `evaluate`: how good the new model is.

tuned model ─► predictions on gold, audit, dev and the audited population ─► figures with intervals
                                                            all models so far ─► error rates anew
            answers to random and to picked questions ─► lift      beside a tuned model ─► agreement with its proxy
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection

from loop.artifact_names import artifact
from loop.evaluation import measure
from loop.evaluation.slices import length_band
from loop.ledger import figures, people
from loop.ledger.estimates import EstimateRow, put_estimates
from loop.protocols import Scores
from loop.records import Measurement, Predictions, Role
from loop.records.vocabulary import EVAL_SETS
from loop.rounds import audit_design, lift
from loop.rounds.context import StepContext, StepResult
from loop.rounds.embeddings import embeddings, partition, tokens
from loop.rounds.estimates import EvalSets, Outcomes, measure_anew
from loop.rounds.lost_files import is_whole
from loop.step_folders import load_predictions, save_predictions
from loop.tasks.classification import proxy
from loop.tasks.classification.retention import measure_retention
from loop.tasks.classification.train import BESIDE, MODEL, HeldOut, held_out, proxied


def evaluate(work: StepContext) -> StepResult:
    """Predicts gold, audit and dev with this round's model and measures every figure."""
    from loop.models import load_classifier

    with work.project.ledger.read() as connection:
        if not any(row.round == work.round for row in figures.models(connection)):
            return StepResult({"skipped": "no model in this round"})
    truth = truths(work)
    measured = [id_ for ground in EVAL_SETS for id_ in truth[ground]]
    open_ids = proxy.unlabelled(work)
    ids = tuple(dict.fromkeys([*measured, *audit_design.population(work), *open_ids]))
    made = work.project.artifacts.open(work.name("train"))
    model = load_classifier(made / MODEL)
    predictions = _predicted(work, model, ids, held_out(made, MODEL))
    with work.project.artifacts.writing(work.name("evaluate")) as folder:
        save_predictions(folder, predictions)
        kept = measure_retention(work, model, folder, work.rng("evaluate", len(EVAL_SETS)))
    lifted = lift.measure_lift(work, embeddings(work))
    against: tuple[Measurement, ...] = ()
    if proxied(work):
        said = _predicted(work, load_classifier(made / BESIDE), ids, held_out(made, BESIDE))
        against = proxy.compared(
            predictions,
            said,
            open_ids,
            truth=truth,
            chances=audit_design.chances(work),
            rng=work.rng("evaluate", proxy.STREAM),
        )
    found = (*_measured(work, predictions, truth), *kept, *lifted.measurements, *against)
    anew = estimated(work)

    def record(connection: Connection) -> None:
        figures.put_measurements(connection, work.round, found)
        put_estimates(connection, work.round, anew)

    headline = {f"{row.on}_error": row.value for row in found if row.metric == "error_rate" and not row.slice}
    unlifted = {"no_lift": lifted.why} if lifted.why else {}
    return StepResult({ground: len(truth[ground]) for ground in EVAL_SETS} | headline | unlifted, record)


def _predicted(work: StepContext, model: Any, ids: tuple[str, ...], dev: HeldOut | None) -> Predictions:
    """What a model says; of dev examples that it was trained on, what its first fit says."""
    probabilities = predict(work, model, ids).probabilities
    if dev is not None:
        row_of = {id_: row for row, id_ in enumerate(ids)}
        probabilities[[row_of[id_] for id_ in dev.ids]] = dev.probabilities
    return Predictions(ids=ids, labels=model.labels, probabilities=probabilities)


def estimated(work: StepContext) -> tuple[EstimateRow, ...]:
    """The error rate of every model so far, on all the gold and audit answers there are now."""
    truth = truths(work)
    grounds = EvalSets(truth["gold"], truth["audit"], audit_design.chances(work), audit_design.population(work))
    with work.project.ledger.read() as connection:
        rounds = [row.round for row in figures.models(connection)]
    known = {**truth["audit"], **truth["gold"]}
    kept = [round_ for round_ in rounds if round_ == work.round or is_whole(work, round_, "evaluate")]
    judged = {round_: _judged(predictions_of(work, round_), known) for round_ in kept}
    return measure_anew(work, judged, grounds)


def _judged(predictions: Predictions, known: Mapping[str, str]) -> Outcomes:
    rows = zip(predictions.ids, predictions.guesses(), predictions.probabilities.max(axis=1).tolist(), strict=True)
    said = {id_: (guess, 1 - top) for id_, guess, top in rows}
    wrong = {id_: said[id_][0] != label for id_, label in known.items() if id_ in said}
    return Outcomes(wrong, {id_: doubt for id_, (_, doubt) in said.items()})


def predict(work: StepContext, model: Any, ids: Sequence[str]) -> Scores:
    """One pass of a classifier over these examples, from what was made once: tokens, or embeddings for a head alone."""
    frozen = embeddings(work)
    rows = np.array([frozen.row_of[id_] for id_ in ids], dtype=np.int64)
    if model.knows(frozen.fingerprint):
        alone: Scores = model.score_embeddings(frozen.embeddings[rows])
        return alone
    scores: Scores = model.predict_tokens(tokens(work.project, model.base, work.progress), rows, progress=work.progress)
    return scores


def truths(work: StepContext) -> dict[str, Mapping[str, str]]:
    """Ground → (example id → true label): the gold file, and what people said of audit and dev examples."""
    with work.project.ledger.read() as connection:
        settled = people.labels(connection, roles=[Role.AUDIT, Role.DEV])
    by_role = {role: {row.example_id: row.label for row in settled if row.role is role} for role in Role}
    return {"gold": work.project.pool.truth(), "audit": by_role[Role.AUDIT], "dev": by_role[Role.DEV]}


def predictions_of(work: StepContext, round_: int) -> Predictions:
    """What a round's model said of gold, audit and dev."""
    return load_predictions(work.project.artifacts.open(artifact(round_, "evaluate")))


def _measured(
    work: StepContext, predictions: Predictions, truth: Mapping[str, Mapping[str, str]]
) -> tuple[Measurement, ...]:
    found: list[Measurement] = []
    chances = audit_design.chances(work)
    audited = {id_: label for id_, label in truth["audit"].items() if id_ in chances}
    for ground, known in {**truth, "audit": audited}.items():
        if known:
            slices = slices_of(work, tuple(known))
            rng = work.rng("evaluate", EVAL_SETS.index(ground))
            drawn = chances if ground == "audit" else None
            found += measure.measure(predictions, known, on=ground, slices=slices, rng=rng, chances=drawn)
    return tuple(found)


def slices_of(work: StepContext, ids: Sequence[str]) -> dict[str, Sequence[str]]:
    """Slice name → ids: every value of every metadata column, short and long texts, and every weak spot."""
    members: dict[str, list[str]] = {}
    for example in work.project.pool.examples(ids):
        members.setdefault(f"length={length_band(example.text)}", []).append(example.id)
        for column, value in example.metadata.items():
            members.setdefault(f"{column}={value}", []).append(example.id)
    frozen = embeddings(work)
    regions = partition(work, frozen).regions
    for id_ in ids:
        members.setdefault(f"spot={regions[frozen.row_of[id_]]}", []).append(id_)
    return dict(members)
