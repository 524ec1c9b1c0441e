"""What is left of a project when its run is over: in its ledger, among its files, and on its Label Studio.

ledger_of(root) ─► table → rows without times and addresses      server_of(root) ─► projects, tasks, answers, views
                                                                 held_by(client, projects) ─► the same of some projects
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from labeling.label_studio.client import Client
from labeling.label_studio.rows import Project
from labeling.label_studio.server import EmbeddedServer
from loop.ledger import figures, people, progress
from loop.project import open_project

OF_ONE_ATTEMPT = ("send", "await")
"""Steps whose outcome tells what the last attempt did, which is less after a crash."""


def ledger_of(root: Path) -> dict[str, Any]:
    """Everything two runs of the same project must agree in."""
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        steps = progress.steps(connection)
        return {
            "rounds": [(row.round, row.config_digest, bool(row.finished_at)) for row in progress.rounds(connection)],
            "steps": sorted(
                (row.round, row.step, row.state, None if row.step in OF_ONE_ATTEMPT else row.outcome) for row in steps
            ),
            "picks": [(row.ext_id, row.round, row.position, asdict(row.pick)) for row in people.picks(connection)],
            "tasks": sorted((row.ext_id, row.task_state) for row in people.picks(connection)),
            "answers": sorted((a.ext_id, a.annotator, a.state, a.label, a.flags) for a in people.answers(connection)),
            "labels": [asdict(label) for label in people.labels(connection)],
            "models": [
                (row.round, row.seed, row.train_n, row.dev_n, row.labels_digest, row.temperature, row.training)
                for row in figures.models(connection)
            ],
            "decisions": [
                (d.round, d.model_round, d.champion_round, d.action, d.by, d.reason, d.comparison)
                for d in figures.decisions(connection)
            ],
            "measurements": figures.measurements(connection),
            "spots": figures.spots(connection),
            "artifacts": [name for name in project.artifacts.names() if project.artifacts.open(name)],
        }


def server_of(root: Path) -> dict[str, Any]:
    """What the project's own Label Studio holds."""
    access = EmbeddedServer(root / ".weakspot" / "label_studio").start()
    client = Client(access.url, access.token)
    return held_by(client, client.projects())


def held_by(client: Client, projects: Sequence[Project]) -> dict[str, Any]:
    """What these projects hold: every task and every answer counted, so that a second one shows."""
    tasks = [task for project in projects for task in client.full_tasks(project.id, filters=[])]
    answers = Counter(
        (task["data"]["ext_id"], client.account_name(answer["completed_by"]), _label(answer), answer["was_cancelled"])
        for task in tasks
        for answer in task["annotations"]
    )
    return {
        "projects": [(project.title, project.overlap, project.model_version) for project in projects],
        "readable lists": [client.has_views(project.id) for project in projects],
        "tasks": Counter(task["data"]["ext_id"] for task in tasks),
        "answers": answers,
    }


def leftovers(root: Path) -> list[Path]:
    """What interrupted writers should not have left behind."""
    return [*root.rglob("*.partial"), *root.rglob("*.replaced"), *root.rglob("*.part")]


def _label(answer: dict[str, Any]) -> str | None:
    chosen = [item["value"]["choices"] for item in answer["result"] if item["from_name"] == "label"]
    return str(chosen[0][0]) if chosen else None
