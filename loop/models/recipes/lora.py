"""The recipe "lora": the tuning method of that name behind the seam of recipes, for few and dear runs.

    texts, labels ─► loop.models.tuning, on all of them ─► a folder that is thrown away ─► probabilities ─┐
    frozen rows, labels ─► recipe "head", calibrated ─► how sure it is of unlabelled rows ────────────────┴─► scaled

It tunes minutes where the recipe "head" fits a second: use it to see how far the head's picks help a tuned model.
A seventh of the labels kept for calibration cost 7 and 5 points at 50 and 150 labels of 24 classes (one seed): so none
is, and the tuned model is made as sure of unlabelled texts as the head, which held-out labels calibrate. It is right
somewhat more often than the head and so errs on the timid side. Needs FrozenTexts.texts of the very texts; torch loads
at the first call.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from scipy.special import softmax

from loop.models.recipes.calibrated import scale_as_sure
from loop.models.recipes.head import head
from loop.models.recipes.self_training import taken
from loop.models.settings import TuningSettings
from loop.protocols import FrozenTexts, TrainingSet, Unlabelled
from loop.records import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Tuned:
    """The tuning method of that name, on all labels: minutes where the others take seconds.

    A Recipe (loop.protocols).

    >>> recipe = Tuned("full", base="intfloat/e5-small-v2")
    """

    method: str
    """"lora" or "full"."""
    base: str = "minilm"
    revision: str | None = None
    settings: TuningSettings = field(default_factory=TuningSettings)

    def __call__(
        self, frozen: FrozenTexts, rows: IntArray, labels: IntArray, *, classes: int, unlabelled: IntArray, seed: int
    ) -> FloatArray:
        """(n, classes), as sure of `unlabelled` as the head is. Raises ModelError for fewer than two classes.

        Without a labelled row it is the recipe "head", made of the label texts alone: there is nothing to tune on.
        """
        from loop.models.classifier import load_classifier
        from loop.models.tuning import Tuning

        none: IntArray = rows[:0]
        # Without the layers, which are there only when another recipe asked for them: the same run, the same result.
        frozen = replace(frozen, layers=None)
        if not len(rows):
            return head(frozen, rows, labels, classes=classes, unlabelled=unlabelled, seed=seed)
        with tempfile.TemporaryDirectory() as scratch:
            Tuning(self.method, self.settings, self.base, self.revision)(
                replace(_labelled(frozen, rows, labels), unlabelled=_unlabelled(frozen, unlabelled)),
                _labelled(frozen, none, labels[:0]),
                labels=tuple(f"class {column}" for column in range(classes)),
                out=Path(scratch),
                seed=seed,
            )
            said = load_classifier(Path(scratch)).predict(frozen.texts).probabilities
        if not len(unlabelled):
            return said
        cheap = head(frozen, rows, labels, classes=classes, unlabelled=unlabelled, seed=seed)
        return as_sure_as(said, float(cheap[unlabelled].max(axis=1).mean()), on=unlabelled)


def as_sure_as(probabilities: FloatArray, wanted: float, *, on: IntArray) -> FloatArray:
    """(n, k) probabilities at the temperature with which their mean confidence on the rows `on` is `wanted`.

    The order of the classes stays.
    """
    logits = np.log(np.maximum(np.asarray(probabilities, np.float64), 1e-12))
    found: FloatArray = softmax(scale_as_sure(logits[on], wanted) * logits, axis=1)
    return found


def _unlabelled(frozen: FrozenTexts, rows: IntArray) -> Unlabelled:
    some = rows[taken(len(rows))]
    return Unlabelled(tuple(frozen.texts[row] for row in some), np.asarray(frozen.embeddings[some]))


def _labelled(frozen: FrozenTexts, rows: IntArray, labels: IntArray) -> TrainingSet:
    texts = tuple(frozen.texts[row] for row in rows)
    return TrainingSet(texts, labels, np.asarray(frozen.embeddings[rows]), label_rows=frozen.labels)


lora = Tuned("lora")
"""Over the packaged encoder."""
