"""One run of a reward model, by trl.

Rows ─► columns ─► RewardTrainer with our certainty and tokens ─► tuned in place     (checkpoints in scratch)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from datasets import Dataset
from trl.trainer.reward_config import RewardConfig
from trl.trainer.reward_trainer import DataCollatorForPreference, RewardTrainer

from loop.models.generation.arguments import arguments, train
from loop.models.generation.bases import WritingBase
from loop.models.generation.checkpoints import run_folder
from loop.models.generation.data import Row
from loop.models.generation.settings import WritingSettings
from loop.models.generation.trainers import Beside, Prepared, conservative
from loop.protocols import Progress

CENTRE = 0.01
"""Weight of (mark + mark)^2, which keeps marks around 0 (Eisenstein et al. 2023, Helping or Herding, 2312.09244)."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one member of an ensemble learns."""

    rows: tuple[Row, ...]
    """Pairs."""
    settings: WritingSettings
    scratch: Path
    seed: int
    member: int
    members: int


def tune_member(opened: WritingBase, lesson: Lesson, *, progress: Progress | None) -> None:
    """Tunes a classifier of one output in place, going on from a checkpoint of the same lesson."""
    settings, seed = lesson.settings, lesson.seed
    steps = settings.total_steps(len(lesson.rows))
    rate = settings.rate("reward", width=opened.model.config.get_text_config().hidden_size)
    folder = run_folder(lesson.scratch, "reward", lesson.rows, settings, opened.name, opened.revision, seed)
    given = arguments(settings, folder=folder, steps=steps, rate=rate, seed=seed)
    given |= {"save_strategy": "steps", "save_steps": math.ceil(steps / settings.looks), "max_length": None}
    columns = {
        "chosen_ids": [[*row.prompt, *row.chosen] for row in lesson.rows],
        "rejected_ids": [[*row.prompt, *(row.rejected or ())] for row in lesson.rows],
        "certainty": [row.certainty for row in lesson.rows],
    }
    trainer = Marking(
        model=opened.model,
        processing_class=opened.tokenizer,
        args=RewardConfig(**given),
        train_dataset=Dataset.from_dict(columns),
        data_collator=Beside(DataCollatorForPreference(opened.tokenizer.pad_token_id), ("certainty",)),
        callbacks=[_Told(progress, before=lesson.member * steps, total=lesson.members * steps)],
    )
    train(trainer, folder)
    opened.model.eval()


class Marking(Prepared, RewardTrainer):  # type: ignore[misc, unused-ignore]  # trl has no types
    """Bradley–Terry with the certainty of each pair."""

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,  # noqa: ARG002  # transformers' signature
        num_items_in_batch: Any = None,  # noqa: ARG002
    ) -> torch.Tensor:
        """Mean over the batch."""
        scores = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], use_cache=False).logits
        chosen, rejected = scores[:, 0].float().chunk(2)
        centre = CENTRE * (chosen + rejected).square()
        loss: torch.Tensor = (conservative(chosen - rejected, inputs["certainty"]) + centre).mean()
        return loss


class _Told(transformers.TrainerCallback):  # type: ignore[misc]  # transformers has no types
    """Progress over all members."""

    def __init__(self, progress: Progress | None, *, before: int, total: int) -> None:
        self.progress = progress
        self.before = before
        self.total = total

    def on_step_end(self, _args: Any, state: Any, _control: Any, **_kwargs: Any) -> None:
        if self.progress:
            self.progress(self.before + state.global_step, self.total)
