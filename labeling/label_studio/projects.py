"""Which project on the server is ours: by number and instance, by key, and by the folder that holds it.

Known (of the ledger) ─► known_project ─► Project, None before the first send, or ProjectGone
                      └► is_set_back, note_send ─► the marker in its description ─► receipt_of
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from labeling.label_studio.client import Client
from labeling.label_studio.marker import Marker, count_send, read_marker, was_set_back, write_marker
from labeling.label_studio.pages import is_ours
from labeling.label_studio.rows import Project
from loop.errors import ProjectGone
from loop.records import Receipt


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of the project on the server."""

    key: str
    """The weakspot project's key."""
    project_id: str | None = None
    instance: str = ""
    """See Marker; "" before the first send, and of projects of older versions."""
    sends: int = 0
    holder: str = ""
    """The name of the folder that asks; "" where no other can share the server."""
    former: str = ""
    """The name it had before it was moved."""

    def may_use(self, marker: Marker) -> bool:
        """Whether no other folder holds the project."""
        return not self.holder or marker.holder in ("", self.holder, self.former)


def find_project(
    client: Client, project_key: str, *, may_use: Callable[[Marker], bool] = lambda _: True
) -> Project | None:
    """The oldest project with our marker."""
    marked = ((project, read_marker(project.description)) for project in client.projects())
    ours = (project for project, marker in marked if marker and marker.key == project_key and may_use(marker))
    return next(ours, None)


def receipt_of(client: Client, project: Project, marker: Marker, *, continues: bool) -> Receipt:
    """Of a project without its tasks."""
    return Receipt(
        project_id=str(project.id),
        project_url=f"{client.url}/projects/{project.id}/data?labeling=1",
        tasks=(),
        created=0,
        instance=marker.instance,
        sends=marker.sends,
        continues=continues,
    )


def known_project(client: Client, known: Known) -> Project | None:
    """The project the ledger knows, else the oldest of its key; None when there is none yet.

    Raises ProjectGone when the known one is not there, is another one by now, or is held by another folder.
    """
    if known.project_id is None:
        return find_project(client, known.key, may_use=known.may_use)
    project = client.project(int(known.project_id))
    marker = read_marker(project.description)
    # SQLite gives the number of a removed project to the next one, and a new server counts from 1.
    if marker is None and is_ours(project.config):
        return project
    if marker is None or marker.key != known.key or _is_another(marker, known):
        raise ProjectGone(
            f'project {project.id} at {client.url} is now another one: "{project.title}"',
            wanted="the project that questions were sent to",
            do="run `weakspot label-studio restore` to make a new one; the answers so far are kept",
        )
    if not known.may_use(marker):
        raise ProjectGone(
            f'another folder asks in the project "{project.title}" at {client.url}: this one is a copy of it',
            wanted="a project of its own for each copy, or their questions and answers mix",
            do="run `weakspot label-studio restore` here to make one for this copy; the answers so far are kept",
        )
    return project


def is_set_back(project: Project, known: Known) -> bool:
    """Whether the server is in an earlier state than the ledger knows of."""
    marker = read_marker(project.description)
    return was_set_back(marker, known_instance=known.instance, known_sends=known.sends)


def note_send(client: Client, project: Project, known: Known) -> Marker:
    """Before anything is sent, so that the server never knows of fewer sends than the ledger."""
    marker = read_marker(project.description)
    if marker is None and project.description.strip():
        # People wrote something of their own there: it is theirs.
        return Marker(known.key, known.instance, known.sends)
    before = marker or Marker(known.key, known.instance, known.sends)
    counted = count_send(before, known_sends=known.sends, holder=known.holder)
    if counted != marker:
        client.set_description(project.id, write_marker(counted))
    return counted


def _is_another(marker: Marker, known: Known) -> bool:
    return bool(marker.instance and known.instance and marker.instance != known.instance)
