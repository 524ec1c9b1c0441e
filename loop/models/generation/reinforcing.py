"""Learning from marks: the model writes, a reward model marks, what is above the others to the same prompt is raised.

pairs ─► reward model ─┐
prompts ─► answers ────┴─► marks ─► RLOO or GRPO, held near the start by the price of a nat of distance
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from datasets import Dataset
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.rloo_config import RLOOConfig

from loop.models.checkpoint import MANIFEST
from loop.models.generation import trainers
from loop.models.generation.arguments import arguments
from loop.models.generation.bases import WritingBase, messages
from loop.models.generation.reward import load_reward, tune_reward
from loop.models.generation.settings import WritingSettings
from loop.protocols import Pair, Progress
from loop.records import Chat, Message

Mark = Callable[[Sequence[Chat], Sequence[str]], Sequence[float]]
"""Prompts and answers → a mark for each; only differences for the same prompt count."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What marks are learnt from, and where."""

    pairs: tuple[Pair, ...]
    base: str
    revision: str | None
    start: Path | None
    folder: Path
    """Of the run; the reward model is kept in it, so that a run that goes on has the same one."""
    seed: int


def learnt_mark(judged: Judged, settings: WritingSettings, *, progress: Progress | None = None) -> Mark:
    """The mean mark of the reward models tuned on the pairs, or of those a killed run had finished."""
    folder = judged.folder / "reward"
    if not (folder / MANIFEST).is_file():
        tune_reward(
            judged.pairs,
            base=judged.base,
            revision=judged.revision,
            start=judged.start,
            out=folder,
            scratch=judged.folder / "reward-run",
            seed=judged.seed,
            settings=settings,
            members=settings.reward_members,
            progress=progress,
        )
    marks = load_reward(folder)
    return lambda chats, answers: [float(mark) for mark in marks.rewards(chats, answers).mean(axis=1)]


def trainer_by_marks(
    method: str,
    opened: WritingBase,
    prompts: Sequence[Chat],
    mark: Mark,
    settings: WritingSettings,
    *,
    folder: Path,
    seed: int,
) -> Any:
    """A transformers Trainer over `opened.model`. method: "rloo" or "grpo"."""
    settings = replace(settings, batch_size=_whole_groups(settings))
    group = settings.group_size
    rate = settings.rate(method, width=opened.model.config.get_text_config().hidden_size)
    given = arguments(settings, folder=folder, steps=settings.total_steps(len(prompts) * group), rate=rate, seed=seed)
    given |= {
        "num_generations": group,
        "max_completion_length": settings.answer_tokens,
        "temperature": settings.temperature,
        "beta": settings.kl,
    }
    # trl leaves out what does not fill a step, which could be all there is.
    copies = math.ceil(settings.batch_size // group / len(prompts))
    common = {
        "model": opened.model,
        "processing_class": opened.tokenizer,
        "reward_funcs": _told_to_trl(mark),
        "train_dataset": Dataset.from_dict({"prompt": [messages(chat) for chat in prompts] * copies}),
    }
    trainer: Any
    if method == "rloo":
        trainer = trainers.LeaveOneOut(args=RLOOConfig(**given), **common)
    else:
        trainer = trainers.GroupRelative(args=GRPOConfig(**given), **common)
    if trainer.ref_model is not None:
        # trl loads it by the base's name, but the reference is what the run starts from.
        trainer.ref_model.load_state_dict(opened.model.state_dict())
    return trainer


def _whole_groups(settings: WritingSettings) -> int:
    unit = math.lcm(settings.group_size, settings.accumulate)
    return math.ceil(settings.batch_size / unit) * unit


def _told_to_trl(mark: Mark) -> Callable[..., list[float]]:
    def marks(prompts: Any, completions: Any, **_columns: Any) -> list[float]:
        chats = [tuple(Message(turn["role"], turn["content"]) for turn in prompt) for prompt in prompts]
        return list(mark(chats, [completion[0]["content"] for completion in completions]))

    return marks
