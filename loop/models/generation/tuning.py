"""The tuning methods of models that write: demonstrations, pairs, prompts → a model folder, through trl.

           learns from                            its reference
sft        demonstrations                         -
dpo        pairs, demonstrations                  the model it starts from
kto        pairs as good and bad answers, ...     the model it starts from
orpo       pairs, demonstrations                  none
rloo/grpo  own answers to prompts, marked by a    the model it starts from
           reward model tuned on the pairs

start ─► Watch ─► trl's trainer ─► healthy weights ─► folder            (checkpoints in scratch, out written last)

Where there are demonstrations but no pairs yet, every method is SFT, and the report says so.
SFT: Ouyang et al. 2022; DPO: Rafailov et al. 2023; the SFT term: Pang et al. 2024, Iterative reasoning preference
optimization; KTO: Ethayarajh et al. 2024; ORPO: Hong et al. 2024.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from loop.errors import DataError, ModelError
from loop.models.generation.settings import WritingSettings
from loop.protocols import Progress, WritingData, WritingReport


def sft(settings: WritingSettings, *, base: str, revision: str | None = None) -> WritingTuning:
    """Imitates demonstrations."""
    return WritingTuning("sft", settings, base, revision)


def dpo(settings: WritingSettings, *, base: str, revision: str | None = None) -> WritingTuning:
    """Raises chosen above rejected answers, and imitates the chosen ones so that texts do not decay."""
    return WritingTuning("dpo", settings, base, revision)


def kto(settings: WritingSettings, *, base: str, revision: str | None = None) -> WritingTuning:
    """Learns good and bad answers apart, each by itself."""
    return WritingTuning("kto", settings, base, revision)


def orpo(settings: WritingSettings, *, base: str, revision: str | None = None) -> WritingTuning:
    """Imitates chosen answers and lowers the odds of rejected ones, with no reference model."""
    return WritingTuning("orpo", settings, base, revision)


def rloo(settings: WritingSettings, *, base: str, revision: str | None = None) -> WritingTuning:
    """Writes answers, has a reward model mark them, and raises those above the others to the same prompt."""
    return WritingTuning("rloo", settings, base, revision)


def grpo(settings: WritingSettings, *, base: str, revision: str | None = None) -> WritingTuning:
    """As rloo, with marks standardised within the answers to a prompt and steps held close to the last."""
    return WritingTuning("grpo", settings, base, revision)


@dataclass(frozen=True, slots=True)
class WritingTuning:
    """A WritingTrainer (loop.protocols)."""

    method: str
    """Name in the menu."""
    settings: WritingSettings
    base: str
    revision: str | None

    def __call__(
        self,
        data: WritingData,
        *,
        start: Path | None,
        out: Path,
        scratch: Path,
        seed: int,
        progress: Progress | None = None,
    ) -> WritingReport:
        """See the protocol. A collapsed run saves the last healthy weights, at worst those it started from."""
        method = "sft" if data.demonstrations and not data.pairs else self.method
        running = _running()
        run = running.Run(
            method=method,
            data=_usable(method, data),
            settings=self.settings,
            base=self.base,
            revision=self.revision,
            start=start,
            scratch=scratch,
            seed=seed,
        )
        report: WritingReport = running.tune(run, out=out, progress=progress)
        return report


def _usable(method: str, data: WritingData) -> WritingData:
    """What the method learns from. Raises DataError when there is nothing."""
    if method == "sft":
        if not data.demonstrations:
            raise DataError("there is no demonstration to tune on", do="collect corrections, or choose tuning: dpo")
        return replace(data, pairs=(), prompts=())
    if not data.pairs:
        raise DataError("there is neither a pair nor a demonstration to tune on", do="compare or correct answers first")
    if method not in ("rloo", "grpo"):
        return replace(data, prompts=())
    if not data.prompts:
        raise DataError(f"there is no prompt for {method} to write to", do="add prompts, or choose tuning: dpo")
    return replace(data, demonstrations=())


def _running() -> Any:
    """The part that needs trl, loaded when something is tuned. Raises ModelError without trl."""
    try:
        return importlib.import_module("loop.models.generation.trl_runner")
    except ModuleNotFoundError as error:
        if error.name not in ("trl", "datasets"):
            raise
        raise ModelError("tuning a model that writes needs trl", do="pip install 'weakspot[generation]'") from error
