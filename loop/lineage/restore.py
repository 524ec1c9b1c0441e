"""A project as it was when a round began, in a temporary place: for running the round again.

ledger     ─► a SQLite file of its own: every row of earlier rounds; answers and labels as the bundle before has them
artifacts  ─► links to the files of earlier rounds and to what is made once; the round's own are left out
the folder ─► the project's own, for the files that weakspot.yaml names; everything written goes to the temporary place

moves: what people decided in the meantime comes back at its time, between the steps
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, insert, or_

from loop.artifact_names import artifact
from loop.artifacts import Artifacts
from loop.config import Config
from loop.errors import DataError
from loop.ledger import Ledger, schema
from loop.ledger.lineage import rows
from loop.project import Project
from loop.rounds import snapshot
from loop.step_folders import load_training_set

BY_ROUND: Mapping[str, str] = {
    "steps": "round",
    "models": "round",
    "measurements": "round",
    "estimates": "at_round",
    "regression": "fixed_in",
    "spot_rounds": "round",
    "spot_lives": "round",
    "found_slices": "round",
    "forecasts": "round",
    "bundles": "round",
    "picks": "round",
    "preferences": "round",
}
"""Table → the column that tells which round brought a row."""
BY_TIME = ("decisions", "spot_edits")
"""Tables of what was decided at some moment, by people too."""
AS_THEY_STOOD = ("annotations", "labels", "preferences", "leaks", "regression")
"""Tables whose rows change later: the bundle before holds them as they were."""


@dataclass(frozen=True)
class ProjectAt(Project):
    """A project as it was; whatever is written goes to `place`."""

    place: Path

    @property
    def state(self) -> Path:
        """The folder for what the loop keeps beside the ledger."""
        return self.place


@dataclass(frozen=True, slots=True)
class Rewound:
    """A project as it was when a round began, and how well that is known."""

    project: ProjectAt
    config: Config
    guessed: str
    """What had to be put together from the rows of today, in words; "" when a bundle holds it."""


def no_such_round(round_: int, known: Sequence[int]) -> DataError:
    """What is wrong with the number of a round, beside those there are."""
    return DataError(
        f"there is no round {round_}",
        wanted=f"one of 0 to {known[-1]}" if known else "a project with a round",
        do="`weakspot report` lists them",
    )


@contextmanager
def rewound(project: Project, round_: int) -> Iterator[Rewound]:
    """The project as it was when `round_` began; everything is removed at the end of the block.

    Raises DataError when there is no such round, ArtifactError when the bundle before is damaged.
    """
    with project.ledger.read() as connection:
        row = next(iter(rows(connection, schema.rounds, schema.rounds.c.round == round_)), None)
        if row is None:
            raise no_such_round(round_, [one["round"] for one in rows(connection, schema.rounds)])
        before = snapshot.read(project, round_ - 1) if round_ else None
        tables = _tables(project, connection, row, before)
    config = Config.model_validate(row["config"])
    with tempfile.TemporaryDirectory(prefix="weakspot-replay-") as folder:
        place = Path(folder)
        artifacts = Artifacts(place / "artifacts", linked=project.artifacts.place(""))
        _link(project.artifacts, artifacts, round_)
        with Ledger.open(f"sqlite:///{place / 'ledger.db'}") as ledger:
            with ledger.begin() as connection:
                for table in schema.metadata.sorted_tables:
                    put(connection, table, tables.get(table.name, ()))
            past = ProjectAt(project.root, config, ledger, artifacts, place)
            yield Rewound(past, config, _guessed(round_, before))


def put(connection: Connection, table: Table, found: Iterable[Mapping[str, Any]]) -> None:
    """Adds rows as they are; what a bundle leaves out of an answer is empty."""
    columns = [column.name for column in table.columns]
    values = [{name: row.get(name, {} if name == "raw" else None) for name in columns} for row in found]
    if values:
        connection.execute(insert(table), values)


def moves(project: Project, *, after: str, until: str) -> dict[str, list[dict[str, Any]]]:
    """Table → what was decided in after < at <= until."""
    with project.ledger.read() as connection:
        return {name: rows(connection, table, *_between(table, after, until)) for name, table in _timed()}


def _timed() -> list[tuple[str, Table]]:
    return [(name, schema.metadata.tables[name]) for name in BY_TIME]


def _between(table: Table, after: str, until: str) -> list[ColumnElement[bool]]:
    return [table.c.at > after, table.c.at <= until]


def _tables(
    project: Project, connection: Connection, row: Mapping[str, Any], before: Mapping[str, Any] | None
) -> dict[str, list[dict[str, Any]]]:
    round_ = int(row["round"])
    known = schema.metadata.tables
    found = {name: rows(connection, known[name], known[name].c[column] < round_) for name, column in BY_ROUND.items()}
    found |= {name: rows(connection, table, table.c.at <= row["started_at"]) for name, table in _timed()}
    found["meta"] = rows(connection, schema.meta)
    found["rounds"] = [
        *rows(connection, schema.rounds, schema.rounds.c.round < round_),
        {**row, "finished_at": None},
    ]
    found["leaks"] = rows(connection, schema.leaks, or_(schema.leaks.c.round.is_(None), schema.leaks.c.round < round_))
    asked = {pick["ext_id"] for pick in found["picks"]}
    found["tasks"] = [task for task in rows(connection, schema.tasks) if task["ext_id"] in asked]
    found |= (
        {name: before[f"{name}.jsonl"] for name in AS_THEY_STOOD}
        if before
        else _as_far_as_known(project, connection, round_, asked)
    )
    found["spots"] = _named(connection, round_, before, found["spot_edits"])
    return found


def _named(
    connection: Connection, round_: int, before: Mapping[str, Any] | None, edits: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The spots under the names they had: weakspot makes new ones in every round, people at any time."""
    if round_ == 0:
        return []
    if before is None:
        return rows(connection, schema.spots)
    chosen = {row["spot"]: row for row in edits if row["action"] == "rename"}
    return [
        {**row, "name": chosen[row["id"]]["value"], "named_by": chosen[row["id"]]["by"]} if row["id"] in chosen else row
        for row in before["spots.json"]["named"]
    ]


