"""Encoders, classifiers and how they are tuned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from loop.records import FloatArray, IntArray, LabelTexts

Progress = Callable[[int, int], None]
"""Called with (done, total) while something long runs; total 0 means unknown."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What one pass of a classifier over n texts gives."""

    probabilities: FloatArray
    """(n, k) float32, calibrated, rows sum to 1, columns in the order of Classifier.labels."""
    features: FloatArray
    """(n, d) float16, the tuned encoder's pooled and normalised vectors."""


class Encoder(Protocol):
    """A frozen sentence encoder.

    >>> encoder = load_encoder("minilm")            # doctest: +SKIP
    >>> encoder.embed(["no wifi", "bill too high"]).shape
    (2, 384)
    """

    fingerprint: str
    """Hash of weights and settings: embeddings are cached under it."""

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> FloatArray:
        """(n, d) float32 rows of length 1, in the order of `texts`; empty input gives (0, d)."""


class Classifier(Protocol):
    """A tuned model, loaded and ready."""

    labels: tuple[str, ...]

    def predict(self, texts: Sequence[str], *, progress: Progress | None = None) -> Scores:
        """Scores in the order of `texts`."""


@dataclass(frozen=True, slots=True)
class EmbeddedLabels:
    """p texts that say what the labels mean, as the untouched base model sees them."""

    columns: IntArray
    """(p,) the label each text belongs to: its column in the label set."""
    embeddings: FloatArray
    """(p, d) float32, rows of length 1."""
    layers: FloatArray | None = None
    """(p, l, d) float32, as in FrozenTexts."""
    phrases: int = 0
    """So many at the end are example phrases; those before are names and descriptions."""
    fingerprint: str = ""
    """Of the encoder; empty where it is not known."""
    texts: tuple[str, ...] = ()
    """The p texts, which an encoder that is tuned learns from as well; empty where only rows are known."""


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """u texts, and the frozen encoder's rows for the same texts."""

    texts: tuple[str, ...]
    embeddings: FloatArray
    """(u, d) float32, rows of length 1."""


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """n labelled texts; `embeddings` are the frozen encoder's rows for the same texts."""

    texts: tuple[str, ...]
    labels: IntArray
    """(n,) column in the label set."""
    embeddings: FloatArray
    """(n, d) float32, rows of length 1."""
    label_texts: LabelTexts | None = None
    """What the labels mean; None without `label_rows`: it is not to be used."""
    label_rows: EmbeddedLabels | None = None
    """The same texts as the base model sees them, made once; None: the trainer makes them."""
    unlabelled: Unlabelled | None = None
    """Texts of the same source that nobody has labelled, for self-training; None: there are none."""

    def __add__(self, other: TrainingSet) -> TrainingSet:
        """Both, in this order; label texts and unlabelled texts are those of the first."""
        return replace(
            self,
            texts=(*self.texts, *other.texts),
            labels=np.concatenate([self.labels, other.labels]),
            embeddings=np.concatenate([self.embeddings, other.embeddings]),
        )


@dataclass(frozen=True, slots=True)
class Chosen:
    """The method that a trainer chose for one model, and on what evidence."""

    method: str
    wrong: Mapping[str, int] = field(default_factory=dict)
    """Method → how many held-out dev labels it got wrong; empty: nothing was compared."""
    held_out: int = 0
    """How many dev labels there were."""


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What a training run did; kept in the ledger."""

    steps: int
    best_step: int
    train_loss: float | None
    dev_loss: float | None
    """At the best step, after temperature scaling on the same examples; None without a dev set."""
    temperature: float
    trainable_parameters: int
    curve: tuple[tuple[int, float | None, float | None], ...] = ()
    """(step, train loss, dev loss) at each evaluation."""
    uses_label_texts: bool = False
    """Whether it also rests on what the labels mean."""
    guessed: int = 0
    """How many unlabelled texts its head learned from, each for what it is guessed to be."""
    chosen: Chosen | None = None
    """None: the method is the one that was asked for."""


class Trainer(Protocol):
    """A tuning method: writes a standard Hugging Face folder that `loop.models.load_classifier` reads back."""

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
        """Tunes, calibrates on dev, saves under `out` (an existing empty folder). Deterministic given `seed`.

        held_out: None: dev is not trained on. Else the model in `out` is trained on train and dev, and this file
        (`numpy.save`) holds (d, k) probabilities of dev by models that were not: a first fit without dev, which the
        number of steps and the calibration come from, or cross-fitting. dev_loss in the report is theirs.
        metadata: what it was trained from (data hash, round, ...), plain JSON values, kept in the folder.
        """


@dataclass(frozen=True, slots=True)
class FrozenTexts:
    """A set of n texts as the untouched base model sees it; made once, shared by every round and recipe."""

    texts: tuple[str, ...]
    embeddings: FloatArray
    """(n, d) float32, the base's sentence embeddings, rows of length 1."""
    layers: FloatArray | None = None
    """(n, l, d) float32, mean over the tokens of hidden layers from shallow to deep; None where not made."""
    labels: EmbeddedLabels | None = None
    """What the labels mean; None where it is not to be used."""


class Recipe(Protocol):
    """How labels become a model, told as what it answers: labelled rows of one set of texts → probabilities for all.

    The same function stands behind a tuning method of live rounds and behind `weakspot simulate`.
    """

    def __call__(
        self, frozen: FrozenTexts, rows: IntArray, labels: IntArray, *, classes: int, unlabelled: IntArray, seed: int
    ) -> FloatArray:
        """(n, classes) calibrated probabilities for every row of `frozen`, rows sum to 1; same seed, same answer.

        rows: (m,) labelled rows, all different. labels: (m,) their columns in 0..classes-1, of at least two classes.
        unlabelled: rows whose texts may be looked at without labels; what the answer is measured on is not among them.
        Raises ModelError for labels of fewer than two classes.
        """
