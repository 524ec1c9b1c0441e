"""Step `evaluate`: what the new model writes to gold, audit, dev and retention prompts, in figures.

tuned model ─► answers ─► errors, checks, likeness to references, length, perplexity, latency ─► figures with intervals
gold answers + their contexts ─► model of entailment ─► what no context backs, beside the length
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from sqlalchemy import Connection

from loop.artifact_names import RETENTION
from loop.evaluation.intervals import bootstrap
from loop.evaluation.measure import RESAMPLED
from loop.evaluation.texts import measure
from loop.evaluation.texts.support import measure_backing
from loop.ledger import figures, people
from loop.protocols import Generator
from loop.records import Example, FloatArray, Generation, Measurement, Split
from loop.records.vocabulary import EVAL_SET_OF
from loop.rounds.context import StepContext, StepResult
from loop.rounds.embeddings import embeddings, partition
from loop.rounds.retention import retention
from loop.tasks.generation import answers as files
from loop.tasks.generation.answers import Answers
from loop.tasks.generation.models import entailment, greedy, reader, writer
from loop.tasks.generation.references import checks_of, columns_of, references_of

TIMED = 12
"""Prompts answered one at a time, for the latency."""


def evaluate(work: StepContext) -> StepResult:
    """Answers every measured prompt with this round's model."""
    with work.project.ledger.read() as connection:
        if not any(row.round == work.round for row in figures.models(connection)):
            return StepResult({"skipped": "no model in this round"})
    grounds = grounds_of(work)
    model = writer(work, work.round)
    examples = {one.id: one for ids in grounds.values() for one in work.project.pool.examples(ids)}
    kept, kept_references = retention(work.project)
    everything = [*examples.values(), *kept]
    started = time.perf_counter()
    written = _answered(work, model, everything)
    seconds = time.perf_counter() - started
    references = references_of(work)
    columns = columns_of(list(examples.values()), references, metadata=work.project.pool.metadata_columns)
    checks = checks_of(work)
    wrong = measure.wrong({id_: written[id_] for id_ in examples}, columns, references, checks)
    with work.project.artifacts.writing(work.name("evaluate")) as folder:
        answers = Answers(written)
        files.save(answers, folder)
        files.save_outcomes(folder, Answers({id_: written[id_] for id_ in examples}), confidence={}, wrong=wrong)
    found: list[Measurement] = []
    for place, (ground, ids) in enumerate(grounds.items()):
        rng = work.rng("evaluate", place)
        mine = {id_: written[id_] for id_ in ids}
        slices = slices_of(work, [examples[id_] for id_ in ids])
        found += measure.measure_texts(mine, columns, references, checks, on=ground, slices=slices, rng=rng)
    found += _retention(work, kept, kept_references, written)
    found += _backing(work, [examples[id_] for id_ in grounds["gold"]], written, wrong)
    found += _perplexity(work, [examples[id_] for id_ in grounds["gold"]], references)
    found += _latency(work, model, everything[:TIMED])
    tokens = sum(one.tokens for one in written.values()) / seconds
    found.append(Measurement("tokens_per_second", tokens, None, None, len(written), "gold", "", "wall"))

    def record(connection: Connection) -> None:
        figures.put_measurements(connection, work.round, found)

    headline = {f"{row.on}_error": row.value for row in found if row.metric == "error_rate" and not row.slice}
    return StepResult({ground: len(ids) for ground, ids in grounds.items()} | headline, record)


def grounds_of(work: StepContext) -> dict[str, tuple[str, ...]]:
    """Ground → prompts: gold, and the random questions of all rounds so far."""
    with work.project.ledger.read() as connection:
        picks = people.picks(connection)
    drawn = {
        name: tuple(sorted({row.pick.example_id for row in picks if row.pick.kind is kind}))
        for kind, name in EVAL_SET_OF.items()
    }
    return {"gold": work.project.pool.ids(Split.GOLD), **drawn}


def _answered(work: StepContext, model: Generator, examples: Sequence[Example]) -> dict[str, Generation]:
    chats = [one.chat for one in examples]
    written = model.write(chats, sampling=greedy(work), seed=work.config.seed, progress=work.progress)
    return {one.id: answer[0] for one, answer in zip(examples, written, strict=True)}


def slices_of(work: StepContext, examples: Sequence[Example]) -> dict[str, Sequence[str]]:
    """Slice name → ids: every value of every metadata column, and every weak spot."""
    members: dict[str, list[str]] = {}
    frozen = embeddings(work)
    regions = partition(work, frozen).regions
    for one in examples:
        for column, value in one.metadata.items():
            members.setdefault(f"{column}={value}"[:255], []).append(one.id)
        members.setdefault(f"spot={regions[frozen.row_of[one.id]]}", []).append(one.id)
    return dict(members)


def _retention(
    work: StepContext,
    examples: Sequence[Example],
    references: Mapping[str, tuple[str, ...]],
    written: Mapping[str, Generation],
) -> tuple[Measurement, ...]:
    """What the base model could do: error rate and likeness, by reference, whatever the project checks."""
    mine = {one.id: written[one.id] for one in examples}
    columns = columns_of(examples, references, metadata=())
    rng = work.rng("evaluate", 7)
    return measure.measure_texts(mine, columns, references, (), on=RETENTION, slices={}, rng=rng) if mine else ()


def _perplexity(
    work: StepContext, examples: Sequence[Example], references: Mapping[str, tuple[str, ...]]
) -> list[Measurement]:
    known = [one for one in examples if references.get(one.id)]
    weigher = reader(work, work.round) if known else None
    if weigher is None:
        return []
    likely = weigher.likelihoods([one.chat for one in known], [references[one.id][0] for one in known])
    found = measure.perplexity(likely, on="gold", rng=work.rng("evaluate", 8))
    return [found] if found else []


def _backing(
    work: StepContext, examples: Sequence[Example], written: Mapping[str, Generation], wrong: Mapping[str, bool | None]
) -> tuple[Measurement, ...]:
    """How much of the gold answers their contexts do not back; nothing without contexts or a model of entailment.

    How far drawn answers disagree is told of the pool alone (step `score`): several answers to every gold prompt would
    take longer than all else that is measured here.
    """
    sources = {one.id: one.context for one in examples if one.context}
    entail = entailment(work) if sources else None
    mine = {one.id: written[one.id] for one in examples if one.id in sources}
    rng = work.rng("evaluate", 10)
    return measure_backing(mine, sources, {}, wrong, entail=entail, on="gold", rng=rng)


def _latency(work: StepContext, model: Generator, examples: Sequence[Example]) -> list[Measurement]:
    """Seconds of single answers, median and 95th percentile, on this machine as busy as it was."""
    from loop.models.generation import timed

    if not examples:
        return []
    seconds = np.array(timed(model, [one.chat for one in examples], sampling=greedy(work)))
    rows = []
    for name, share in (("latency_p50", 50), ("latency_p95", 95)):
        at = partial(_percentile, share=share)
        low, high = bootstrap(at, (seconds,), rng=work.rng("evaluate", 9))
        rows.append(Measurement(name, at(seconds), float(low), float(high), len(seconds), "gold", "", RESAMPLED))
    return rows


def _percentile(seconds: FloatArray, *, share: int) -> float:
    return float(np.percentile(seconds, share))
