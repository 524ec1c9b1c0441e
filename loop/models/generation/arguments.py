"""What every trl trainer is told, its silence, and going on from where a killed run was."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import datasets
import torch
import transformers

from loop.models.bases import computes_bfloat16, quiet
from loop.models.generation.checkpoints import newest_complete
from loop.models.generation.settings import WritingSettings


def arguments(settings: WritingSettings, *, folder: Path, steps: int, rate: float, seed: int) -> dict[str, Any]:
    """What every trl configuration takes. Logs and checkpoints are asked for by the watch, never by a step count."""
    return {
        "output_dir": str(folder),
        "max_steps": steps,
        "per_device_train_batch_size": settings.batch_size // settings.accumulate,
        "gradient_accumulation_steps": settings.accumulate,
        "learning_rate": rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": round(settings.warmup * steps),
        "weight_decay": settings.weight_decay,
        "seed": seed,
        "data_seed": seed,
        "report_to": [],
        "save_strategy": "no",
        "save_total_limit": 2,
        "logging_strategy": "no",
        "disable_tqdm": True,
        "remove_unused_columns": False,
        "dataloader_pin_memory": torch.cuda.is_available(),
        "use_cpu": not torch.cuda.is_available(),
        "bf16": mixed(settings),
        # Worth its time only where memory is short.
        "gradient_checkpointing": torch.cuda.is_available(),
    }


def mixed(settings: WritingSettings) -> bool:
    """Whether steps compute in bfloat16; "auto" leaves processors at float32, where runs repeat bit by bit."""
    return settings.precision == "bfloat16" or (
        settings.precision == "auto" and torch.cuda.is_available() and computes_bfloat16()
    )


def train(trainer: Any, folder: Path) -> None:
    """Takes all steps, or those that are left of an interrupted run in `folder`."""
    trainer.remove_callback(transformers.PrinterCallback)
    checkpoint = newest_complete(folder)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)


@contextmanager
def silence() -> Iterator[None]:
    """Keeps the bars and notices of transformers, datasets and trl off the terminal, and puts the settings back."""
    bars = datasets.is_progress_bar_enabled()
    before = os.environ.get("TQDM_DISABLE")
    datasets.disable_progress_bars()
    # trl's bar over the reference model's likelihoods listens to nothing else.
    os.environ["TQDM_DISABLE"] = "1"
    try:
        with quiet():
            yield
    finally:
        os.environ.pop("TQDM_DISABLE")
        if before is not None:
            os.environ["TQDM_DISABLE"] = before
        if bars:
            datasets.enable_progress_bars()
