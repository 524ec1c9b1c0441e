"""A tuning method's trainer from rows of tokens: the recipe of weakspot in the words of trl.

method, Rows ─► columns of a data set ─┐
settings     ─► trl's configuration   ─┴─► trainer, ready to take its first step
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from datasets import Dataset
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.kto_config import KTOConfig
from trl.trainer.sft_config import SFTConfig

from loop.models.generation import trainers
from loop.models.generation.arguments import arguments
from loop.models.generation.bases import WritingBase
from loop.models.generation.data import (
    Row,
    desirability_columns,
    imitation_columns,
    preference_columns,
    shuffled,
)
from loop.models.generation.settings import WritingSettings


def trainer_for(
    method: str, opened: WritingBase, rows: Sequence[Row], settings: WritingSettings, *, folder: Path, seed: int
) -> Any:
    """A transformers Trainer over `opened.model`. method: "sft", "dpo", "kto" or "orpo"."""
    rate = settings.rate(method, width=opened.model.config.get_text_config().hidden_size)
    given = arguments(settings, folder=folder, steps=settings.total_steps(len(rows)), rate=rate, seed=seed)
    common = {"model": opened.model, "processing_class": opened.tokenizer}
    return BUILDERS[method](shuffled(rows, seed=seed), settings, given, common)


def _sft(rows: Sequence[Row], settings: WritingSettings, given: dict[str, Any], common: dict[str, Any]) -> Any:  # noqa: ARG001  # one signature for all
    config = SFTConfig(**given, max_length=None)
    return trainers.Imitation(args=config, train_dataset=Dataset.from_dict(imitation_columns(rows)), **common)


def _dpo(rows: Sequence[Row], settings: WritingSettings, given: dict[str, Any], common: dict[str, Any]) -> Any:
    config = DPOConfig(**given, max_length=None, beta=settings.beta, precompute_ref_log_probs=True)
    columns = Dataset.from_dict(preference_columns(rows))
    return trainers.Preference(args=config, train_dataset=columns, sft_weight=settings.sft_weight, **common)


def _kto(rows: Sequence[Row], settings: WritingSettings, given: dict[str, Any], common: dict[str, Any]) -> Any:
    config = KTOConfig(**given, max_length=None, beta=settings.beta, precompute_ref_log_probs=True)
    columns = desirability_columns(rows, batch=config.per_device_train_batch_size)
    return trainers.Desirability(args=config, train_dataset=Dataset.from_dict(columns), **common)


def _orpo(rows: Sequence[Row], settings: WritingSettings, given: dict[str, Any], common: dict[str, Any]) -> Any:
    config = trainers.ORPOConfig(**given, max_length=settings.max_length, beta=settings.beta)
    return trainers.OddsRatio(args=config, train_dataset=Dataset.from_dict(preference_columns(rows)), **common)


BUILDERS: dict[str, Callable[..., Any]] = {"sft": _sft, "dpo": _dpo, "kto": _kto, "orpo": _orpo}
