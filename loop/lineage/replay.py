"""A round run again from its record, beside the project: is the result the same?

the project as it was ─► train ─► evaluate ─► gate ─► score ─► map ─► select ─► (answers from the bundle) ─► settle
                             each the very step that `weakspot run` takes, in a temporary place
recorded │ made again ─► labels, model, predictions, figures, decision, weak spots, picks ─► identical, or what differs

What of code, libraries and machine is not as it was is said first: it is the likely reason of any difference.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from loop.artifact_names import BUNDLE, artifact
from loop.artifacts import faults
from loop.errors import WeakspotError
from loop.ledger import progress, schema
from loop.ledger.lineage import rows
from loop.ledger.progress import StepRow
from loop.lineage import compare
from loop.lineage.compare import DIFFERS, IDENTICAL, LACKING, NOT_KEPT, Part
from loop.lineage.restore import Rewound, put, rewound
from loop.lineage.steps import again, move_between, portions_again, steps_done
from loop.project import Project
from loop.protocols import Progress
from loop.rounds import environment, snapshot
from loop.rounds.context import StepContext, now
from loop.rounds.environment import Machine
from loop.rounds.task import OWN_STEPS

MADE = {
    "train": "model",
    "evaluate": "predictions",
    "score": "scores of the pool",
    "select": "how questions were drawn",
}
"""A round's folder → what it holds."""
ORDER = (
    "labels and seed",
    "model",
    "predictions",
    "figures",
    "estimates",
    "decision",
    "scores of the pool",
    "weak spots",
    "lives of spots",
    "slices",
    "how questions were drawn",
    "picks",
)
"""Parts as a reader wants them: in the order of the steps."""
MAKER = {"train": "train", "evaluate": "evaluate", "score": "score", "settle": "settle"}
"""A round's folder → the step that makes it; any other is made by select."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of running a round again."""

    round: int
    identical: bool
    """Everything that was recorded came out the same."""
    changed: Mapping[str, tuple[Any, Any]]
    """Of code, libraries and machine: (then, now), most telling first; only what differs."""
    why: str
    """Why something differs, as far as can be told; "" when nothing does."""
    notes: tuple[str, ...]
    """What the reader must know."""
    parts: tuple[Part, ...]
    seconds: float


def replay(project: Project, round_: int, progress: Progress | None = None, *, say: Say | None = None) -> Replay:
    """Runs a round again. Touches nothing of the project.

    Raises DataError when there is no such round, ArtifactError when its bundle is damaged.
    """
    started, began = time.perf_counter(), now()
    told: Say = say or (lambda _: None)
    with rewound(project, round_) as past, project.ledger.read() as connection:
        recorded = {row.step: row for row in steps_done(connection, round_)}
        content = snapshot.read(project, round_)
        noted = environment.noted(connection, round_)
        work = _work(past, round_, progress, told)
        changed, notes = _changed(work, noted)
        done, failed = _again(project, work, recorded, noted, content=content, say=told)
        parts = [*_files(project, past, round_, done), *_rows(project, past, round_, done, content, began=began)]
    parts.sort(key=lambda part: ORDER.index(part.name) if part.name in ORDER else len(ORDER))
    parts += [Part(step, LACKING, why) for step, why in failed.items()]
    identical = all(part.state == IDENTICAL for part in parts)
    notes += [past.guessed] if past.guessed else []
    if recorded and "settle" not in recorded:
        notes += ["the round is not over: compared is what it has done so far"]
    return Replay(
        round=round_,
        identical=identical,
        changed=changed,
        why="" if identical else _why(changed, parts, notes),
        notes=tuple(notes),
        parts=tuple(parts),
        seconds=time.perf_counter() - started,
    )


def _work(past: Rewound, round_: int, progress: Progress | None, say: Say) -> StepContext:
    quiet: Progress = progress or (lambda _done, _total: None)
    return StepContext(past.project, round_, past.config, wait=False, early=True, progress=quiet, say=say, strict=True)


