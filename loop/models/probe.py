"""The tuning method "head": the frozen encoder and a logistic head, no gradient steps through the encoder.

    TrainingSet.embeddings ─► C by cross-validation ─► logistic regression ─► calibration ─► folder without base weights

A linear probe (Alain and Bengio 2016, Understanding intermediate layers using linear classifier probes). Nothing in it
is drawn by chance: every seed gives the same model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from loop.models.bases import Base, device, find_base, load_tokenizer, load_transformer
from loop.models.calibration import calibrate, dealt, fit_temperature, log_loss
from loop.models.checkpoint import Checkpoint, save_checkpoint
from loop.models.head import class_weights, warm_start
from loop.models.network import PooledClassifier, embed_all
from loop.models.settings import TuningSettings
from loop.models.tokens import tokenize
from loop.protocols import Progress, TrainingReport, TrainingSet
from loop.records import FloatArray

GRID = (0.03, 0.1, 0.3, 1.0)
"""Inverse L2 strengths that are tried, on features of length TuningSettings.scale."""
USUAL = 0.03
"""Taken where there are too few labels to choose by."""
FOLDS = 3
CHOOSE_FROM = 60
"""With fewer examples of classes that have at least two, nothing is chosen."""
LOOKED_AT = 8
"""So many texts are embedded anew to see whether the given rows are the base model's own."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A Trainer (loop.protocols) that leaves the encoder as it is."""

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
        """Fits the head, calibrates on dev, saves under `out`. Raises ModelError for fewer than two classes of labels.

        seed: noted in the folder; the model does not depend on it.
        """
        settings = self.settings
        base = find_base(self.base, revision=self.revision, max_length=settings.max_length)
        tokenizer, encoder = load_tokenizer(base), load_transformer(base).to(device())
        train, dev = (_of_this_base(part, encoder, base, tokenizer) for part in (train, dev))
        weights = class_weights(train.labels, len(labels), settings.class_weight_power)
        c = settings.head_c or choose_c(train, weights, scale=settings.scale, progress=progress)
        weight, bias = warm_start(train, len(labels), scale=settings.scale, c=c, weights=weights)
        module = PooledClassifier(encoder, weight, bias, scale=settings.scale, dropout=0.0).eval()
        train_logits, dev_logits = (
            part.embeddings @ (settings.scale * weight.numpy().T) + bias.numpy() for part in (train, dev)
        )
        scaling = calibrate(dev_logits, dev.labels, how=settings.calibration)
        checkpoint = Checkpoint(
            method="head",
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
        train_loss = log_loss(train_logits, train.labels)
        dev_loss = log_loss(scaling.apply(dev_logits), dev.labels) if len(dev.labels) else None
        return TrainingReport(
            steps=0,
            best_step=0,
            train_loss=train_loss,
            dev_loss=dev_loss,
            temperature=scaling.temperature,
            trainable_parameters=weight.numel() + bias.numel(),
            curve=((0, train_loss, dev_loss),),
        )


def choose_c(train: TrainingSet, weights: FloatArray, *, scale: float, progress: Progress | None = None) -> float:
    """The strength of GRID with the smallest cross-validated log-loss after temperature scaling; ties: the smallest.

    Three folds; the examples of each class are dealt out in turn, and a class with a single one is never tested.
    USUAL where fewer than CHOOSE_FROM examples can be tested.
    """
    folds, tested = dealt(train.labels, FOLDS), np.bincount(train.labels)[train.labels] > 1
    if tested.sum() < CHOOSE_FROM:
        return USUAL
    losses = []
    for done, c in enumerate(GRID):
        logits = np.zeros((len(train.labels), len(weights)), np.float32)
        for fold in range(FOLDS):
            held = (folds == fold) & tested
            weight, bias = warm_start(_rows(train, ~held), len(weights), scale=scale, c=c, weights=weights)
            logits[held] = train.embeddings[held] @ (scale * weight.numpy().T) + bias.numpy()
        losses.append(
            log_loss(logits[tested], train.labels[tested], fit_temperature(logits[tested], train.labels[tested]))
        )
        if progress:
            progress(done + 1, len(GRID))
    return GRID[int(np.argmin(losses))]


def _rows(part: TrainingSet, keep: Any) -> TrainingSet:
    texts = tuple(text for text, kept in zip(part.texts, keep, strict=True) if kept)
    return TrainingSet(texts, part.labels[keep], part.embeddings[keep])


def _of_this_base(part: TrainingSet, encoder: Any, base: Base, tokenizer: Any) -> TrainingSet:
    """The examples with the base's own embeddings: the given ones, unless the pool is mapped by another encoder.

    A few texts tell, the longest ones: the encoders may also differ in where they cut a text off.
    """
    longest = sorted(range(len(part.texts)), key=lambda row: -len(part.texts[row]))[:LOOKED_AT]
    fresh = _embedded([part.texts[row] for row in longest], encoder, base, tokenizer)
    given = part.embeddings[longest]
    if given.shape == fresh.shape and np.allclose(given, fresh, atol=1e-3):
        return part
    return TrainingSet(part.texts, part.labels, _embedded(part.texts, encoder, base, tokenizer))


def _embedded(texts: Sequence[str], encoder: Any, base: Base, tokenizer: Any) -> FloatArray:
    tokens = tokenize(texts, base, tokenizer=tokenizer)
    width = int(encoder.config.hidden_size)
    return embed_all(encoder, tokens, np.arange(len(tokens)), pad_id=tokenizer.pad_token_id, width=width)
