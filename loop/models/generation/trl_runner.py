"""One tuning run from opening the start to the saved folder.

start ─► Watch ─► trl's trainer ─► train, from the newest complete checkpoint if there is one ─► healthy weights ─► out
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loop.errors import DataError
from loop.models.generation.adapters import open_start
from loop.models.generation.arguments import silence, train
from loop.models.generation.bases import WritingBase, context_length
from loop.models.generation.checkpoints import run_folder
from loop.models.generation.data import Row, rows_of
from loop.models.generation.folders import FolderAbout, save_folder
from loop.models.generation.methods import trainer_for
from loop.models.generation.reinforcing import Judged, learnt_mark, trainer_by_marks
from loop.models.generation.settings import WritingSettings
from loop.models.generation.watch import Watch
from loop.protocols import Progress, WritingData, WritingReport


@dataclass(frozen=True, slots=True)
class Run:
    """All that decides what a run ends in."""

    method: str
    data: WritingData
    """What the method can use, and no more."""
    settings: WritingSettings
    base: str
    revision: str | None
    start: Path | None
    scratch: Path
    seed: int

    @property
    def folder(self) -> Path:
        """Where the checkpoints of this run are, and of no other."""
        told = (self.data, self.settings, self.base, self.revision, self.start, self.seed)
        return run_folder(self.scratch, self.method, *told)


def tune(run: Run, *, out: Path, progress: Progress | None) -> WritingReport:
    """Tunes, saves under `out`, reports. Raises DataError when no example fits, ModelError."""
    settings = run.settings
    with silence():
        opened = open_start(run.start, settings, base=run.base, revision=run.revision, seed=run.seed)
        rows = _rows(run, opened)
        watch = Watch(
            opened.model,
            opened.tokenizer,
            prompts=run.data.guard[: settings.guard_prompts],
            tokens=settings.guard_tokens,
            looks=settings.looks,
            least_health=settings.least_health,
            progress=progress,
        )
        trainer = _trainer(run, opened, rows, progress=progress)
        trainer.add_callback(watch)
        train(trainer, run.folder)
        if watch.collapsed:
            watch.restore()
        about = FolderAbout(opened.name, opened.revision, settings.adapt, method=run.method, seed=run.seed)
        save_folder(opened.model, opened.tokenizer, out, about=about)
    return _report(run, rows, trainer, watch)


def _trainer(run: Run, opened: WritingBase, rows: tuple[Row, ...], *, progress: Progress | None) -> Any:
    if run.method not in ("rloo", "grpo"):
        return trainer_for(run.method, opened, rows, run.settings, folder=run.folder, seed=run.seed)
    judged = Judged(run.data.pairs, run.base, run.revision, run.start, run.folder, run.seed)
    mark = learnt_mark(judged, run.settings, progress=progress)
    return trainer_by_marks(run.method, opened, run.data.prompts, mark, run.settings, folder=run.folder, seed=run.seed)


def _rows(run: Run, opened: WritingBase) -> tuple[Row, ...]:
    longest = min(run.settings.max_length, context_length(opened.model) or run.settings.max_length)
    rows = rows_of(opened.tokenizer, run.data.demonstrations, run.data.pairs, max_length=longest)
    if not rows:
        raise DataError(
            f"no answer of the training data fits into {longest} tokens, or all pairs are of equal answers",
            do="raise max_length in the tuning options",
        )
    return rows


def _report(run: Run, rows: tuple[Row, ...], trainer: Any, watch: Watch) -> WritingReport:
    curve = watch.curve(trainer.state)
    pairs = sum(row.rejected is not None for row in rows)
    return WritingReport(
        method=run.method,
        steps=trainer.state.global_step,
        best_step=watch.kept_step,
        demonstrations=len(rows) - pairs,
        pairs=pairs,
        trainable_parameters=sum(weights.numel() for weights in watch.start.values()),
        train_loss=curve[-1][1] if curve else None,
        collapsed=watch.collapsed,
        why=watch.why,
        curve=curve,
    )
