"""Step `score`: the champion answers prompts of the pool, and its doubts are read.

champion ─► greedy and drawn answers ─► signals of doubt ─► how sure, calibrated on answers known right or wrong
                                                        └─► AUROC of every signal beside that of the length
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from sqlalchemy import Connection

from loop import registry
from loop.evaluation.texts.hallucination import auroc
from loop.evaluation.texts.support import measure_backing
from loop.ledger import figures, people
from loop.protocols import Signal, Written
from loop.records import Measurement, PickKind, Split
from loop.rounds import holdouts
from loop.rounds.context import StepContext, StepResult
from loop.selection.semantic_clusters import meanings_by_entailment, meanings_by_text
from loop.tasks.generation import answers as files
from loop.tasks.generation.answers import Answers
from loop.tasks.generation.models import drawn, entailment, greedy, marker, reader, writer
from loop.tasks.generation.references import wrong_of
from loop.tasks.generation.scored import SIGNALS

LEAST_KNOWN = 30
"""With fewer answers known right or wrong the model's own probability is taken as it is."""


def score(work: StepContext) -> StepResult:
    """Greedy and drawn answers of the champion to a random part of what may still be asked, with every signal."""
    with work.project.ledger.read() as connection:
        champion = figures.champion(connection)
    if champion is None:
        return StepResult({"skipped": "no model yet"})
    ids = _prompts(work)
    written = _written(work, champion, ids)
    signals = _signals(work, champion, written)
    wrong = wrong_of(work, written.greedy)
    confidence = _confidence(work, written, signals, wrong)
    with work.project.artifacts.writing(work.name("score")) as folder:
        files.save(written, folder)
        files.save_outcomes(folder, written, confidence=confidence, wrong=wrong)
        (folder / SIGNALS).write_text(json.dumps(signals))
    found = [*_told(signals, wrong), *_backing(work, written, wrong)]

    def record(connection: Connection) -> None:
        figures.add_measurements(connection, work.round, found)

    return StepResult({"prompts": len(ids), "model": champion}, record)


def _prompts(work: StepContext) -> tuple[str, ...]:
    """Prompts that were not asked yet, drawn at random, those set apart for audit left out: they steer nothing."""
    pool = work.project.pool
    with work.project.ledger.read() as connection:
        known = people.asked(connection) | {label.example_id for label in people.labels(connection)}
    apart = holdouts.reserve(work, PickKind.AUDIT)
    free = sorted(id_ for id_ in pool.ids(Split.POOL) if id_ not in known and id_ not in apart)
    order = work.rng("score").permutation(len(free))[: work.config.generation.prompts]
    return tuple(free[place] for place in order)


def _written(work: StepContext, champion: int, ids: Sequence[str]) -> Answers:
    chats = [one.chat for one in work.project.pool.examples(ids)]
    generator = writer(work, champion)
    first = generator.write(chats, sampling=greedy(work), seed=work.config.seed, progress=work.progress)
    count = work.config.generation.samples
    more = (
        generator.write(chats, sampling=drawn(work, count), seed=work.config.seed + work.round, progress=work.progress)
        if count
        else tuple(() for _ in chats)
    )
    return Answers(
        {id_: one[0] for id_, one in zip(ids, first, strict=True)}, dict(zip(ids, more, strict=True)) if count else {}
    )


def _signals(work: StepContext, champion: int, written: Answers) -> dict[str, dict[str, float | None]]:
    """Signal → example id → value; None where the model gave nothing to tell it from."""
    ids = list(written.greedy)
    chats = [one.chat for one in work.project.pool.examples(ids)]
    texts = [written.greedy[id_].text for id_ in ids]
    marks = marker(work, champion)
    rewards = marks.rewards(chats, texts) if marks and ids else np.empty((len(ids), 0))
    weigher = reader(work, champion, with_base=True)
    likely = weigher.likelihoods(chats, texts) if weigher and ids else None
    implicit = None if likely is None or likely.base_logprobs is None else likely.logprobs - likely.base_logprobs
    means = _meanings(work)
    views = []
    for place, id_ in enumerate(ids):
        samples = written.samples.get(id_, ())
        groups = means([one.text for one in (*samples, written.greedy[id_])])
        views.append(
            Written(
                greedy=written.greedy[id_],
                samples=samples,
                meanings=groups[:-1],
                greedy_meaning=groups[-1],
                rewards=tuple(float(mark) for mark in rewards[place]),
                implicit_reward=None if implicit is None else float(implicit[place]),
            )
        )
    found: dict[str, dict[str, float | None]] = {}
    for name in registry.names("signal"):
        signal: Signal = registry.load("signal", name)
        found[name] = {id_: signal(view) for id_, view in zip(ids, views, strict=True)}
    return found


def _meanings(work: StepContext) -> Callable[[Sequence[str]], tuple[int, ...]]:
    """Which answers mean the same: by entailment when a model of it is given, else by what they say."""
    model = entailment(work)
    if model is None:
        return meanings_by_text
    return lambda texts: meanings_by_entailment(texts, model.entails)


def _backing(work: StepContext, written: Answers, wrong: Mapping[str, bool | None]) -> tuple[Measurement, ...]:
    """How much of what was written nothing backs: by its source when a model of entailment is given, by the drawn
    answers in any case."""
    ids = list(written.greedy)
    sources = {one.id: one.context for one in work.project.pool.examples(ids) if one.context}
    rng = work.rng("score", 1)
    return measure_backing(written.greedy, sources, written.samples, wrong, entail=entailment(work), on="pool", rng=rng)


def _confidence(
    work: StepContext,
    written: Answers,
    signals: Mapping[str, Mapping[str, float | None]],
    wrong: Mapping[str, bool | None],
) -> dict[str, float]:
    """Probability that the greedy answer is right: logistic in the project's signal where enough is known, else the
    geometric mean of the token probabilities; nothing for an answer without either.
    """
    doubt = {id_: value for id_, value in signals[work.config.generation.signal].items() if value is not None}
    known = [id_ for id_ in doubt if wrong.get(id_) is not None]
    outcomes = {wrong[id_] for id_ in known}
    if len(known) >= LEAST_KNOWN and len(outcomes) == 2:
        from sklearn.linear_model import LogisticRegression

        scale = float(np.std([doubt[id_] for id_ in known])) or 1.0
        model = LogisticRegression().fit([[doubt[id_] / scale] for id_ in known], [not wrong[id_] for id_ in known])
        chances = model.predict_proba([[value / scale] for value in doubt.values()])[:, 1]
        return dict(zip(doubt, map(float, chances), strict=True))
    return {
        id_: float(np.exp(one.logprob / max(one.tokens, 1)))
        for id_, one in written.greedy.items()
        if one.logprob is not None
    }


def _told(signals: Mapping[str, Mapping[str, float | None]], wrong: Mapping[str, bool | None]) -> list[Measurement]:
    """How well every signal tells wrong answers from right ones; the length is the baseline to beat."""
    rows = []
    for name, values in signals.items():
        known = [id_ for id_, value in values.items() if value is not None and wrong.get(id_) is not None]
        truth = np.array([bool(wrong[id_]) for id_ in known])
        if len(known) < LEAST_KNOWN or truth.all() or not truth.any():
            continue
        value, low, high = auroc(np.array([values[id_] for id_ in known], dtype=np.float64), truth)
        rows.append(Measurement("auroc", value, low, high, len(known), "pool", f"signal={name}", "delong"))
    return rows
