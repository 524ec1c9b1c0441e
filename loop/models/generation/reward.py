"""Reward models: pairs → marks for answers, larger is preferred (Bradley–Terry; Ouyang et al. 2022, InstructGPT).

pairs ─► m runs, each with a seed, an adapter and a score head of its own ─► folder ─► load_reward ─► marks (n, m)

out/start/        the model folder it started from, when that was a tuned one (copied: this folder needs no other)
out/member-<k>/   adapter and score head, a peft folder
out/weakspot.json RewardAbout, last
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import peft
import torch
import transformers

from loop.errors import DataError, ModelError
from loop.models.adapters import save_adapter
from loop.models.bases import UNREADABLE, device, quiet
from loop.models.checkpoint import MANIFEST
from loop.models.generation.adapters import adapt
from loop.models.generation.bases import WritingBase, answer_ids, context_length, load_base, prompt_ids
from loop.models.generation.batching import batches
from loop.models.generation.data import rows_of
from loop.models.generation.folders import load_folder
from loop.models.generation.settings import WritingSettings
from loop.protocols import Pair, Progress
from loop.records import Chat, FloatArray

FORMAT = "weakspot-reward-1"
START = "start"


@dataclass(frozen=True, slots=True)
class RewardAbout:
    """What weakspot.json of a reward folder says."""

    base: str
    revision: str | None
    started: bool
    """From the model folder in start/, not from the base itself."""
    members: int
    max_length: int
    """Tokens of prompt and answer together; of a longer one the beginning is cut off."""
    seed: int


@dataclass(frozen=True, slots=True)
class RewardReport:
    """What tuning a reward model did."""

    pairs: int
    """Learnt from, by each member."""
    members: int
    steps: int
    """Optimizer steps of each member."""
    accuracy: float | None
    """Share of the held-out pairs the mean mark orders as people did, ties half; None without any."""


def tune_reward(
    pairs: Sequence[Pair],
    *,
    base: str,
    revision: str | None,
    start: Path | None,
    out: Path,
    scratch: Path,
    seed: int,
    settings: WritingSettings,
    members: int = 1,
    dev: Sequence[Pair] = (),
    progress: Progress | None = None,
) -> RewardReport:
    """Tunes `members` reward models and saves them under `out`; certainty counts as in DPO.

    start: the model folder whose language they begin with; None: the base. Always LoRA with a score head, whatever
    settings.adapt says. scratch: as for a WritingTrainer. Raises DataError without a usable pair, ModelError.
    """
    # trl loads here and not above: marks can be read without it.
    from loop.models.generation.arguments import silence
    from loop.models.generation.reward_scores import Lesson, tune_member

    settings = replace(settings, adapt="lora", learning_rate=settings.reward_learning_rate)
    out.mkdir(parents=True, exist_ok=True)
    if start is not None:
        shutil.copytree(start, out / START, dirs_exist_ok=True)
    with silence():
        for member in range(members):
            opened = _unscored(base, revision, out / START if start else None)
            longest = min(settings.max_length, context_length(opened.model) or settings.max_length)
            rows = rows_of(opened.tokenizer, (), pairs, max_length=longest)
            if not rows:
                raise DataError("there is no pair of different answers to learn marks from", do="compare answers first")
            lesson = Lesson(rows, settings, scratch=scratch, seed=seed + member, member=member, members=members)
            scored = replace(opened, model=_scored(opened, settings, seed=seed + member))
            tune_member(scored, lesson, progress=progress)
            save_adapter(scored.model, out / f"member-{member}")
    about = RewardAbout(opened.name, opened.revision, start is not None, members, longest, seed)
    (out / MANIFEST).write_text(json.dumps({"format": FORMAT, **asdict(about)}, indent=1) + "\n", encoding="utf-8")
    steps = settings.total_steps(len(rows))
    return RewardReport(len(rows), members, steps, _accuracy(load_reward(out), dev) if dev else None)


def load_reward(folder: Path) -> Marks:
    """The reward models of a folder. Raises ModelError for a damaged one, or when the base is not there any more."""
    try:
        said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        found = said.pop("format")
        if found != FORMAT:
            raise ModelError(f"{folder} has format {found!r}", wanted=repr(FORMAT), do="tune again, or update weakspot")
        about = RewardAbout(**said)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{folder} is no reward model of weakspot, or is damaged", do="tune it again") from error
    opened = _unscored(about.base, about.revision, folder / START if about.started else None)
    try:
        with quiet():
            model = peft.PeftModel.from_pretrained(opened.model, str(folder / "member-0"), adapter_name="member-0")
            for member in range(1, about.members):
                model.load_adapter(str(folder / f"member-{member}"), adapter_name=f"member-{member}")
    except UNREADABLE as error:
        raise ModelError(f"the reward model in {folder} is damaged", do="tune it again") from error
    return Marks(replace(opened, model=model.to(device()).eval()), about)


class Marks:
    """A RewardModel (loop.protocols)."""

    def __init__(self, opened: WritingBase, about: RewardAbout) -> None:
        """opened.model: a PeftModel with the adapters member-0, member-1, ..."""
        self.opened = opened
        self.about = about

    def rewards(self, chats: Sequence[Chat], answers: Sequence[str], *, progress: Progress | None = None) -> FloatArray:
        """(n, m) in the order of the input; only differences for the same prompt mean something."""
        tokenizer, model = self.opened.tokenizer, self.opened.model
        with quiet():  # no warning of long texts: they are cut
            rows = [
                (prompt_ids(tokenizer, chat) + answer_ids(tokenizer, answer))[-self.about.max_length :]
                for chat, answer in zip(chats, answers, strict=True)
            ]
        marks = np.zeros((len(rows), self.about.members), np.float32)
        done = 0
        for member in range(self.about.members):
            model.set_adapter(f"member-{member}")
            for batch in batches([len(row) for row in rows]):
                tokens, mask = right_padded([rows[row] for row in batch], pad_id=tokenizer.pad_token_id)
                with torch.inference_mode():
                    scores = model(input_ids=tokens.to(model.device), attention_mask=mask.to(model.device)).logits
                marks[batch, member] = scores[:, 0].float().cpu().numpy()
                done += len(batch)
                if progress:
                    progress(done, len(rows) * self.about.members)
        return marks


def right_padded(rows: Sequence[Sequence[int]], *, pad_id: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens and attention mask, both (b, longest) int64, as trl pads them for a reward model."""
    pad = torch.nn.utils.rnn.pad_sequence
    tokens = pad([torch.tensor(row) for row in rows], batch_first=True, padding_value=pad_id)
    mask = pad([torch.ones(len(row), dtype=torch.int64) for row in rows], batch_first=True)
    return tokens, mask


