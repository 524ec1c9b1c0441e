"""The tuning method "auto": the tuned model, unless labels are very few or held-out ones are against it.

    labels ─┬─ fewer than FEWEST ─► "head"
            └─ more ─► "head" and the first fit of "lora" ─► mistakes of both on dev ─┬─ clearly more of lora ─► "head"
                                                                                      └─ else ─► refit of "lora"

Measured in docs/recipe.md. The head reads the last layer alone unless the settings say otherwise, so that every model
of this method can be exported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop.models.probe import Probe
from loop.models.settings import TuningSettings
from loop.models.tuning import Tuning
from loop.protocols import Chosen, Progress, TrainingReport, TrainingSet
from loop.records import FloatArray

BoolArray = NDArray[np.bool_]

FEWEST = 25
"""Labels from which on the encoder is tuned."""
CLEARLY = 1.0
"""So many standard errors of the difference must the tuned model be behind on dev to be left."""
HEAD, TUNED = "head", "lora"
"""The methods it chooses from."""


def auto(settings: TuningSettings, *, base: str, revision: str | None = None) -> Auto:
    """Chooses head or lora for each model, by how many labels there are and by what both say of held-out ones."""
    return Auto(settings, base, revision)


@dataclass(frozen=True, slots=True)
class Auto:
    """A Trainer (loop.protocols)."""

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
        """The report of the chosen method, which it names. Raises ModelError for fewer than two classes of labels."""
        given: dict[str, Any] = {"labels": labels, "seed": seed, "metadata": metadata, "progress": progress}
        free = self.settings.representation == "auto"
        head = Probe(replace(self.settings, representation="last") if free else self.settings, self.base, self.revision)
        if len(train.labels) + len(dev.labels) < FEWEST:
            return replace(head(train, dev, out=out, held_out=held_out, **given), chosen=Chosen(HEAD))
        with TemporaryDirectory(dir=out.parent, prefix=".head-") as scratch:
            apart = Path(scratch) / "held_out.npy"
            head(train, dev, out=Path(scratch), held_out=apart, **given)
            by_head = np.load(apart) if apart.exists() else np.zeros((0, len(labels)))
        wrong = {HEAD: _wrong(by_head, dev)}
        tuned = Tuning(TUNED, self.settings, self.base, self.revision)

        def check(probabilities: FloatArray) -> None:
            wrong[TUNED] = _wrong(probabilities, dev)
            if clearly_more(wrong[TUNED], wrong[HEAD]):
                raise _Behind

        try:
            report, method = tuned(train, dev, out=out, held_out=held_out, check=check, **given), TUNED
        except _Behind:
            # Seconds, and its folder is whole then: the first one was only fitted to be compared with.
            report, method = head(train, dev, out=out, held_out=held_out, **given), HEAD
        mistakes = {name: int(found.sum()) for name, found in wrong.items()} if len(dev.labels) else {}
        return replace(report, chosen=Chosen(method, mistakes, len(dev.labels)))


class _Behind(Exception):
    """The tuned model makes clearly more mistakes on dev than the head."""


def clearly_more(one: BoolArray, other: BoolArray) -> bool:
    """Whether `one` makes more mistakes than `other`, by more than CLEARLY standard errors. one, other: (d,) paired."""
    differences = one.astype(np.float64) - other
    if len(differences) < 2:
        return False
    return bool(differences.mean() > CLEARLY * differences.std(ddof=1) / len(differences) ** 0.5)


def _wrong(probabilities: FloatArray, dev: TrainingSet) -> BoolArray:
    found: BoolArray = probabilities.argmax(axis=1) != dev.labels if len(dev.labels) else np.zeros(0, np.bool_)
    return found
