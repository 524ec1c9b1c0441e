"""The tuning methods: labelled texts → a tuned, calibrated classifier in a standard Hugging Face folder.

    TrainingSet ─► warm-started head ─► LoRA or full tuning ─► best by dev ─► calibration ─► folder
                                  └──── "head": stays there (loop.models.probe) ──────┘

Linear probing, then fine-tuning (Kumar et al. 2022, Fine-Tuning can Distort Pretrained Features); LoRA: Hu et al. 2021.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import peft
import torch
import transformers

from loop.errors import ModelError
from loop.models.bases import Base, computes_bfloat16, device, find_base, load_tokenizer, load_transformer, quiet
from loop.models.calibration import calibrate, fit_temperature, log_loss
from loop.models.checkpoint import Checkpoint, save_checkpoint
from loop.models.embeddings import labels_of_this_base, of_this_base
from loop.models.examples import with_guesses, with_label_texts
from loop.models.head import class_weights, warm_start
from loop.models.network import PooledClassifier, forward_all
from loop.models.probe import Probe
from loop.models.recipes.names import informative
from loop.models.settings import TuningSettings
from loop.models.tokens import tokenize
from loop.models.training import Labelled, tune
from loop.models.watch import Watch
from loop.protocols import EmbeddedLabels, Progress, TrainingReport, TrainingSet
from loop.records import FloatArray

RATES = {"lora": 5e-4, "full": 5e-5}
"""Peak learning rate of the encoder where the settings name none."""


def lora(settings: TuningSettings, *, base: str, revision: str | None = None) -> Tuning:
    """Tunes low-rank matrices beside the frozen encoder, and the head."""
    return Tuning("lora", settings, base, revision)


def full(settings: TuningSettings, *, base: str, revision: str | None = None) -> Tuning:
    """Tunes every weight of the encoder, and the head."""
    return Tuning("full", settings, base, revision)


def head(settings: TuningSettings, *, base: str, revision: str | None = None) -> Probe:
    """Leaves the encoder as it is and fits the head alone: seconds instead of minutes, and a higher error rate."""
    return Probe(settings, base, revision)


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
        held_out: Path | None = None,
        metadata: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
        check: Callable[[FloatArray], None] = lambda _: None,
    ) -> TrainingReport:
        """Tunes, calibrates on dev, saves under `out`. Raises ModelError for fewer than two classes of labels.

        check: given the first fit's (d, k) calibrated probabilities of dev, which it was not trained on. What it
        raises ends the training before the second fit, with nothing written.
        """
        settings = self.settings
        base = find_base(self.base, revision=self.revision, max_length=settings.max_length)
        tokenizer = load_tokenizer(base)
        fit = partial(self._fit, base=base, tokenizer=tokenizer, classes=len(labels), seed=seed, progress=progress)
        made = fit(train, dev)
        module, watch = made.module, made.watch
        last = _dev_logits(module, dev, base, tokenizer)()
        scaling = calibrate(last, dev.labels, how=settings.calibration)
        check(scaling.probabilities(last))
        if held_out is not None and len(dev.labels):
            np.save(held_out, scaling.probabilities(last))
            share = 1.0 if watch.best_step is None else watch.best_step / made.planned
            module = fit(train + dev, None, stop_at=share).module
        checkpoint = Checkpoint(
            method=self.method,
            base=self.base,
            revision=self.revision,
            base_fingerprint=base.fingerprint,
            max_length=settings.max_length,
            labels=labels,
            temperature=scaling.temperature,
            seed=seed,
            settings=settings,
            metadata=dict(metadata or {}),
            factors=scaling.factors,
            biases=scaling.biases,
        )
        save_checkpoint(out, module, tokenizer, base, checkpoint)
        return TrainingReport(
            steps=made.steps,
            best_step=made.steps if watch.best_step is None else watch.best_step,
            train_loss=watch.curve[-1][1],
            dev_loss=log_loss(scaling.apply(last), dev.labels) if len(dev.labels) else None,
            temperature=scaling.temperature,
            trainable_parameters=sum(p.numel() for p in module.parameters() if p.requires_grad),
            curve=tuple(watch.curve),
            uses_label_texts=made.uses_label_texts,
            guessed=made.guessed,
        )

    def _fit(
        self,
        train: TrainingSet,
        dev: TrainingSet | None,
        *,
        base: Base,
        tokenizer: Any,
        classes: int,
        seed: int,
        progress: Progress | None,
        stop_at: float = 1.0,
    ) -> _Tuned:
        """dev: what it may stop early by; None: it takes all its steps."""
        settings = self.settings
        weights = class_weights(train.labels, classes, settings.class_weight_power)
        encoder = load_transformer(base)
        train = of_this_base(train, encoder.to(device()), base, tokenizer)
        known = labels_of_this_base(train, encoder, base, tokenizer)
        train = train if settings.self_training else replace(train, unlabelled=None)
        module, guessed = self._start(encoder, base, train, known, classes=classes, seed=seed)
        informed = informative(known, train.embeddings, train.labels)
        taught = with_label_texts(train, informed)
        if guessed and train.unlabelled is not None:
            taught = with_guesses(taught, train.unlabelled, module, seed=seed)
        tokens = tokenize(taught.texts, base, tokenizer=tokenizer)
        steered = dev is not None and len(dev.labels) >= settings.early_stopping_from
        dev_logits = _dev_logits(module, dev, base, tokenizer) if dev is not None and steered else None
        watch, steps = tune(
            module,
            Labelled(tokens, taught.labels, weights, tokenizer.pad_token_id),
            settings=settings,
            rate=settings.learning_rate or RATES[self.method],
            dev_loss=None if dev is None or dev_logits is None else lambda: _calibrated_loss(dev_logits(), dev),
            seed=seed,
            progress=progress,
            stop_at=stop_at,
        )
        planned = settings.total_steps(len(taught.texts))
        return _Tuned(module, watch, steps, planned, uses_label_texts=informed is not None, guessed=guessed)

    def _start(
        self,
        encoder: torch.nn.Module,
        base: Base,
        train: TrainingSet,
        known: EmbeddedLabels | None,
        *,
        classes: int,
        seed: int,
    ) -> tuple[PooledClassifier, int]:
        """The network before its first step: the base with its adapter, and the warm-started head.

        And how many guessed texts the head rests on.
        """
        settings = self.settings
        power = settings.class_weight_power
        weight, bias, guessed = warm_start(
            train, classes, known=known, scale=settings.scale, c=settings.head_c, power=power
        )
        transformers.set_seed(seed)
        module = PooledClassifier(
            _adapted(encoder, base, settings) if self.method == "lora" else encoder,
            weight,
            bias,
            scale=settings.scale,
            dropout=settings.dropout,
            mixed=settings.precision == "bfloat16" or (settings.precision == "auto" and computes_bfloat16()),
        )
        return module.to(device()), guessed


@dataclass(frozen=True, slots=True)
class _Tuned:
    module: PooledClassifier
    watch: Watch
    steps: int
    planned: int
    """Steps of a run that is not stopped early."""
    uses_label_texts: bool
    """Whether it learned from what the labels mean."""
    guessed: int
    """How many unlabelled texts its head began with."""


def _adapted(encoder: torch.nn.Module, base: Base, settings: TuningSettings) -> torch.nn.Module:
    config = peft.LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        target_modules=list(settings.target_modules) or "all-linear",
        exclude_modules=["pooler.dense"],
    )
    try:
        with quiet():
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


def _dev_logits(module: PooledClassifier, dev: TrainingSet, base: Base, tokenizer: Any) -> Callable[[], FloatArray]:
    tokens = tokenize(dev.texts, base, tokenizer=tokenizer)
    return lambda: forward_all(module, tokens, np.arange(len(tokens)), pad_id=tokenizer.pad_token_id)[0]


def _calibrated_loss(logits: FloatArray, dev: TrainingSet) -> float:
    """Log-loss after temperature scaling on the same examples, about as the model will be used.

    Steering by the loss before scaling would prefer early, timid weights over right but overconfident ones.
    """
    return log_loss(logits, dev.labels, fit_temperature(logits, dev.labels))
