"""Lost or damaged folders of a round, made again from its record and put back where the bytes are the same.

    a finished round ─► folders that its bundle names and that are not whole  ┐
    the open one     ─► how questions were drawn, when that is done           ┴─► lost
    lost ─► the project as it was when the round began, in a temporary place ─► the steps up to the lost ones
            (a model or scores that are whole are taken as they are)         ─► same digest as in the bundle ─► put back

`weakspot run` restores what later rounds read, where the round's model is whole: that takes moments. Everything else
takes as long as the round took, and is restored by `weakspot replay ROUND --restore`. The other steps of the open
round need no record: `loop.rounds.runner` repeats them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from loop import manifest
from loop.artifact_names import BUNDLE, artifact
from loop.errors import WeakspotError
from loop.ledger import figures, lineage, progress
from loop.ledger.progress import Event
from loop.lineage.restore import Rewound, link_folder, no_such_round, rewound
from loop.lineage.steps import again, move_between, steps_done
from loop.project import Project
from loop.rounds import environment, snapshot
from loop.rounds.context import StepContext, now
from loop.rounds.task import OWN_STEPS

TAKEN = ("train", "score")
"""Steps whose folders, where they are whole, stand for the step: they take longest."""
READ_LATER = ("evaluate", "select")
"""Folders of finished rounds that later rounds read."""
FAILED = "restore"
"""Prefix of the keys in meta that note what could not be restored, so that no run tries it twice."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of a lost folder."""

    name: str
    problem: str
    """What was wrong with it."""
    back: bool
    why: str
    """Why it is not back; empty when it is."""


def restore(project: Project, round_: int, *, say: Say) -> tuple[Restored, ...]:
    """Makes the lost folders of a round again and puts back those that come out the same; call it as the worker.

    Raises DataError when there is no such round, ArtifactError when its bundle or another that is needed is damaged.
    """
    _refuse_without_record(project, round_)
    wanted = _wanted(project, round_)
    lost = {name: problem for name in wanted if (problem := project.artifacts.problem(name))}
    return _restored(project, round_, wanted, lost, say=say) if lost else ()


def restore_what_is_read(project: Project, say: Say) -> None:
    """Before a run: what later rounds read of finished ones, where that is cheap; the rest is said once."""
    with project.ledger.read() as connection:
        known = [row.round for row in progress.rounds(connection)]
    for round_ in known:
        if not any(project.artifacts.problem(artifact(round_, step)) for step in READ_LATER):
            # The usual case. Bundles hold all answers so far: reading each at every run would cost more every round.
            continue
        wanted = _wanted(project, round_)
        lost = {
            name: problem
            for name in wanted
            if name.endswith(READ_LATER) and (problem := project.artifacts.problem(name))
        }
        if lost and not _tried(project, round_, lost):
            for one in _cheaply(project, round_, wanted, lost, say=say):
                _note(project, round_, one, say=say)


def _refuse_without_record(project: Project, round_: int) -> None:
    """Without the bundle nobody knows which folders the round had, nor what they held."""
    with project.ledger.read() as connection:
        known = [row.round for row in progress.rounds(connection)]
        bundled = {row.round for row in lineage.bundles(connection)}
    if round_ not in known:
        raise no_such_round(round_, known)
    if round_ in bundled:
        project.artifacts.open(artifact(round_, BUNDLE))


def _cheaply(
    project: Project, round_: int, wanted: Mapping[str, str], lost: Mapping[str, str], *, say: Say
) -> tuple[Restored, ...]:
    own = [artifact(round_, step) for step in TAKEN]
    dear = [name for name in own if name in wanted and project.artifacts.problem(name)]
    if dear:
        why = f"{dear[0]} is lost too: `weakspot replay {round_} --restore` makes both again"
        return tuple(Restored(name, problem, back=False, why=why) for name, problem in lost.items())
    return _restored(project, round_, wanted, lost, say=say)


def _wanted(project: Project, round_: int) -> dict[str, str]:
    """Folder of the round → the digest it should have; empty digest: not written down."""
    with project.ledger.read() as connection:
        noted = any(row.round == round_ and row.finished_at for row in progress.rounds(connection))
        done = {row.step for row in progress.steps(connection, round_) if row.state == "done"}
    own = artifact(round_, "")
    if noted and not project.artifacts.problem(artifact(round_, BUNDLE)):
        content = snapshot.read(project, round_) or {}
        return {name: digest for name, digest in content.get("artifacts.json", {}).items() if name.startswith(own)}
    if not noted and "select" in done and project.config.task == "classification":
        return {artifact(round_, "select"): ""}
    return {}


