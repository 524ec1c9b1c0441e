"""The recipe "lora": the tuning method of that name behind the seam of recipes, for few and dear runs.

    texts, labels ─► every seventh label is dev ─► loop.models.tuning ─► a folder that is thrown away ─► probabilities

It tunes minutes where the recipe "head" fits a second: use it to see how far the head's picks help a tuned model.
Needs FrozenTexts.texts of the very texts; torch loads at the first call.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from loop.models.settings import TuningSettings
from loop.protocols import FrozenTexts, TrainingSet
from loop.records import FloatArray, IntArray

EVERY = 7
"""Each 7th label of the order given calibrates, as in live rounds."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """A Recipe (loop.protocols) that tunes an encoder.

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
        """(n, classes) calibrated on the dev part, which no step sees. Raises ModelError for fewer than two classes."""
        from loop.models.classifier import load_classifier
        from loop.models.tuning import Tuning

        del unlabelled
        dev = np.arange(len(rows)) % EVERY == EVERY - 1
        with tempfile.TemporaryDirectory() as scratch:
            Tuning(self.method, self.settings, self.base, self.revision)(
                _labelled(frozen, rows[~dev], labels[~dev]),
                _labelled(frozen, rows[dev], labels[dev]),
                labels=tuple(f"class {column}" for column in range(classes)),
                out=Path(scratch),
                seed=seed,
            )
            return load_classifier(Path(scratch)).predict(frozen.texts).probabilities


def _labelled(frozen: FrozenTexts, rows: IntArray, labels: IntArray) -> TrainingSet:
    return TrainingSet(tuple(frozen.texts[row] for row in rows), labels, np.asarray(frozen.embeddings[rows]))


lora = Tuned("lora")
"""Over the packaged encoder."""
