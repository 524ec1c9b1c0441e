"""The tuning methods: labelled texts → a tuned, calibrated classifier in a standard Hugging Face folder.

    TrainingSet ─► warm-started head ─► LoRA or full tuning (transformers' Trainer) ─► best by dev
                ─► temperature ─► folder

Linear probing, then fine-tuning (Kumar et al. 2022, Fine-Tuning can Distort Pretrained Features); LoRA: Hu et al. 2021.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import peft
import torch
import transformers
from torch.nn import functional

from loop.errors import ModelError
from loop.models.bases import Base, device, find_base, load_tokenizer, load_transformer, quiet
from loop.models.calibration import fit_temperature, log_loss
from loop.models.checkpoint import Checkpoint, save_checkpoint
from loop.models.head import class_weights, warm_start
from loop.models.network import PooledClassifier, forward_all
from loop.models.settings import TuningSettings
from loop.models.tokens import Tokens, pad, tokenize
from loop.models.watch import Watch
from loop.protocols import Progress, TrainingReport, TrainingSet
from loop.records import FloatArray, IntArray

LORA_RATE = 1e-3
FULL_RATE = 5e-5


def lora(settings: TuningSettings, *, base: str, revision: str | None = None) -> Tuning:
    """Tunes low-rank matrices beside the frozen encoder, and the head."""
    return Tuning("lora", settings, base, revision)


def full(settings: TuningSettings, *, base: str, revision: str | None = None) -> Tuning:
    """Tunes every weight of the encoder, and the head."""
    return Tuning("full", settings, base, revision)


@dataclass(frozen=True, slots=True)
class Tuning:
    """A Trainer (loop.protocols)."""

    method: str
    """"lora" or "full"."""
    settings: TuningSettings
    base: str
    revision: str | None

    def __call__(
        self,
        train: TrainingSet,
        dev: TrainingSet,
        *,
        labels: tuple[str, ...],
        out: Path,
        seed: int,
        metadata: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> TrainingReport:
        """Tunes, calibrates on dev, saves under `out`. Raises ModelError for fewer than two classes of labels."""
        settings = self.settings
        base = find_base(self.base, revision=self.revision, max_length=settings.max_length)
        weights = class_weights(train.labels, len(labels), settings.class_weight_power)
        weight, bias = warm_start(train, len(labels), scale=settings.scale, c=settings.head_c, weights=weights)
        transformers.set_seed(seed)
        encoder = _encoder(self.method, base, settings)
        module = PooledClassifier(encoder, weight, bias, scale=settings.scale, dropout=settings.dropout).to(device())
        tokenizer = load_tokenizer(base)
        tokens, dev_tokens = (tokenize(part.texts, base, tokenizer=tokenizer) for part in (train, dev))
        dev_logits = partial(_logits, module, dev_tokens, tokenizer.pad_token_id)
        watch, steps = _run(
            module,
            _batches(tokens, settings.total_steps(len(train.labels)), settings.batch_size, seed),
            collate=partial(_collate, tokens, train.labels, tokenizer.pad_token_id),
            weights=torch.tensor(weights, dtype=torch.float32, device=device()),
            settings=settings,
            rate=settings.learning_rate or (LORA_RATE if self.method == "lora" else FULL_RATE),
            dev_loss=(lambda: log_loss(dev_logits(), dev.labels))
            if len(dev.labels) >= settings.early_stopping_from
            else None,
            seed=seed,
            progress=progress,
        )
        best_step = watch.restore_best(steps)
        module.eval()
        logits = dev_logits()
        temperature = fit_temperature(logits, dev.labels)
        checkpoint = Checkpoint(
            method=self.method,
            base=self.base,
            revision=self.revision,
            base_fingerprint=base.fingerprint,
            max_length=settings.max_length,
            labels=labels,
            temperature=temperature,
            seed=seed,
            settings=settings,
            metadata=dict(metadata or {}),
        )
        save_checkpoint(out, module, tokenizer, base, checkpoint)
        return TrainingReport(
            steps=steps,
            best_step=best_step,
            train_loss=watch.curve[-1][1] if watch.curve else None,
            dev_loss=log_loss(logits, dev.labels) if len(dev.labels) else None,
            temperature=temperature,
            trainable_parameters=sum(p.numel() for p in module.parameters() if p.requires_grad),
            curve=tuple(watch.curve),
        )


def _encoder(method: str, base: Base, settings: TuningSettings) -> torch.nn.Module:
    encoder = load_transformer(base)
    if method == "full":
        return encoder
    config = peft.LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        target_modules=list(settings.target_modules) or "all-linear",
        exclude_modules=["pooler.dense"],
    )
    try:
        adapted = peft.get_peft_model(encoder, config)
    except ValueError as error:
        raise ModelError(
            f"LoRA finds no layers named {', '.join(settings.target_modules)} in {base.name}",
            do="remove target_modules from the tuning settings: every linear layer is adapted then",
        ) from error
    # peft notes the folder of this disk; the adapter should name what others can load.
    adapted.peft_config["default"].base_model_name_or_path = base.public_name
    adapted.peft_config["default"].revision = base.revision
    module: torch.nn.Module = adapted
    return module


class _Tuner(transformers.Trainer):  # type: ignore[misc]  # transformers has no types
    """transformers' Trainer over batches that are already made; reports each step's loss to the watch."""

    def get_train_dataloader(self) -> Any:
        """One item of the data set is one batch."""
        return torch.utils.data.DataLoader(self.train_dataset, batch_size=None, collate_fn=self.data_collator)


def _run(
    module: PooledClassifier,
    batches: list[IntArray],
    *,
    collate: Any,
    weights: torch.Tensor,
    settings: TuningSettings,
    rate: float,
    dev_loss: Any,
    seed: int,
    progress: Progress | None,
) -> tuple[Watch, int]:
    """Trains `module` in place; gives the watch and the number of steps taken."""
    every = math.ceil(len(batches) / settings.evaluations)
    watch = Watch(module, dev_loss, every=every, patience=settings.patience, progress=progress)

    def loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: Any = None) -> torch.Tensor:  # noqa: ARG001
        value = functional.cross_entropy(
            outputs["logits"], labels, weight=weights, label_smoothing=settings.label_smoothing
        )
        watch.saw_loss(value.item())
        return value

    optimizer = _optimizer(module, rate, settings)
    schedule = transformers.get_linear_schedule_with_warmup(
        optimizer, round(settings.warmup * len(batches)), len(batches)
    )
    with tempfile.TemporaryDirectory() as scratch, quiet():
        tuner = _Tuner(
            model=module,
            args=_arguments(scratch, len(batches), seed),
            train_dataset=batches,
            data_collator=collate,
            compute_loss_func=loss,
            callbacks=[watch],
            optimizers=(optimizer, schedule),
        )
        tuner.remove_callback(transformers.PrinterCallback)
        tuner.train()
    return watch, int(tuner.state.global_step)


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
        max_grad_norm=1.0,
    )


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


def _collate(tokens: Tokens, labels: IntArray, pad_id: int, rows: IntArray) -> dict[str, torch.Tensor]:
    return {**pad(tokens, rows, pad_id), "labels": torch.from_numpy(np.asarray(labels[rows], np.int64))}


def _logits(module: PooledClassifier, tokens: Tokens, pad_id: int) -> FloatArray:
    return forward_all(module, tokens, np.arange(len(tokens)), pad_id=pad_id)[0]