def _restored(
    project: Project, round_: int, wanted: Mapping[str, str], lost: Mapping[str, str], *, say: Say
) -> tuple[Restored, ...]:
    say(f"Round {round_}: {', '.join(sorted(lost))} made again from the record")
    try:
        with rewound(project, round_) as past:
            _run_again(project, past, round_, lost, say=say)
            return tuple(_put_back(project, past, name, wanted[name], problem) for name, problem in lost.items())
    except WeakspotError as fault:
        return tuple(Restored(name, problem, back=False, why=fault.found) for name, problem in lost.items())


def _run_again(project: Project, past: Rewound, round_: int, lost: Iterable[str], *, say: Say) -> None:
    """The steps up to those that write what is lost."""
    with project.ledger.read() as connection:
        recorded = {row.step: row for row in steps_done(connection, round_)}
        noted = environment.noted(connection, round_)
        began = next(row.started_at for row in progress.rounds(connection) if row.round == round_)
    work = StepContext(
        past.project, round_, past.config, wait=False, early=True, progress=lambda _done, _total: None, say=say
    )
    steps = [step for step in OWN_STEPS if step in recorded and step != "settle"]
    last = max(_place(steps, name) for name in lost)
    for step in steps[: last + 1]:
        move_between(project, past.project, after=began, until=recorded[step].started_at)
        began = recorded[step].finished_at or began
        name = artifact(round_, step)
        if step in TAKEN and name not in lost and project.artifacts.has(name):
            _take(project, past.project, round_, step)
        else:
            again(work, step, noted.get(step))


def _place(steps: Sequence[str], name: str) -> int:
    step = name.rsplit("/", 1)[-1]
    return steps.index(step) if step in steps else len(steps) - 1


def _take(project: Project, past: Project, round_: int, step: str) -> None:
    """A step whose folder is whole: its files by link, its rows by copy."""
    project.artifacts.open(artifact(round_, step))
    link_folder(project.artifacts, past.artifacts, artifact(round_, step))
    with project.ledger.read() as kept:
        models = [row for row in figures.models(kept) if row.round == round_]
    with past.ledger.begin() as connection:
        for row in models if step == "train" else ():
            figures.add_model(connection, row)
        _mark(connection, round_, step)


def _mark(connection: Connection, round_: int, step: str) -> None:
    progress.begin_step(connection, round_, step, at="")
    progress.finish_step(connection, round_, step, outcome={}, inputs="", at="", seconds=0.0, peak_mb=0.0)


def _put_back(project: Project, past: Rewound, name: str, wanted: str, problem: str) -> Restored:
    made = past.project.artifacts.place(name)
    found = manifest.digest(made)
    if found is None:
        return Restored(name, problem, back=False, why="the steps did not make it again")
    if wanted and found != wanted:
        return Restored(name, problem, back=False, why="what was made again is not the same to the byte")
    with project.artifacts.writing(name) as folder:
        for path in sorted(made.rglob("*")):
            target = folder / path.relative_to(made)
            if path.is_dir():
                target.mkdir(parents=True, exist_ok=True)
            elif path.name != manifest.MANIFEST or path.parent != made:
                shutil.copyfile(path, target)
    return Restored(name, problem, back=True, why="")


def _tried(project: Project, round_: int, lost: Iterable[str]) -> bool:
    with project.ledger.read() as connection:
        return progress.get(connection, f"{FAILED}/{round_:03d}") == " ".join(sorted(lost))


def _note(project: Project, round_: int, one: Restored, *, say: Say) -> None:
    if one.back:
        line = f"Round {round_}: {one.name} was lost ({one.problem}) and is as it was again"
    else:
        line = f"Round {round_}: {one.name} is lost ({one.problem}) and stays out of later figures: {one.why}"
    say(line)
    with project.ledger.begin() as connection:
        progress.add_event(connection, Event(now(), "warning", round_, None, line))
        if not one.back:
            before = (progress.get(connection, f"{FAILED}/{round_:03d}") or "").split()
            progress.put(connection, f"{FAILED}/{round_:03d}", " ".join(sorted({*before, one.name})))
