"""The models of a project's rounds, opened: who writes, who weighs, who marks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from loop.artifact_names import artifact
from loop.config import Config
from loop.errors import ModelError
from loop.ledger import figures
from loop.ledger.figures import ModelRow
from loop.project import Project
from loop.protocols import Generator, LikelihoodScorer, RewardModel, Sampling
from loop.rounds.context import StepContext

SERVED = "served"


def base_of(project: Project, config: Config) -> str:
    """The base model's name; a folder is meant from the project's own place."""
    base = config.model.base
    local = project.root / base
    return str(local.resolve()) if local.is_dir() else base


def row_of(work: StepContext, round_: int) -> ModelRow:
    """A round's model. Raises ModelError when it has none."""
    with work.project.ledger.read() as connection:
        found = next((row for row in figures.models(connection) if row.round == round_), None)
    if found is None:
        raise ModelError(f"round {round_} has no model", do="`weakspot report` lists those that have one")
    return found


def writer(work: StepContext, round_: int) -> Generator:
    """A round's model, ready to write."""
    row = row_of(work, round_)
    if row.tuning == SERVED:
        from loop.endpoint import EndpointGenerator

        asked = work.config.generation
        endpoint: Generator = EndpointGenerator(str(asked.endpoint), row.base, os.environ.get(asked.token_env))
        return endpoint
    from loop.models.generation import load_generator

    found: Generator = load_generator(_folder(work, round_) / "model")
    return found


def reader(work: StepContext, round_: int, *, with_base: bool = False) -> LikelihoodScorer | None:
    """A round's model, ready to weigh given answers; None for one that is served elsewhere.

    with_base: also what the untuned model makes of them (the implicit reward), at the price of holding both in memory
    where all weights were tuned.
    """
    if row_of(work, round_).tuning == SERVED:
        return None
    from loop.models.generation import load_reader

    found: LikelihoodScorer = load_reader(_folder(work, round_) / "model", with_base=with_base)
    return found


def marker(work: StepContext, round_: int) -> RewardModel | None:
    """The newest reward model up to a round; None when there is none."""
    with work.project.ledger.read() as connection:
        rounds = [row.round for row in figures.models(connection) if row.round <= round_]
    folders = [_folder(work, one) / "reward" for one in reversed(rounds)]
    found = next((folder for folder in folders if folder.is_dir()), None)
    if found is None:
        return None
    from loop.models.generation import load_reward

    marks: RewardModel = load_reward(found)
    return marks


def entailment(work: StepContext) -> Any:
    """The project's model of entailment; None when it names none. Raises ModelError."""
    name = work.config.generation.nli
    if name is None:
        return None
    from loop.models.generation.entailment import load_entailment

    local = work.project.root / name
    return load_entailment(local if local.is_dir() else name)


def greedy(work: StepContext) -> Sampling:
    """How the one answer is written that is measured and shown."""
    return Sampling(max_new_tokens=work.config.generation.max_new_tokens)


def drawn(work: StepContext, samples: int) -> Sampling:
    """How further answers are drawn."""
    asked = work.config.generation
    return Sampling(max_new_tokens=asked.max_new_tokens, temperature=asked.temperature, samples=samples)


def _folder(work: StepContext, round_: int) -> Path:
    return work.project.artifacts.open(artifact(round_, "train"))
