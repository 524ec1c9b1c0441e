"""Step `train`: demonstrations and preferences so far → a tuned model that writes, and a reward model beside it.

no champion and nothing to learn from ─► the base model as it is: the first model
nothing new since the champion        ─► no model in this round
else                                  ─► tuned on from the champion, on what is new and as much of what is old
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection

from loop import registry
from loop.ledger import figures, people
from loop.ledger.figures import ModelRow
from loop.protocols import Demonstration, Pair, WritingData, WritingReport
from loop.records import Label, Preference, Role, Split
from loop.rounds import holdouts
from loop.rounds.context import StepContext, StepResult, now
from loop.rounds.leaks import kept_out
from loop.step_folders import save_training_set
from loop.tasks.generation.models import SERVED, base_of

GUARD = 32
"""Prompts answered now and then while tuning, to see a collapse."""
RL_PROMPTS = 256
"""Prompts of the pool that methods which let the model write are given."""
LEAST_FOR_REWARD = 20
"""Fewer preferences than this teach a reward model nothing."""
UNTUNED = "none"


@dataclass(frozen=True)
class Known:
    """What may be learned from: nothing whose prompt measures the model."""

    labels: tuple[Label, ...]
    preferences: tuple[Preference, ...]

    def digest(self) -> str:
        """A hash of every demonstration and preference."""
        rows = [[one.example_id, one.label] for one in self.labels]
        rows += [[one.id, one.chosen, one.rejected, f"{one.certainty:.4f}"] for one in self.preferences]
        return hashlib.blake2b(json.dumps(sorted(rows)).encode(), digest_size=16).hexdigest()


def train(work: StepContext) -> StepResult:
    """Tunes on from the champion; round 0 without anything to learn from keeps the base model as the first model."""
    known = _known(work)
    champion = _champion(work)
    if work.config.generation.endpoint:
        return _served(work, champion)
    if champion is not None and champion.labels_digest == known.digest():
        work.say("No model in this round: nothing new was learned since the champion")
        return StepResult({"skipped": "nothing new to learn from"})
    seed = int(work.rng("train").integers(2**31))
    nothing = not known.labels and not known.preferences
    report = _untuned(work) if nothing else _tuned(work, known, champion, seed=seed)
    if report.collapsed:
        work.say(f"Tuning was stopped: {report.why}")
    row = ModelRow(
        round=work.round,
        artifact=work.name("train"),
        # Tuning goes on from the champion, so from its base, whatever weakspot.yaml names now.
        base=champion.base if champion else work.config.model.base,
        tuning=UNTUNED if nothing else work.config.model.tuning,
        seed=seed,
        train_n=report.demonstrations + report.pairs,
        dev_n=0,
        labels_digest=known.digest(),
        temperature=1.0,
        training=asdict(report) | {"champion": champion.round if champion else None},
        created_at=now(),
    )

    def record(connection: Connection) -> None:
        figures.add_model(connection, row)

    outcome = {"demonstrations": report.demonstrations, "pairs": report.pairs, "steps": report.steps}
    return StepResult(outcome | ({"collapsed": report.why} if report.collapsed else {}), record)


def _served(work: StepContext, champion: ModelRow | None) -> StepResult:
    """A model behind an address is asked and measured, never tuned: a new name there is a new model."""
    name = str(work.config.generation.endpoint_model)
    if champion is not None and champion.base == name:
        return StepResult({"skipped": f"{name} is served elsewhere and has not changed its name"})
    with work.project.artifacts.writing(work.name("train")) as folder:
        save_training_set(folder, [])
    row = ModelRow(
        round=work.round,
        artifact=work.name("train"),
        base=name,
        tuning=SERVED,
        seed=0,
        train_n=0,
        dev_n=0,
        labels_digest="",
        temperature=1.0,
        training={"method": SERVED, "endpoint": work.config.generation.endpoint},
        created_at=now(),
    )

    def record(connection: Connection) -> None:
        figures.add_model(connection, row)

    return StepResult({"model": name}, record)


def _known(work: StepContext) -> Known:
    leaking = kept_out(work)
    with work.project.ledger.read() as connection:
        labels = people.labels(connection, roles=[Role.TRAIN])
        preferences = people.preferences(connection, roles=[Role.TRAIN])
    return Known(
        tuple(one for one in labels if one.example_id not in leaking),
        tuple(one for one in preferences if one.example_id not in leaking),
    )


def _champion(work: StepContext) -> ModelRow | None:
    with work.project.ledger.read() as connection:
        round_ = figures.champion(connection)
        return next((row for row in figures.models(connection) if row.round == round_), None)


def _untuned(work: StepContext) -> WritingReport:
    from loop.models.generation import untuned

    with work.project.artifacts.writing(work.name("train")) as folder:
        (folder / "model").mkdir()
        untuned(folder / "model", base=base_of(work.project, work.config), revision=work.config.model.revision)
        save_training_set(folder, [])
    return WritingReport(
        method=UNTUNED,
        steps=0,
        best_step=0,
        demonstrations=0,
        pairs=0,
        trainable_parameters=0,
        train_loss=None,
        collapsed=False,
        why="",
    )


def _tuned(work: StepContext, known: Known, champion: ModelRow | None, *, seed: int) -> WritingReport:
    model = work.config.model
    settings = registry.settings(model.tuning)(**model.options)
    trainer = registry.load("writing_tuning", model.tuning)(
        settings, base=base_of(work.project, work.config), revision=model.revision
    )
    start = work.project.artifacts.open(champion.artifact) / "model" if champion else None
    learned = _replayed(work, known, since=champion.round if champion else None)
    scratch = work.project.state / "scratch" / f"round-{work.round:03d}"
    scratch.mkdir(parents=True, exist_ok=True)
    with work.project.artifacts.writing(work.name("train")) as folder:
        (folder / "model").mkdir()
        report: WritingReport = trainer(
            _data(work, learned),
            start=start,
            out=folder / "model",
            scratch=scratch,
            seed=seed,
            progress=work.progress,
        )
        rows = [(one.example_id, one.label, one.role.value) for one in learned.labels]
        rows += [(one.example_id, one.chosen, one.role.value) for one in learned.preferences]
        save_training_set(folder, rows)
        _reward(work, known, folder, scratch, start=start, settings=settings, seed=seed)
    shutil.rmtree(scratch)
    return report


def _replayed(work: StepContext, known: Known, *, since: int | None) -> Known:
    """What came since the champion was trained, and as many earlier ones drawn at random, so that none is forgotten."""
    if since is None:
        return known
    rng = work.rng("train", 1)
    # A model of round r was trained on what rounds before r brought.
    labels = [one for one in known.labels if one.round is not None and one.round >= since]
    new = [one for one in known.preferences if one.round >= since]
    old_labels = [one for one in known.labels if one.round is None or one.round < since]
    old = [one for one in known.preferences if one.round < since]
    count = len(new) + len(labels)
    drawn = _drawn(old, min(count, len(old)), rng)
    drawn_labels = _drawn(old_labels, min(count, len(old_labels)), rng)
    return Known((*labels, *drawn_labels), (*new, *drawn))


def _drawn(rows: Sequence[Any], count: int, rng: np.random.Generator) -> list[Any]:
    return [rows[place] for place in sorted(rng.choice(len(rows), count, replace=False))] if count else []


def _data(work: StepContext, known: Known) -> WritingData:
    pool = work.project.pool
    rng = work.rng("train", 2)
    apart = frozenset[str]().union(*(holdouts.reserve(work, kind) for kind in holdouts.LOTS))
    # Methods that let the model write learn from these prompts too: none that measures, now or in a later round.
    ids = [id_ for id_ in pool.ids(Split.POOL) if id_ not in apart]
    drawn = rng.permutation(len(ids))[: GUARD + RL_PROMPTS]
    prompts = [one.chat for one in pool.examples([ids[place] for place in drawn])]
    wanted = {one.example_id for one in known.labels} | {one.example_id for one in known.preferences}
    chat = {one.id: one.chat for one in pool.examples(sorted(wanted))}
    return WritingData(
        demonstrations=tuple(Demonstration(chat[one.example_id], one.label) for one in known.labels),
        pairs=_pairs(known.preferences, chat),
        prompts=tuple(prompts[GUARD:]) or tuple(prompts),
        guard=tuple(prompts[:GUARD]),
    )


def _pairs(preferences: Sequence[Preference], chat: dict[str, Any]) -> tuple[Pair, ...]:
    return tuple(Pair(chat[one.example_id], one.chosen, one.rejected, one.certainty) for one in preferences)


def _reward(
    work: StepContext, known: Known, folder: Path, scratch: Path, *, start: Path | None, settings: Any, seed: int
) -> None:
    """A reward model on all preferences so far, when the config wants one."""
    members = work.config.generation.reward_models
    if not members or len(known.preferences) < LEAST_FOR_REWARD:
        return
    from loop.models.generation import tune_reward

    chat = {one.id: one.chat for one in work.project.pool.examples([one.example_id for one in known.preferences])}
    (folder / "reward").mkdir()
    tune_reward(
        _pairs(known.preferences, chat),
        base=base_of(work.project, work.config),
        revision=work.config.model.revision,
        start=start,
        out=folder / "reward",
        scratch=scratch / "reward",
        seed=seed,
        settings=settings,
        members=members,
        progress=work.progress,
    )