def _changed(work: StepContext, noted: Mapping[str, Machine]) -> tuple[dict[str, tuple[Any, Any]], list[str]]:
    """What differs from the machine of the steps, but for the threads: those are set as they were."""
    if not noted:
        return {}, ["what the round ran with was not noted: there is nothing to compare code and machine with"]
    found: dict[str, tuple[Any, Any]] = {}
    for then in noted.values():
        now = replace(environment.present(work), threads=then.threads, blas_threads=then.blas_threads)
        found |= {fact: both for fact, both in environment.changed(then, now).items() if fact not in found}
    return found, []


def _again(
    project: Project,
    work: StepContext,
    recorded: Mapping[str, StepRow],
    noted: Mapping[str, Machine],
    *,
    content: Mapping[str, Any] | None,
    say: Say,
) -> tuple[list[str], dict[str, str]]:
    """The steps that could be run again, and why the others could not."""
    steps = [step for step in OWN_STEPS if step in recorded]
    with work.project.ledger.read() as connection:
        at = rows(connection, schema.rounds, schema.rounds.c.round == work.round)[0]["started_at"]
    # A bundle knows of folders that are lost; an open round has none yet.
    names = project.artifacts.names() if content is None else content["artifacts.json"]
    done: list[str] = []
    for step in steps:
        move_between(project, work.project, after=at, until=recorded[step].started_at)
        at = recorded[step].finished_at
        if step == "settle":
            if content is None:
                break
            if not _answered(work, content):
                return done, {"settle": "the answers belong to other questions than those that were picked now"}
        say(f"{step} again")
        try:
            again(work, step, noted.get(step))
            if step == "select":
                portions_again(project, work, names, noted.get(step))
        except WeakspotError as fault:
            told = str(fault).replace(str(work.project.artifacts.place("")), str(project.artifacts.place("")))
            return done, {one: told if one == step else f"rests on {step}" for one in steps[len(done) :]}
        done.append(step)
    return done, {}


def _answered(work: StepContext, content: Mapping[str, Any]) -> bool:
    """The answers as they stood at the end, to questions that are the same as then."""
    with work.project.ledger.begin() as connection:
        asked = {row["ext_id"] for row in rows(connection, schema.picks)}
        if not {row["ext_id"] for row in content["annotations.jsonl"]} <= asked:
            return False
        connection.execute(schema.annotations.delete())
        put(connection, schema.annotations, content["annotations.jsonl"])
    return True


def _files(project: Project, past: Rewound, round_: int, done: Sequence[str]) -> list[Part]:
    """Every folder of the round: those that the steps made now, and those they should have made."""
    own, bundle = artifact(round_, ""), artifact(round_, BUNDLE)
    now, then = ({name for name in one.artifacts.names() if name.startswith(own)} for one in (past.project, project))
    parts = []
    for name in sorted((now | then) - {bundle}):
        step = name.rsplit("/", 1)[-1]
        if name in now or MAKER.get(step, "select") in done:
            kept, made = (one.artifacts.place(name) for one in (project, past.project))
            parts.append(
                _folder(MADE.get(step, step), name, kept if name in then else None, made if name in now else None)
            )
    return parts


def _folder(told: str, name: str, kept: Path | None, made: Path | None) -> Part:
    if kept is None:
        return Part(told, NOT_KEPT, f"made again, but {name} was deleted: there is nothing to compare it with")
    if faults(kept):
        return Part(told, NOT_KEPT, f"{name} was changed since it was written: see `weakspot verify`")
    if made is None:
        return Part(told, DIFFERS, f"{name} was recorded and was not made again")
    return compare.folders(told, kept, made)