def _as_far_as_known(project: Project, connection: Connection, round_: int, asked: set[str]) -> dict[str, Any]:
    """Without a bundle: answers of today, and labels as the round's model was trained on them."""
    labels = schema.labels
    came = or_(labels.c.round.is_(None), labels.c.round < round_)
    believed = {row["example_id"]: row for row in rows(connection, labels, came)}
    for id_, label, role in _trained_on(project, round_):
        if id_ in believed:
            believed[id_] = {**believed[id_], "label": label, "role": role}
    answers = [row for row in rows(connection, schema.annotations) if row["ext_id"] in asked]
    return {"labels": list(believed.values()), "annotations": answers}


def _trained_on(project: Project, round_: int) -> list[tuple[str, str, str]]:
    name = artifact(round_, "train")
    if project.config.task != "classification" or not project.artifacts.has(name):
        return []
    return load_training_set(project.artifacts.open(name))


def _guessed(round_: int, before: Mapping[str, Any] | None) -> str:
    if round_ == 0 or before is not None:
        return ""
    return f"round {round_ - 1} has no bundle: answers and labels were put together from what the ledger says today"


def _link(artifacts: Artifacts, linked: Artifacts, round_: int) -> None:
    """Folders of their own with a link for every file: what a step writes anew never reaches the project."""
    for name in artifacts.names():
        if name.startswith("rounds/") and int(name.split("/")[1]) >= round_:
            continue
        link_folder(artifacts, linked, name)


def link_folder(source: Artifacts, target: Artifacts, name: str) -> None:
    """A folder of `source` in `target`, a link for every file."""
    folder = source.place(name)
    for path in folder.rglob("*"):
        if not path.is_dir():
            link = target.place(name) / path.relative_to(folder)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path.resolve())
