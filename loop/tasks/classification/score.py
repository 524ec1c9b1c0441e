"""Step `score`: the champion looks at the pool once; what it said is read back by whoever asks.

champion ─► probabilities and features of the pool ─► artifact
the round's cheap proxy, held back or not ─► probabilities of the candidates ─► picks of that round
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loop.artifact_names import artifact
from loop.ledger import figures
from loop.ledger.figures import ModelRow
from loop.records import FloatArray, IntArray, Predictions, Split
from loop.rounds.context import StepContext, StepResult
from loop.rounds.embeddings import Clustering, EmbeddedPool
from loop.step_folders import load_predictions, save_predictions
from loop.tasks.classification.evaluate import predict
from loop.tasks.classification.train import PROXY


def score(work: StepContext) -> StepResult:
    """One pass of the champion over the pool: probabilities and features."""
    from loop.models import load_classifier

    with work.project.ledger.read() as connection:
        champion = figures.champion(connection)
    if champion is None:
        return StepResult({"skipped": "no model yet"})
    model = load_classifier(work.project.artifacts.open(artifact(champion, "train")) / "model")
    ids = work.project.pool.ids(Split.POOL)
    scores = predict(work, model, ids)
    with work.project.artifacts.writing(work.name("score")) as folder:
        save_predictions(folder, Predictions(ids, model.labels, scores.probabilities))
        np.save(folder / "features.npy", scores.features)
    return StepResult({"texts": len(ids), "model": champion})


def scores_of(work: StepContext) -> Predictions | None:
    """The champion's view of the pool in this round; None before the first model."""
    if not work.project.artifacts.has(work.name("score")):
        return None
    return load_predictions(work.project.artifacts.open(work.name("score")))


def picking_scores(work: StepContext) -> Predictions | None:
    """What picks rest on: the champion's view, or that of the model `picking_model` names."""
    from loop.models import load_classifier

    seen, row = scores_of(work), picking_model(work)
    with work.project.ledger.read() as connection:
        champion = figures.champion(connection)
    if seen is None or row is None or row.round == champion:
        return seen
    model = load_classifier(work.project.artifacts.open(row.artifact) / "model")
    return Predictions(seen.ids, model.labels, predict(work, model, seen.ids).probabilities)


def picking_model(work: StepContext) -> ModelRow | None:
    """The model that picks rest on: the champion; in a round with a cheap proxy that one, promoted or held back.

    It alone has learned from the newest answers, while the champion may be a tuned model some rounds old. Picks are
    what it is there for; people, spots and estimates go by the champion.
    """
    with work.project.ledger.read() as connection:
        models = {row.round: row for row in figures.models(connection)}
        champion = figures.champion(connection)
    own = models.get(work.round)
    if champion is not None and work.config.model.final_every > 1 and own is not None and own.tuning == PROXY:
        return own
    return None if champion is None else models[champion]


def in_spots(frozen: EmbeddedPool, regions: Clustering, ids: Sequence[str]) -> IntArray:
    """(len(ids),) the spot of each example."""
    return np.asarray(regions.regions[rows_of(frozen, ids)])


def rows_of(frozen: EmbeddedPool, ids: Sequence[str]) -> IntArray:
    """(len(ids),) rows of these examples among the frozen embeddings."""
    return np.array([frozen.row_of[id_] for id_ in ids], dtype=np.int64)


def probabilities_of(scores: Predictions, ids: Sequence[str]) -> FloatArray:
    """(len(ids), k) what the champion says of these examples."""
    row_of = {id_: row for row, id_ in enumerate(scores.ids)}
    return np.asarray(scores.probabilities[[row_of[id_] for id_ in ids]])
