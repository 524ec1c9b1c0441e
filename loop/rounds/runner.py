"""Runs rounds: picks the next unfinished step, executes it and records the result. Calling it again resumes.

rounds so far ─► open round, or a new one ─► first step not done ─► step ─► one transaction: rows + "done" ─► next
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import psutil

from loop import kept_config
from loop.artifact_names import artifact
from loop.config import Config, digest
from loop.errors import WeakspotError
from loop.ledger import lineage, progress
from loop.ledger.lineage import BundleRow
from loop.ledger.progress import Event, Heartbeat, StepRow
from loop.project import CONFIG, Project, only_worker
from loop.records.vocabulary import STEPS
from loop.rounds import environment, labeling, planning, snapshot
from loop.rounds.context import StepContext, StepResult, nothing, now
from loop.rounds.mixed_copies import refuse_mixed, set_aside_newer_rounds
from loop.rounds.start import open_round
from loop.rounds.task import task_of

WRITING = ("train", "evaluate", "score")
"""Steps that leave files under their own name."""
BEAT_SECONDS = 2.0
WORKER = "run"

SHARED: dict[str, Callable[[StepContext], StepResult]] = {
    "send": labeling.send,
    "await": labeling.wait,
    "collect": labeling.collect,
}
"""Steps that are the same for every task; the others are the task's own."""


Recover = Callable[[Project, Callable[[str], None]], None]
"""Given the project and how to say a line."""


class ProgressListener(Protocol):
    """Is told about the progress of a run."""

    def on_step_start(self, round_: int, step: str) -> None:
        """Called when a step begins."""

    def on_progress(self, done: int, total: int) -> None:
        """Called with the number of finished and of all items; a total of 0 means unknown."""

    def on_message(self, line: str) -> None:
        """Called with a line for the person who watches."""

    def on_step_end(self, row: StepRow) -> None:
        """Called with the step's row when it is done."""

    def on_round_end(self, round_: int) -> None:
        """Called when the round is over, or has come to the step to stop after."""


@dataclass(frozen=True)
class RunOptions:
    """What to run."""

    rounds: int | None = None
    """Total number of rounds. None: finish the open round, or run one more."""
    until: str | None = None
    """Stop after this step of the last round."""
    wait: bool = True
    early: bool = False
    final: bool = False
    """Tune the last round's model by the full method, whatever model.final_every says."""


def run(project: Project, options: RunOptions, listener: ProgressListener, *, recover: Recover) -> None:
    """Runs rounds as requested. After a crash the same call resumes.

    recover: makes lost files of earlier rounds again that this run reads (loop.lineage.recover).
    Raises PeopleNeeded with wait=False when answers are missing, and whatever a step raises.
    """
    with only_worker(project) as lines:
        for line in (*lines, *kept_config.keep(project.root / CONFIG, project.state)):
            listener.on_message(line)
        project.ledger.refuse_damage()
        project.artifacts.sweep()
        refuse_mixed(project)
        set_aside_newer_rounds(project, say=listener.on_message)
        recover(project, listener.on_message)
        planning.write_lacking_forecast(project)
        for round_ in _rounds_to_do(project, options):
            last = STEPS.index(options.until) if options.until and round_ == _last(project, options) else len(STEPS) - 1
            if _enough(project, round_, STEPS[last], listener):
                break
            _run_round(
                project, round_, STEPS[: last + 1], replace(options, final=_final(project, options, round_)), listener
            )
            listener.on_round_end(round_)
        with project.ledger.begin() as connection:
            progress.stop_beating(connection, WORKER)


def _enough(project: Project, round_: int, until: str, listener: ProgressListener) -> bool:
    """Whether a rule of plan.stop forbids this round; one that has begun is never stopped by it."""
    with project.ledger.read() as connection:
        begun = any(row.round == round_ for row in progress.rounds(connection))
    rulings = () if begun else planning.enough(project, until=until)
    if rulings:
        line = planning.said(rulings, round_=round_, waiting=planning.waiting(project))
        listener.on_message(line)
        with project.ledger.begin() as connection:
            progress.add_event(connection, Event(now(), "info", None, None, line))
    return bool(rulings)


def _rounds_to_do(project: Project, options: RunOptions) -> range:
    with project.ledger.read() as connection:
        known = progress.rounds(connection)
    first = len(known) if not known or known[-1].finished_at else known[-1].round
    return range(first, first + 1 if options.rounds is None else max(options.rounds, first))


def _last(project: Project, options: RunOptions) -> int:
    to_do = _rounds_to_do(project, options)
    return to_do[-1] if options.rounds is None else options.rounds - 1


