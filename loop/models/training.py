"""The optimizer's run: a warm-started network and labelled tokens → a tuned network, through transformers' Trainer.

    Labelled ─► batches of like length, in random order ─► Trainer (AdamW, warm-up, linear decay) ─► best weights

Nearly all the time is the encoder's own arithmetic; the Trainer around it costs under 2 %.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
import transformers
from torch.nn import functional

from loop.models.bases import device, quiet
from loop.models.network import PooledClassifier
from loop.models.settings import TuningSettings
from loop.models.tokens import Tokens, pad
from loop.models.watch import Watch
from loop.protocols import Progress
from loop.records import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """n texts to learn from."""

    tokens: Tokens
    labels: IntArray
    """(n,) column in the label set."""
    weights: FloatArray
    """(k,) how much an example of each class counts."""
    pad_id: int


def tune(
    module: PooledClassifier,
    examples: Labelled,
    *,
    settings: TuningSettings,
    rate: float,
    dev_loss: Callable[[], float] | None,
    seed: int,
    progress: Progress | None,
    stop_at: float = 1.0,
) -> tuple[Watch, int]:
    """Tunes `module` in place and leaves it at its best weights; gives what was watched and the steps taken.

    rate: peak learning rate of the encoder. dev_loss: None where there are too few dev examples to stop early by.
    stop_at: share of all steps after which it stops, 0..1; the learning rate is planned for all of them.
    """
    batches = _batches(examples.tokens, settings.total_steps(len(examples.labels)), settings.batch_size, seed)
    every = math.ceil(len(batches) / settings.evaluations)
    last = round(stop_at * len(batches))
    watch = Watch(module, dev_loss, every=every, patience=settings.patience, last=last, progress=progress)
    if last == 0:
        module.eval()
        return watch, 0
    optimizer = _optimizer(module, rate, settings)
    warmup = round(settings.warmup * len(batches))
    with tempfile.TemporaryDirectory() as scratch, quiet():
        tuner = _Tuner(
            model=module,
            args=_arguments(scratch, len(batches), seed),
            train_dataset=batches,
            data_collator=partial(_collate, examples),
            compute_loss_func=_loss(examples.weights, settings.label_smoothing, watch),
            callbacks=[watch],
            optimizers=(optimizer, transformers.get_linear_schedule_with_warmup(optimizer, warmup, len(batches))),
        )
        tuner.remove_callback(transformers.PrinterCallback)
        tuner.train()
    watch.restore_best()
    module.eval()
    return watch, int(tuner.state.global_step)


class _Tuner(transformers.Trainer):  # type: ignore[misc]  # transformers has no types
    """transformers' Trainer over batches that are already made."""

    def get_train_dataloader(self) -> Any:
        """One item of the data set is one batch."""
        return torch.utils.data.DataLoader(self.train_dataset, batch_size=None, collate_fn=self.data_collator)


def _arguments(scratch: str, steps: int, seed: int) -> Any:
    return transformers.TrainingArguments(
        output_dir=scratch,
        max_steps=steps,
        per_device_train_batch_size=1,
        seed=seed,
        report_to=[],
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
        remove_unused_columns=False,
        label_names=["labels"],
        # A plain mean over the batch must not be multiplied by the number of processes.
        average_tokens_across_devices=False,
        use_cpu=not torch.cuda.is_available(),
    )


def _loss(weights: FloatArray, smoothing: float, watch: Watch) -> Callable[..., torch.Tensor]:
    """The weighted cross-entropy that Trainer asks for; the watch hears each value."""
    by_class = torch.tensor(weights, dtype=torch.float32, device=device())

    def loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: Any = None) -> torch.Tensor:  # noqa: ARG001
        value = functional.cross_entropy(outputs["logits"], labels, weight=by_class, label_smoothing=smoothing)
        watch.saw_loss(value.item())
        return value

    return loss


def _optimizer(module: PooledClassifier, rate: float, settings: TuningSettings) -> torch.optim.Optimizer:
    head = [module.weight, module.bias, module.scale]
    body = [parameter for parameter in module.encoder.parameters() if parameter.requires_grad]
    return torch.optim.AdamW(
        [
            {"params": body, "lr": rate, "weight_decay": settings.weight_decay},
            {"params": head, "lr": settings.head_learning_rate, "weight_decay": 0.0},
        ]
    )


def _batches(tokens: Tokens, steps: int, size: int, seed: int) -> list[IntArray]:
    """`steps` batches of rows; each pass sees every row once, in batches of like length in random order."""
    rng = np.random.default_rng(seed)
    lengths = np.diff(tokens.offsets)
    made: list[IntArray] = []
    while len(made) < steps:
        # Lengths are blurred so that the same rows do not meet in every pass.
        order = np.argsort(lengths * rng.uniform(0.7, 1.3, len(lengths)), kind="stable")
        parts = np.array_split(order, math.ceil(len(order) / size))
        made.extend(parts[i] for i in rng.permutation(len(parts)))
    return made[:steps]


def _collate(examples: Labelled, rows: IntArray) -> dict[str, torch.Tensor]:
    labels = torch.from_numpy(np.asarray(examples.labels[rows], np.int64))
    return {**pad(examples.tokens, rows, examples.pad_id), "labels": labels}