def _unscored(base: str, revision: str | None, start: Path | None) -> WritingBase:
    """A classifier of one output, with the language of `start` or of the base and no score head worth its name."""
    writer = load_folder(start) if start else load_base(base, revision=revision)
    causal = writer.model.merge_and_unload() if isinstance(writer.model, peft.PeftModel) else writer.model
    config = causal.config
    config.num_labels, config.pad_token_id = 1, writer.tokenizer.pad_token_id
    try:
        with quiet():
            scored = transformers.AutoModelForSequenceClassification.from_config(config, dtype=causal.dtype)
    except ValueError as error:
        raise ModelError(
            f"{writer.name} is a {config.model_type} model, of which transformers knows no kind that gives marks",
            do="set reward_models to 0, or name another base model",
        ) from error
    getattr(scored, scored.base_model_prefix).load_state_dict(getattr(causal, causal.base_model_prefix).state_dict())
    return replace(writer, model=scored.to(device()).eval())


def _scored(opened: WritingBase, settings: WritingSettings, *, seed: int) -> Any:
    """With an adapter and a random head of this seed; the head starts small, so that marks start near 0."""
    transformers.set_seed(seed)
    torch.nn.init.normal_(opened.model.score.weight, std=1 / math.sqrt(opened.model.config.hidden_size) / 10)
    return adapt(opened, settings, task=peft.TaskType.SEQ_CLS)


def _accuracy(marks: Marks, dev: Sequence[Pair]) -> float:
    chats = [pair.chat for pair in dev]
    gap = marks.rewards(chats, [pair.chosen for pair in dev]) - marks.rewards(chats, [pair.rejected for pair in dev])
    return float(np.mean((np.sign(gap.mean(axis=1)) + 1) / 2))