def _final(project: Project, options: RunOptions, round_: int) -> bool:
    return options.final and round_ == _last(project, options)


def _run_round(
    project: Project, round_: int, steps: tuple[str, ...], options: RunOptions, listener: ProgressListener
) -> None:
    config = open_round(project, round_, final=options.final, say=listener.on_message)
    with project.ledger.read() as connection:
        noted = progress.steps(connection, round_)
    lost = {row.step: _lost(project, row) for row in noted if row.state == "done"}
    done = {step for step, problem in lost.items() if not problem}
    for step, problem in lost.items():
        if problem and step in steps:
            _say(project, listener, round_, step, f"Files of this step are lost ({problem}): it runs again")
    for step in steps:
        if step not in done:
            _run_step(project, config, round_, step, options, listener)
    if steps[-1] == STEPS[-1]:
        digest_of_bundle, at = snapshot.write(project, round_), now()
        with project.ledger.begin() as connection:
            lineage.put_bundle(connection, BundleRow(round_, digest_of_bundle, at))
            progress.finish_round(connection, round_, at=at)
            planning.write_forecast(connection, project, round_)


def _lost(project: Project, row: StepRow) -> str:
    """What is wrong with the files of a step that is done; then it is repeated, from the same labels and seed.

    As after a power loss, or when somebody deleted them. The same inputs give the same result.
    """
    if row.step not in WRITING or "skipped" in (row.outcome or {}):
        return ""
    return project.artifacts.problem(artifact(row.round, row.step))


def _say(project: Project, listener: ProgressListener, round_: int, step: str, line: str) -> None:
    listener.on_message(f"Round {round_}, {step}: {line}")
    with project.ledger.begin() as connection:
        progress.add_event(connection, Event(now(), "warning", round_, step, line))


def _run_step(
    project: Project, config: Config, round_: int, step: str, options: RunOptions, listener: ProgressListener
) -> None:
    listener.on_step_start(round_, step)
    started = time.perf_counter()
    with project.ledger.begin() as connection:
        progress.begin_step(connection, round_, step, at=now())
    heartbeat = _Heartbeat(project, round_, step, listener)
    work = StepContext(
        project, round_, config, options.wait, options.early, progress=heartbeat.on_progress, say=heartbeat.on_message
    )
    try:
        done = (SHARED.get(step) or task_of(config).steps[step])(work)
    except WeakspotError as fault:
        heartbeat.event("warning" if fault.exit_status != 1 else "error", str(fault))
        raise
    leaves_files = step in WRITING and "skipped" not in done.outcome
    note = environment.note(work, step) if leaves_files else nothing
    with project.ledger.begin() as connection:
        done.record(connection)
        note(connection)
        progress.finish_step(
            connection,
            round_,
            step,
            outcome=done.outcome,
            inputs=digest(config),
            at=now(),
            seconds=time.perf_counter() - started,
            peak_mb=_peak_mb(),
        )
    with project.ledger.read() as connection:
        row = next(row for row in progress.steps(connection, round_) if row.step == step)
    listener.on_step_end(row)
    if step in WRITING:
        _give_memory_back()


class _Heartbeat:
    """Signs of life of one step: to the listener at once, to the ledger every two seconds."""

    def __init__(self, project: Project, round_: int, step: str, listener: ProgressListener) -> None:
        self._project, self._round, self._step, self._listener = project, round_, step, listener
        self._last = 0.0
        self.on_progress(0, 0)

    def on_progress(self, done: int, total: int) -> None:
        self._listener.on_progress(done, total)
        if time.monotonic() - self._last >= BEAT_SECONDS:
            self._last = time.monotonic()
            with self._project.ledger.begin() as connection:
                heartbeat = Heartbeat(WORKER, os.getpid(), now(), self._round, self._step, done, total, "")
                progress.beat(connection, heartbeat)

    def on_message(self, line: str) -> None:
        self._listener.on_message(line)
        self.event("info", line)

    def event(self, level: str, line: str) -> None:
        with self._project.ledger.begin() as connection:
            progress.add_event(connection, Event(now(), level, self._round, self._step, line))


def _give_memory_back() -> None:
    """Returns freed memory to the system: what tuning leaves in pieces would add up round after round.

    After steps that hold models alone: looking for garbage takes a third of a second once torch is loaded.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def _peak_mb() -> float:
    """Peak resident memory of this process so far, in MiB."""
    info = psutil.Process().memory_info()
    if hasattr(info, "peak_wset"):
        return float(info.peak_wset) / 2**20
    import resource

    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(kilobytes) / (2**20 if os.uname().sysname == "Darwin" else 1024)
