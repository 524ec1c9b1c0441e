"""Whether anything was changed behind weakspot's back: every file, every bundle, every row that may not change.

folders ─► manifest: each file, to the byte                                  ┐
bundles ─► hash and round in the ledger, the bundle before, the folders named ├─► Findings
ledger  ─► rows that never change: exactly as every bundle has them           │
           answers: against every bundle; what is believed of them: against   │
           the newest bundle alone                                            ┘ (`loop.lineage.integrity`)

What it did not look at is listed by `unseen`. What it cannot see: somebody who rewrites the newest bundle, its
manifest and its hash in the ledger alike. Whoever keeps the hash that `weakspot verify` prints somewhere else sees
that too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from loop.artifact_names import BUNDLE, artifact
from loop.artifacts import MANIFEST, faults
from loop.errors import ArtifactError
from loop.ledger import lineage, progress
from loop.ledger.lineage import BundleRow
from loop.lineage import integrity
from loop.manifest import digest as digest_of
from loop.project import Project
from loop.protocols import Progress
from loop.records.vocabulary import STEPS
from loop.rounds import bundle_files

MEANS = {
    "pool": "the examples are not those the project was made with, and every figure speaks of them",
    "retention": "what the model must not forget is measured on other prompts than before",
    "partition": "the weak spots' regions are not those that earlier rounds speak of",
    "embeddings": "weak spots and picks would rest on other positions than before",
    "label_texts": "the names and phrases of the labels would stand elsewhere than before, and other models follow",
    "tokens": "the models would read other tokens than they were trained on",
    "train": "the model of round {round} is not the one that was tuned, measured and judged",
    "evaluate": "what the model of round {round} said of gold, audit and dev is not what its figures rest on",
    "score": "what the champion said of the pool is not what the picks of round {round} rest on",
    "select": "how the questions of round {round} were drawn is not as it was",
    BUNDLE: "the record of round {round} is not as it was written when the round was finished",
}
"""What a changed folder means, by the last part of a round's folder or the first of any other."""
RESTORE = "put the folder back from a copy, then `weakspot verify` again"
REMADE = (
    "put the folder back from a copy, or delete it: it is made again when it is needed, then `weakspot verify` again"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written."""

    level: str
    """"problem", or "note" for what is lawful and worth knowing."""
    round: int | None
    """None: it belongs to no round, or to all."""
    place: str
    """The file, within the artifacts; or "ledger: " and the table."""
    found: str
    means: str
    do: str


@dataclass(frozen=True, slots=True)
class Seal:
    """The newest bundle's hash: kept elsewhere it vouches for everything before it."""

    round: int
    digest: str


def verify(project: Project, progress: Progress | None = None) -> tuple[Finding, ...]:
    """Everything that is not as it was written, by round; progress counts folders. Reads only."""
    with project.ledger.read() as connection:
        known = lineage.bundles(connection)
        damaged, in_folders = _folders(project, progress)
        found = [*in_folders, *_strays(project), *_bundles(project, connection, known, damaged)]
        found += _missing_bundles(project, connection, known)
        found += _unknown_rounds(project, connection)
    return tuple(sorted(found, key=lambda one: (one.level, -1 if one.round is None else one.round, one.place)))


UNSEEN = (
    "weakspot.yaml and the data files it names: the rounds keep their config, the pool its examples",
    "the labeling tool: its projects, tasks and answers, and the folder of the embedded server",
    "tables that people are not shown as results: tasks, events, heartbeats, forecasts, names of spots, meta but for "
    "what steps ran with",
    "what the labeling tool sent with each answer: of that only a hash is kept, which may change lawfully",
)


def unseen(project: Project) -> tuple[str, ...]:
    """What `verify` did not look at, a line each."""
    with project.ledger.read() as connection:
        bundled = {row.round for row in lineage.bundles(connection)}
        rest = [row.round for row in progress.rounds(connection) if row.round not in bundled]
    if not rest:
        return UNSEEN
    named = f"round {rest[0]}" if len(rest) == 1 else f"rounds {', '.join(map(str, rest))}"
    return (*UNSEEN, f"the rows of {named}: without a bundle only the files can be checked")


def seal(project: Project) -> Seal | None:
    """The newest bundle; None when no round was finished with one."""
    with project.ledger.read() as connection:
        known = lineage.bundles(connection)
    return Seal(known[-1].round, known[-1].digest) if known else None


def _folders(project: Project, progress: Progress | None) -> tuple[set[str], list[Finding]]:
    """Every folder against its own manifest; also the names of damaged files."""
    names, found = project.artifacts.names(), []
    for done, name in enumerate(names):
        if progress is not None:
            progress(done, len(names))
        for file, what in faults(project.artifacts.place(name)).items():
            found.append(_problem(name, file, what))
    if progress is not None:
        progress(len(names), len(names))
    return {one.place for one in found}, found


def _strays(project: Project) -> list[Finding]:
    root = project.artifacts.place("")
    return [
        Finding(
            level="problem",
            round=_round_of(path.relative_to(root).as_posix()),
            place=path.relative_to(root).as_posix(),
            found=f"belongs to no folder that was written to the end: its {MANIFEST} is gone, or it was put there",
            means="weakspot takes a folder without a manifest for one that does not exist",
            do=RESTORE,
        )
        for path in project.artifacts.strays()
    ]


def _bundles(
    project: Project, connection: Connection, known: tuple[BundleRow, ...], damaged: set[str]
) -> list[Finding]:
    """Each bundle, read once, against its hash in the ledger, the one before, the folders it names, and the rows."""
    finished = {row.round: row.finished_at for row in progress.rounds(connection)}
    found: list[Finding] = []
    changed: list[Finding] = []
    told: set[str] = set()
    before: BundleRow | None = None
    for row in known:
        name = artifact(row.round, BUNDLE)
        digest = digest_of(project.artifacts.place(name))
        if digest is None:
            found.append(_problem(name, MANIFEST, "is missing, though the ledger knows its hash"))
        elif digest != row.digest and f"{name}/{MANIFEST}" not in damaged:
            found.append(_problem(name, MANIFEST, "has another hash than the ledger noted when the round was finished"))
        if finished.get(row.round) != row.at:
            found.append(_in_ledger(row.round, "rounds", "the round ended at another time than its bundle was noted"))
        content, misfits = _content(project, row.round, damaged)
        found += misfits
        expected = {"round": before.round, "digest": before.digest} if before else {"round": None, "digest": None}
        if "previous.json" in content and content["previous.json"] != expected:
            found.append(
                _problem(name, "previous.json", "does not name the bundle before it by the hash in the ledger")
            )
        for folder, wanted in content.get("artifacts.json", {}).items():
            now = _digest(project, folder)
            if now != wanted and folder not in told and f"{folder}/{MANIFEST}" not in damaged:
                told.add(folder)
                what = "is missing" if now is None else f"was written anew since round {row.round} was finished"
                found.append(_problem(folder, MANIFEST, what))
        if digest == row.digest:  # Else it is no longer the bundle that was written, and that is reported already.
            changed += _rows(connection, row.round, content, newest=row is known[-1])
        before = row
    return [*found, *_once(changed)]


def _missing_bundles(project: Project, connection: Connection, known: tuple[BundleRow, ...]) -> list[Finding]:
    """Finished rounds without a bundle: lawful before the first round that has one."""
    bundled = {row.round for row in known}
    lacking = [row.round for row in progress.rounds(connection) if row.finished_at and row.round not in bundled]
    first = min(bundled, default=None)
    old = [round_ for round_ in lacking if first is None or round_ < first]
    found = [
        _in_ledger(round_, "bundles", "the round is finished and its bundle is not noted")
        for round_ in lacking
        if round_ not in old
    ]
    kept = [round_ for round_ in old if project.artifacts.has(artifact(round_, BUNDLE))]
    found += [
        _in_ledger(round_, "bundles", "there is a bundle, and the ledger does not know its hash") for round_ in kept
    ]
    without = [round_ for round_ in old if round_ not in kept]
    if without:
        named = f"round {without[0]}" if len(without) == 1 else f"rounds {without[0]} to {without[-1]}"
        note = Finding(
            level="note",
            round=without[0],
            place="ledger: bundles",
            found=f"{named}: no bundle",
            means="finished by an older weakspot, which kept none: files can be checked, rows of the ledger cannot",
            do="nothing; the next round that is finished begins the chain",
        )
        found.append(note)
    return found


def _unknown_rounds(project: Project, connection: Connection) -> list[Finding]:
    """Bundles of rounds that the ledger has not come to: it was emptied, or set back to an earlier state."""
    done = {row.round for row in progress.rounds(connection) if _has_settled(connection, row.round)}
    there = {_round_of(name) for name in project.artifacts.names() if name.endswith(f"/{BUNDLE}")}
    what = "there is a bundle of a finished round, and the ledger does not know the round, or not its end"
    return [_in_ledger(round_, "rounds", what) for round_ in sorted(one for one in there - done if one is not None)]


def _has_settled(connection: Connection, round_: int) -> bool:
    return any(row.step == STEPS[-1] and row.state == "done" for row in progress.steps(connection, round_))


def _rows(connection: Connection, round_: int, content: Mapping[str, Any], *, newest: bool) -> list[Finding]:
    """Rows that are not as an undamaged bundle has them. newest: whether later rounds can have changed nothing."""
    changes = [*integrity.lasting(connection, round_, content), *integrity.answers(connection, content)]
    if newest:
        changes += integrity.state(connection, round_, content)
    return [_in_ledger(round_, change.table, change.told) for change in changes]


def _once(found: Iterable[Finding]) -> list[Finding]:
    """A decision that was changed stands in every bundle since: one finding, at the first of them."""
    kept: dict[tuple[str, str], Finding] = {}
    for one in found:
        kept.setdefault((one.place, one.found), one)
    return list(kept.values())


def _content(project: Project, round_: int, damaged: set[str]) -> tuple[dict[str, Any], list[Finding]]:
    """What of a bundle can be relied on, by file: those that are undamaged and have the form of a bundle's."""
    name = artifact(round_, BUNDLE)
    folder = project.artifacts.place(name)
    content: dict[str, Any] = {}
    misfits: list[Finding] = []
    if not (folder / MANIFEST).is_file() or f"{name}/{MANIFEST}" in damaged:
        return content, misfits
    for file in bundle_files.FILES:
        if (folder / file).is_file() and f"{name}/{file}" not in damaged:
            try:
                content[file] = bundle_files.parsed(folder / file)
            except ArtifactError as fault:
                misfits.append(_problem(name, file, fault.found.removeprefix(f"{folder / file} ")))
    return content, misfits


def _digest(project: Project, name: str) -> str | None:
    """Of a folder that a bundle names, whatever the name is."""
    try:
        return digest_of(project.artifacts.place(name))
    except ArtifactError:
        return None


def _problem(name: str, file: str, what: str) -> Finding:
    round_ = _round_of(name)
    kind = name.rsplit("/", 1)[-1] if round_ is not None else name.split("/", 1)[0]
    means = MEANS.get(kind, "what was computed from it may not be what is shown").format(round=round_)
    do = REMADE if kind in ("partition", "embeddings", "label_texts", "tokens") else RESTORE
    return Finding("problem", round_, f"{name}/{file}", what, means, do)


def _in_ledger(round_: int, table: str, what: str) -> Finding:
    return Finding(
        level="problem",
        round=round_,
        place=f"ledger: {table}",
        found=what,
        means=f"the ledger no longer says what it said when round {round_} was finished: it was changed by other hands",
        do=f"put the ledger back from a copy; what it said stands in {artifact(round_, BUNDLE)}",
    )


def _round_of(name: str) -> int | None:
    parts = name.split("/")
    return int(parts[1]) if len(parts) > 1 and parts[0] == "rounds" and parts[1].isdigit() else None
