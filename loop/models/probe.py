"""The tuning method "head": the frozen encoder and the head of the recipe "head", no gradient steps in the encoder.

    TrainingSet ─► last layer, and two more to choose from ─► fit_head ─► folder without base weights

A linear probe (Alain and Bengio 2016, Understanding intermediate layers using linear classifier probes). What
`simulate` measures under this name is what is trained here: loop.models.recipes.head. Nothing is drawn by chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.special import softmax

from loop.models.bases import Base, device, find_base, load_tokenizer, load_transformer
from loop.models.calibration import Scaling, fit_vector, log_loss
from loop.models.checkpoint import Checkpoint, save_checkpoint
from loop.models.embeddings import labels_of_this_base, of_this_base
from loop.models.head import as_layer
from loop.models.layers import LayeredClassifier, layers_of_all
from loop.models.network import PooledClassifier
from loop.models.recipes.head import Head, fit_head
from loop.models.settings import TuningSettings
from loop.models.tokens import tokenize
from loop.protocols import EmbeddedLabels, Progress, TrainingReport, TrainingSet
from loop.records import FloatArray, IntArray


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
        held_out: Path | None = None,
        metadata: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> TrainingReport:
        """Fits the head, saves it under `out`; dev is measured. Raises ModelError for fewer than two classes.

        Label texts are enough: without a labelled text the model is made of them.

        seed: noted in the folder; the model does not depend on it.
        """
        settings = self.settings
        base = find_base(self.base, revision=self.revision, max_length=settings.max_length)
        tokenizer, encoder = load_tokenizer(base), load_transformer(base).to(device())
        train, dev = (of_this_base(part, encoder, base, tokenizer) for part in (train, dev))
        known = labels_of_this_base(train, encoder, base, tokenizer)
        taught = train if held_out is None else train + dev
        layers = self._layers(taught, known, encoder, base, tokenizer, progress)
        crossed = np.arange(len(train.texts), len(taught.texts))
        made = self._fitted(taught, layers, known, classes=len(labels), dev=crossed)
        scaling = self._scaling(made, taught)
        apart = _apart(made, dev, encoder, base, tokenizer) if held_out is None else made.dev
        dev_logits = scaling.apply(apart)
        if held_out is not None and len(dev.texts):
            np.save(held_out, softmax(dev_logits, axis=1))
        train_loss = log_loss(made.logits(taught.embeddings, layers), taught.labels) if len(taught.labels) else None
        dev_loss = log_loss(dev_logits, dev.labels) if len(dev.labels) else None
        module = _network(encoder, made, settings.scale).eval()
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
        return TrainingReport(
            steps=0,
            best_step=0,
            train_loss=train_loss,
            dev_loss=dev_loss,
            temperature=scaling.temperature,
            trainable_parameters=made.weight.size + made.bias.size,
            curve=((0, train_loss, dev_loss),),
            uses_label_texts=made.uses_label_texts,
            guessed=made.guessed,
        )

    def _layers(
        self,
        train: TrainingSet,
        known: EmbeddedLabels | None,
        encoder: Any,
        base: Base,
        tokenizer: Any,
        progress: Progress | None,
    ) -> FloatArray | None:
        """(n, l, d) hidden layers of the texts; None where only the last one is read."""
        if self.settings.representation == "last":
            return None
        if len(train.texts):
            return _layers(train.texts, encoder, base, tokenizer, progress)
        return None if known is None or known.layers is None else known.layers[:0]

    def _fitted(
        self,
        train: TrainingSet,
        layers: FloatArray | None,
        known: EmbeddedLabels | None,
        *,
        classes: int,
        dev: IntArray,
    ) -> Head:
        settings = self.settings
        return fit_head(
            train.embeddings,
            layers,
            train.labels,
            classes=classes,
            power=settings.class_weight_power,
            c=settings.head_c_of_rows,
            representation=settings.representation,
            label_texts=known,
            unlabelled=train.unlabelled.embeddings if train.unlabelled and settings.self_training else None,
            dev=dev,
        )

    def _scaling(self, made: Head, train: TrainingSet) -> Scaling:
        if self.settings.calibration != "vector":
            return Scaling()
        return fit_vector(made.scale * made.held_out, train.labels[made.tested])


def _network(encoder: Any, made: Head, scale: float) -> PooledClassifier:
    """The head over its encoder, its calibration folded into the weights."""
    weight, bias = as_layer(made, scale)
    read = made.representation
    if read.centres is None or read.shares is None:
        return PooledClassifier(encoder, weight, bias, scale=scale, dropout=0.0)
    centres, shares = torch.from_numpy(read.centres), torch.from_numpy(read.shares)
    return LayeredClassifier(encoder, weight, bias, scale=scale, centres=centres, shares=shares)


def _apart(made: Head, dev: TrainingSet, encoder: Any, base: Base, tokenizer: Any) -> FloatArray:
    """(d, k) what the head says of texts that it was not trained on."""
    layers = _layers(dev.texts, encoder, base, tokenizer, None) if _layered(made) and len(dev.texts) else None
    return made.logits(dev.embeddings, layers) if len(dev.texts) else made.dev


def _layered(made: Head) -> bool:
    return made.representation.centres is not None


def _layers(texts: Sequence[str], encoder: Any, base: Base, tokenizer: Any, progress: Progress | None) -> FloatArray:
    tokens = tokenize(texts, base, tokenizer=tokenizer)
    return layers_of_all(encoder, tokens, np.arange(len(tokens)), pad_id=tokenizer.pad_token_id, progress=progress)
