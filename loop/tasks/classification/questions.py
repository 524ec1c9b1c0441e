"""Picks → what an expert sees: text, reason, labels with the model's probability, the nearest labelled examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loop.ledger import people
from loop.ledger.people import PickRow
from loop.records import FloatArray, Neighbour, Pick, Question, Role
from loop.rounds.context import StepContext
from loop.rounds.embeddings import embeddings
from loop.tasks.classification import portions
from loop.tasks.classification.score import probabilities_of, scores_of

NEIGHBOURS = 3


def questions(work: StepContext, rows: Sequence[PickRow]) -> tuple[Question, ...]:
    """One question per pick, in the order of asking. Blind picks show nothing of the model."""
    ids = [row.pick.example_id for row in rows]
    options = _options(work, [row.pick for row in rows])
    near = _neighbours(work, ids)
    example_of = {example.id: example for example in work.project.pool.examples(ids)}
    built = []
    for row in rows:
        pick, example = row.pick, example_of[row.pick.example_id]
        question = Question(
            ext_id=row.ext_id,
            round=row.round,
            example_id=pick.example_id,
            text=example.text,
            metadata=example.metadata,
            options=options[pick.example_id],
            suggestion=pick.guess if pick.show_suggestion else None,
            confidence=pick.confidence if pick.show_suggestion else None,
            reason=pick.reason,
            neighbours=near[pick.example_id] if pick.show_suggestion else (),
        )
        built.append(question)
    return tuple(built)


def _options(work: StepContext, picks: Sequence[Pick]) -> dict[str, tuple[tuple[str, float | None], ...]]:
    """Example → its labels, most probable first; blind ones in the order of the label set, without a number."""
    blind = tuple((name, None) for name in work.config.label_set.names)
    scores, said = scores_of(work), portions.said_of(work)
    shown = [pick.example_id for pick in picks if pick.show_suggestion]
    by_champion = [id_ for id_ in shown if id_ not in said]
    lines = {id_: said[id_] for id_ in shown if id_ in said}
    if scores is not None:
        lines |= dict(zip(by_champion, probabilities_of(scores, by_champion), strict=True))
    names = work.config.label_set.names
    return {
        pick.example_id: _by_probability(lines[pick.example_id], names) if pick.example_id in lines else blind
        for pick in picks
    }


def _by_probability(line: FloatArray, labels: Sequence[str]) -> tuple[tuple[str, float | None], ...]:
    return tuple((labels[column], float(line[column])) for column in np.argsort(-line, kind="stable"))


def _neighbours(work: StepContext, ids: Sequence[str]) -> dict[str, tuple[Neighbour, ...]]:
    """The nearest examples with a label that may steer: never gold or audit ones."""
    with work.project.ledger.read() as connection:
        label_of = {row.example_id: row.label for row in people.labels(connection, roles=[Role.TRAIN, Role.DEV])}
    if not label_of:
        return dict.fromkeys(ids, ())
    frozen = embeddings(work)
    known = sorted(label_of)
    similarity = np.asarray(frozen.rows(ids)) @ np.asarray(frozen.rows(known)).T
    return {id_: _nearest(work, known, label_of, line) for id_, line in zip(ids, similarity, strict=True)}


def _nearest(work: StepContext, known: list[str], label_of: dict[str, str], line: FloatArray) -> tuple[Neighbour, ...]:
    order = np.argsort(-line, kind="stable")[:NEIGHBOURS]
    texts = work.project.pool.texts([known[row] for row in order])
    return tuple(
        Neighbour(text=text, label=label_of[known[row]], similarity=float(line[row]))
        for text, row in zip(texts, order, strict=True)
    )
