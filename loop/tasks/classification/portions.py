"""The rest of a batch, chosen while people answer: by a head of all answers so far.

    select ─► audit, dev and the first portion ─► people ─► nearly all answered ─► head of all labels ─► next portion ─┐
                                                    └──────────────────────────────────────────────────────────────────┘
    rounds/NNN/portion-MMMMMM   what was known then (labels.json), what the head says of the picks (probabilities.npy)

The champion stays what it is: nothing is measured, gated or promoted within a round. Audit and dev questions are drawn
before the first answer, so that their chances do not depend on answers. A portion can be made again from its own
labels.json, to the same picks. What it is worth stands in docs/default-strategy.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.special import softmax

from loop import registry
from loop.artifact_names import portion
from loop.label_texts import label_texts
from loop.ledger import figures, people
from loop.models.recipes.head import Head
from loop.models.recipes.names import informative
from loop.records import FloatArray, Pick, Predictions, Role, Spot
from loop.rounds import lift
from loop.rounds.context import StepContext, portions
from loop.rounds.embeddings import EmbeddedPool, embeddings, label_rows, partition
from loop.rounds.leaks import kept_out, leaking_phrases, twins_of_measured
from loop.selection import budget
from loop.step_folders import (
    has_predictions,
    load_predictions,
    load_training_set,
    save_predictions,
    save_training_set,
)
from loop.tasks.classification.select import blind_among, candidates, pool_view, portion_of
from loop.tasks.classification.settle import labels_so_far
from loop.tasks.classification.train import unlabelled

Known = Mapping[str, tuple[str, Role]]
"""Example → its label and role."""


def more(work: StepContext, earlier: Path | None) -> Mapping[str, Pick]:
    """The next questions of the batch; none when it is whole or nothing is left to ask.

    earlier: the folder of this very choice, when it is made again: its labels count, not those of today.
    """
    with work.project.ledger.read() as connection:
        asked = len(people.picks(connection, round_=work.round))
        standing = tuple(row.spot for row in figures.spots(connection, round_=work.round))
    size = portion_of(work, fallback=bool(lift.fallback(work)))
    wanted = 0 if size is None else min(size, work.config.selection.batch - asked)
    if wanted <= 0:
        return {}
    labels = _so_far(work) if earlier is None else _as_then(earlier)
    picks, said = _chosen(work, labels, standing, asked=asked, wanted=wanted)
    if not picks:
        return {}
    with work.project.artifacts.writing(portion(work.round, asked)) as folder:
        save_training_set(folder, [(id_, label, role.value) for id_, (label, role) in labels.items()])
        if said is not None:
            save_predictions(folder, said)
    return {work.question_id(pick.example_id): pick for pick in picks}


def left(work: StepContext) -> int:
    """How many questions of the batch are still to be chosen, if the pool holds as many."""
    if portion_of(work, fallback=bool(lift.fallback(work))) is None:
        return 0
    with work.project.ledger.read() as connection:
        return max(work.config.selection.batch - len(people.picks(connection, round_=work.round)), 0)


def said_of(work: StepContext) -> dict[str, FloatArray]:
    """Example → (k,) what the head that chose it says of it, for the picks of this round's portions.

    Those of a folder that is lost or damaged are left out.
    """
    found: dict[str, FloatArray] = {}
    with work.project.ledger.read() as connection:
        names = portions(connection, work.project.artifacts.names(), work.round)
    for name in names:
        folder = work.project.artifacts.place(name)
        if not work.project.artifacts.problem(name) and has_predictions(folder):
            said = load_predictions(folder)
            found |= dict(zip(said.ids, said.probabilities, strict=True))
    return found


def _so_far(work: StepContext) -> Known:
    return {id_: (label.label, label.role) for id_, label in sorted(labels_so_far(work).items())}


def _as_then(folder: Path) -> Known:
    return {id_: (label, Role(role)) for id_, label, role in load_training_set(folder)}


def _chosen(
    work: StepContext, labels: Known, standing: Sequence[Spot], *, asked: int, wanted: int
) -> tuple[tuple[Pick, ...], Predictions | None]:
    """Picks, and what the head says of them; None where there is none. asked: how many the batch has so far.

    A pick that is a twin of an audit or dev question would be kept out of training: another one is chosen.
    """
    frozen = embeddings(work)
    regions = partition(work, frozen)
    ids, wasted, head = candidates(work, labels), set[str](), _head(work, frozen, labels)
    while True:
        ids = [id_ for id_ in ids if id_ not in wasted]
        probabilities = None if head is None else softmax(head.logits(frozen.rows(ids), None), axis=1)
        view = pool_view(
            work,
            *(frozen, regions, ids, standing),
            labels=labels,
            probabilities=probabilities,
            uses_label_texts=head is not None and head.uses_label_texts,
        )
        name = work.config.selection.strategy
        picks = budget.compose(
            view,
            strategy=registry.load("strategy", name),
            strategy_name=name,
            batch=wanted,
            audit=(),
            blind=blind_among(work, asked, asked + wanted),
            rng=work.rng("select", stream=asked),
            spots=standing,
            labels=work.config.label_set.names,
        )
        wasted = set(twins_of_measured(work, [pick.example_id for pick in picks]))
        if not wasted:
            break
    if probabilities is None:
        return picks, None
    row_of = {id_: row for row, id_ in enumerate(ids)}
    chosen = tuple(pick.example_id for pick in picks)
    lines = probabilities[[row_of[id_] for id_ in chosen]].astype(np.float32)
    return picks, Predictions(chosen, work.config.label_set.names, lines)


def _head(work: StepContext, frozen: EmbeddedPool, labels: Known) -> Head | None:
    """The head of all labels so far that may be trained on; None while there is nothing to tell classes apart by."""
    from loop.models import TuningSettings
    from loop.models.recipes.head import fit_head

    left_out = kept_out(work)
    roles = (Role.TRAIN, Role.DEV) if work.config.dev.refit else (Role.TRAIN,)
    taught = [id_ for id_, (_, role) in labels.items() if role in roles and id_ not in left_out]
    column = work.config.label_set.index()
    columns = np.array([column[labels[id_][0]] for id_ in taught], dtype=np.int64)
    own = work.config.model.embedder is None  # the embedder of the pool does not read label texts
    texts = label_texts(work.config.label_set, without=leaking_phrases(work)) if own else None
    rows = np.asarray(frozen.rows(taught)).reshape(len(taught), frozen.embeddings.shape[1])
    known = None if texts is None else informative(label_rows(work, texts), rows, columns)
    if len({*columns.tolist(), *(() if known is None else known.columns.tolist())}) < 2:
        return None
    settings = TuningSettings(**work.config.model.options)
    return fit_head(
        rows,
        None,
        columns,
        classes=len(column),
        power=settings.class_weight_power,
        c=settings.head_c_of_rows,
        representation="last",
        label_texts=known,
        unlabelled=np.asarray(frozen.rows(unlabelled(work))) if own and settings.self_training else None,
    )
