"""The champion's answers to a file, its export, and what simulated experts know."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from loop import trust
from loop.errors import ModelError
from loop.evaluation.texts.checks import load_function
from loop.evaluation.texts.metrics import chrf
from loop.ledger import people
from loop.ledger.figures import ModelRow
from loop.pool import recognise
from loop.pool.prompts import prompt_rows, prompts_of
from loop.pool.summary import left_out
from loop.project import Project
from loop.protocols import Generator, Sampling
from loop.rounds.context import StepContext
from loop.rounds.task import FilePredictions
from loop.tasks.generation.card import figures_of
from loop.tasks.generation.models import SERVED, base_of
from loop.tasks.generation.references import columns_of


def predict(project: Project, row: ModelRow, file: str, text: str | None) -> FilePredictions:
    """The greedy answer to every prompt of a file, with the geometric mean of its token probabilities."""
    source = recognise(file)
    named = project.config.data
    column = text or (named.text if named.text in source.columns else None)
    context = named.context if named.context in source.columns else None
    rows = prompt_rows(source, text=column, context=context)
    examples = prompts_of(rows)
    sampling = Sampling(max_new_tokens=project.config.generation.max_new_tokens)
    written = _writer(project, row).write([one.chat for one in examples], sampling=sampling, seed=project.config.seed)
    answers = tuple(
        {
            "prompt": one.text,
            "answer": answer.text,
            "finished": str(answer.finished).lower(),
            **_sure(answer),
            "row": number,
        }
        for one, (answer,), number in zip(examples, written, rows.numbers.tolist(), strict=True)
    )
    return FilePredictions(answers, left_out(rows.empty, rows.unreadable))


def export(project: Project, row: ModelRow, folder: Path, card: Mapping[str, Any], adapter: bool) -> None:
    """The whole model with the adapter merged in, or the adapter alone. Raises ModelError for one served elsewhere."""
    if row.tuning == SERVED:
        raise ModelError(f"{row.base} is served elsewhere", wanted="a model that weakspot tuned")
    from loop.models.generation import export_writer

    report = row.training
    learnt = {"demonstrations": report.get("demonstrations"), "preferences": report.get("pairs")}
    facts = {name: value for name, value in card.items() if name not in ("error_rate", "training_labels")}
    measured = {"measure": "error rate", "value": card["error_rate"]} if "error_rate" in card else {}
    told = {**facts, **learnt, **measured, "figures": figures_of(project, row)}
    export_writer(project.artifacts.open(row.artifact) / "model", folder, merged=not adapter, card=told)


def model(project: Project) -> str:
    """The base model, or the endpoint that serves it, is there, and so is what tuning needs. Raises ModelError."""
    asked = project.config.generation
    if asked.endpoint:
        from loop.endpoint import EndpointGenerator

        EndpointGenerator(asked.endpoint, str(asked.endpoint_model), os.environ.get(asked.token_env)).check()
        return f"{asked.endpoint_model} answers at {asked.endpoint}"
    for package in ("trl", "sacrebleu", "rouge-score"):
        if find_spec(package.replace("-", "_")) is None:
            raise ModelError(f"{package} is not installed", wanted="it", do="pip install 'weakspot[generation]'")
    from loop.models.generation.bases import load_base

    base = base_of(project, project.config)
    load_base(base, revision=project.config.model.revision)
    return f"{base} loads"


def knowledge(work: StepContext) -> Mapping[str, Any]:
    """The hidden reference of each question, and the marks an expert would give an answer to it."""
    pool = work.project.pool
    references = pool.references_for_simulation()
    with work.project.ledger.read() as connection:
        example_of = {row.ext_id: row.pick.example_id for row in people.picks(connection)}
    ids = sorted(set(example_of.values()))
    columns = columns_of(pool.examples(ids), references, metadata=pool.metadata_columns)
    mark = _rubric(work)

    def marks(ext_id: str, answer: str) -> float:
        return mark(answer, columns[example_of[ext_id]])

    def truth(ext_id: str) -> str | None:
        return next(iter(references.get(example_of[ext_id], ())), None)

    return {"truth": truth, "marks": marks}


def _rubric(work: StepContext) -> Callable[[str, dict[str, str]], float]:
    """The project's rubric for simulated experts; without one how like the reference an answer is (chrF)."""
    spec = work.config.experts.rubric
    if spec is not None:
        root = work.project.root
        return load_function(spec, root, allow=partial(trust.require_code, root, "experts.rubric", spec))

    def like_the_reference(answer: str, example: dict[str, str]) -> float:
        return float(chrf([answer], [(example["reference"],)])[0]) if example["reference"] else 0.5

    return like_the_reference


def _writer(project: Project, row: ModelRow) -> Generator:
    if row.tuning == SERVED:
        from loop.endpoint import EndpointGenerator

        asked = project.config.generation
        endpoint: Generator = EndpointGenerator(str(asked.endpoint), row.base, os.environ.get(asked.token_env))
        return endpoint
    from loop.models.generation import load_generator

    found: Generator = load_generator(project.artifacts.open(row.artifact) / "model")
    return found


def _sure(answer: Any) -> dict[str, float]:
    return {} if answer.logprob is None else {"confidence": float(np.exp(answer.logprob / max(answer.tokens, 1)))}