def _rows(
    project: Project, past: Rewound, round_: int, done: Sequence[str], content: Mapping[str, Any] | None, *, began: str
) -> list[Part]:
    with project.ledger.read() as kept, past.project.ledger.read() as made:
        old, new = _told(kept, round_), _told(made, round_, since=began)
        over = "settle" in done or not any(row.step == "settle" for row in steps_done(kept, round_))
        believed = snapshot.state(made) if "settle" in done else {}
    if not over:
        # What settling adds to the figures cannot be told from what the steps before it found.
        for name in ("figures", "estimates"):
            keys = {_key(row, WHAT[name][1]) for row in new[name]}
            old[name] = [row for row in old[name] if _key(row, WHAT[name][1]) in keys]
    parts = [
        compare.listed(name, old[name], new[name], key=key)
        for name, (steps, key) in WHAT.items()
        if set(steps) & set(done) and (old[name] or new[name])
    ]
    for name, key in (("labels", "example_id"), ("preferences", "id")):
        file = f"{name}.jsonl"
        if content is not None and file in believed and (content[file] or believed[file]):
            rest = [[{**row, key: str(row[key])} for row in found] for found in (content[file], believed[file])]
            parts.append(compare.listed(f"{name} afterwards", *rest, key=(key,)))
    return parts


WHAT: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "labels and seed": (("train",), ("round",)),
    "figures": (("evaluate",), ("on", "metric", "slice")),
    "estimates": (("evaluate", "gate", "settle"), ("round", "on", "estimator")),
    "decision": (("gate",), ("model_round", "action")),
    "weak spots": (("map",), ("spot",)),
    "lives of spots": (("map",), ("spot",)),
    "slices": (("map",), ("name",)),
    "picks": (("select",), ("ext_id",)),
}
"""Part → the steps it comes from, and the columns that name a row."""
OF_A_MODEL = ("round", "base", "tuning", "seed", "train_n", "dev_n", "labels_digest", "temperature")


def _told(connection: Any, round_: int, *, since: str = "") -> dict[str, list[dict[str, Any]]]:
    """Part → what a ledger says of it. since: of decisions, only those made from then on."""
    steps = {row.step: row for row in progress.steps(connection, round_)}
    gate = steps.get("gate")
    decided = rows(connection, schema.decisions, schema.decisions.c.round == round_)
    tables = {"figures": schema.measurements, "weak spots": schema.spot_rounds, "lives of spots": schema.spot_lives}
    tables |= {"slices": schema.found_slices, "picks": schema.picks}
    found = {name: rows(connection, table, table.c.round == round_) for name, table in tables.items()}
    models = rows(connection, schema.models, schema.models.c.round == round_)
    return {
        **found,
        "figures": [row for row in found["figures"] if row["metric"] not in compare.BY_CLOCK],
        "estimates": rows(connection, schema.estimates, schema.estimates.c.at_round == round_),
        "labels and seed": [{name: row[name] for name in OF_A_MODEL} for row in models],
        "decision": [row for row in decided if gate is not None and row["at"] >= since and _by(gate, row)],
    }


def _by(gate: StepRow, row: Mapping[str, Any]) -> bool:
    """Decided by the step itself, not by hand before or after it. The steps of a replay have no times."""
    return not gate.started_at or gate.started_at <= row["at"] <= (gate.finished_at or "")


def _key(row: Mapping[str, Any], key: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row[name] for name in key)


def _why(changed: Mapping[str, tuple[Any, Any]], parts: Sequence[Part], notes: Sequence[str]) -> str:
    if not any(part.state == DIFFERS for part in parts):
        return "what was made again is the same; the rest could not be compared"
    if changed:
        facts = ", ".join(f"{fact} {then} → {now}" for fact, (then, now) in changed.items())
        return f"likely because of what has changed since: {facts}"
    if notes:
        return "perhaps because the record is not whole (see above)"
    return (
        "code, libraries, machine and base weights are those of the record: a file of the round was changed "
        "(`weakspot verify` tells), or something decides that is not recorded, which would be a mistake of weakspot"
    )
