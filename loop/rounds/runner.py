"""The straight line: which step is next, doing it, noting it; after a crash the same call goes on.

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


class Watcher(Protocol):
    """Who looks on: the terminal, or nobody."""

    def began(self, round_: int, step: str) -> None:
        """A step begins."""

    def advanced(self, done: int, total: int) -> None:
        """It is this far."""

    def said(self, line: str) -> None:
        """Something a person should read."""

    def ended(self, row: StepRow) -> None:
        """It is done."""

    def closed(self, round_: int) -> None:
        """The round is over, or has come to the step it should stop after."""


@dataclass(frozen=True)
class RunOptions:
    """What the person asked for."""

    rounds: int | None = None
    """So many rounds in all; None: finish the open one, or do one more."""
    until: str | None = None
    """In the last round stop after this step."""
    wait: bool = True
    early: bool = False
    final: bool = False
    """The last round's model is tuned whatever model.final_every says."""


def run(project: Project, wish: RunOptions, watcher: Watcher, *, recover: Recover) -> None:
    """Does what is wished. The same call after any crash goes on where it stopped.

    recover: makes lost files of earlier rounds again that this run reads (loop.lineage.recover).
    Raises PeopleNeeded with wait=False when answers are missing, and whatever a step raises.
    """
    with only_worker(project) as lines:
        for line in (*lines, *kept_config.keep(project.root / CONFIG, project.state)):
            watcher.said(line)
        project.ledger.refuse_damage()
        project.artifacts.sweep()
        refuse_mixed(project)
        set_aside_newer_rounds(project, say=watcher.said)
        recover(project, watcher.said)
        planning.write_lacking_forecast(project)
        for round_ in _rounds_to_do(project, wish):
            last = STEPS.index(wish.until) if wish.until and round_ == _last(project, wish) else len(STEPS) - 1
            if _enough(project, round_, STEPS[last], watcher):
                break
            _run_round(project, round_, STEPS[: last + 1], replace(wish, final=_final(project, wish, round_)), watcher)
            watcher.closed(round_)
        with project.ledger.begin() as connection:
            progress.stop_beating(connection, WORKER)


def _enough(project: Project, round_: int, until: str, watcher: Watcher) -> bool:
    """Whether a rule of plan.stop forbids this round; one that has begun is never stopped by it."""
    with project.ledger.read() as connection:
        begun = any(row.round == round_ for row in progress.rounds(connection))
    rulings = () if begun else planning.enough(project, until=until)
    if rulings:
        line = planning.said(rulings, round_=round_, waiting=planning.waiting(project))
        watcher.said(line)
        with project.ledger.begin() as connection:
            progress.add_event(connection, Event(now(), "info", None, None, line))
    return bool(rulings)


def _rounds_to_do(project: Project, wish: RunOptions) -> range:
    with project.ledger.read() as connection:
        known = progress.rounds(connection)
    first = len(known) if not known or known[-1].finished_at else known[-1].round
    return range(first, first + 1 if wish.rounds is None else max(wish.rounds, first))


def _last(project: Project, wish: RunOptions) -> int:
    to_do = _rounds_to_do(project, wish)
    return to_do[-1] if wish.rounds is None else wish.rounds - 1


def _final(project: Project, wish: RunOptions, round_: int) -> bool:
    return wish.final and round_ == _last(project, wish)


def _run_round(project: Project, round_: int, steps: tuple[str, ...], wish: RunOptions, watcher: Watcher) -> None:
    config = open_round(project, round_, final=wish.final, say=watcher.said)
    with project.ledger.read() as connection:
        noted = progress.steps(connection, round_)
    lost = {row.step: _lost(project, row) for row in noted if row.state == "done"}
    done = {step for step, problem in lost.items() if not problem}
    for step, problem in lost.items():
        if problem and step in steps:
            _say(project, watcher, round_, step, f"Files of this step are lost ({problem}): it runs again")
    for step in steps:
        if step not in done:
            _run_step(project, config, round_, step, wish, watcher)
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


def _say(project: Project, watcher: Watcher, round_: int, step: str, line: str) -> None:
    watcher.said(f"Round {round_}, {step}: {line}")
    with project.ledger.begin() as connection:
        progress.add_event(connection, Event(now(), "warning", round_, step, line))


def _run_step(project: Project, config: Config, round_: int, step: str, wish: RunOptions, watcher: Watcher) -> None:
    watcher.began(round_, step)
    started = time.perf_counter()
    with project.ledger.begin() as connection:
        progress.begin_step(connection, round_, step, at=now())
    pulse = _Pulse(project, round_, step, watcher)
    work = StepContext(project, round_, config, wish.wait, wish.early, progress=pulse.advanced, say=pulse.said)
    try:
        done = (SHARED.get(step) or task_of(config).steps[step])(work)
    except WeakspotError as fault:
        pulse.event("warning" if fault.exit_status != 1 else "error", str(fault))
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
    watcher.ended(row)
    if step in WRITING:
        _give_memory_back()


class _Pulse:
    """Signs of life of one step: to the watcher at once, to the ledger every two seconds."""

    def __init__(self, project: Project, round_: int, step: str, watcher: Watcher) -> None:
        self._project, self._round, self._step, self._watcher = project, round_, step, watcher
        self._last = 0.0
        self.advanced(0, 0)

    def advanced(self, done: int, total: int) -> None:
        self._watcher.advanced(done, total)
        if time.monotonic() - self._last >= BEAT_SECONDS:
            self._last = time.monotonic()
            with self._project.ledger.begin() as connection:
                heartbeat = Heartbeat(WORKER, os.getpid(), now(), self._round, self._step, done, total, "")
                progress.beat(connection, heartbeat)

    def said(self, line: str) -> None:
        self._watcher.said(line)
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
