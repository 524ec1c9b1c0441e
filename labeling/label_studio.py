"""The Labeler on Label Studio: one project there for one project here.

    build(...) ─► LabelStudio
                    send(questions)  ─► project found or made ─► page checked ─► tasks placed ─► Receipt
                    collect(since)   ─► Collected
                    restore_page()   ─► our labelling page is back

The project is known by its id, else by a marker in its description. Someone who changes its labels or its page stops
the next `send` with ProjectChanged; `collect` still brings every answer and tells what was changed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from labeling.client import Client
from labeling.collecting import collect
from labeling.installation import Tell
from labeling.pages import is_ours, page_of
from labeling.rows import Project
from labeling.sending import Connect, Pause, place
from labeling.server import Access, EmbeddedServer, silent
from loop.errors import LabelerError, ProjectChanged, ProjectGone, ServerDown
from loop.protocols import Progress
from loop.records import Collected, Form, Question, Receipt, SentTask

MODEL_VERSION = "weakspot"
"""One name for the suggestions of all rounds: people see only the predictions of the project's one version, and
questions of an earlier round may still be open. The round stands in the task's data."""

EMBEDDED_TRIES = 3
"""Our own server is started again when it died; someone else's is waited for by whoever runs the round."""

Found = TypeVar("Found")
_TITLE = (3, 50)


class LabelStudio:
    """A Labeler; keeps nothing between calls but the project's id."""

    def __init__(
        self,
        connect: Connect,
        *,
        form: Form,
        project_key: str,
        title: str,
        project_id: str | None = None,
        overlap: int = 1,
        tries: int = 1,
        pause: Pause = time.sleep,
    ) -> None:
        self._connect = connect
        self._form = form
        self._page = page_of(form.kind)
        self._key = project_key
        self._title = title if len(title) >= _TITLE[0] else f"weakspot {title}"
        self._id = project_id
        self._overlap = overlap
        self._tries = tries
        self._pause = pause

    def send(self, questions: Sequence[Question], *, progress: Progress | None = None) -> Receipt:
        """See Labeler.send; asks before it imports, so that it may be repeated after any crash."""
        return self._patiently(partial(self._send, questions, progress=progress))

    def collect(self, *, since: str | None = None, whole: bool = False, closely: Sequence[str] = ()) -> Collected:
        """See Labeler.collect; before the first send there is no project and nothing to collect."""
        return self._patiently(partial(self._collect, since=since, whole=whole, closely=closely))

    def _patiently(self, call: Callable[[], Found]) -> Found:
        """Both calls may be repeated; connecting anew starts an embedded server that died meanwhile."""
        for _ in range(self._tries - 1):
            try:
                return call()
            except ServerDown:
                self._pause(1.0)
        return call()

    def _send(self, questions: Sequence[Question], *, progress: Progress | None) -> Receipt:
        client = self._connect()
        project = self._found(client) or self._made(client)
        self._check_page(project)
        if self._id is None:
            self._make_list_readable(client, project)
        if project.overlap != self._overlap:
            client.set_overlap(project.id, self._overlap)
        tasks = [self._page.task(question, self._form, model_version=MODEL_VERSION) for question in questions]
        placed = place(self._connect, project.id, tasks, pause=self._pause, progress=progress)
        client = self._connect()
        if project.model_version != MODEL_VERSION and any("predictions" in task for task in tasks):
            client.set_model_version(project.id, MODEL_VERSION)
        page_url = f"{client.url}/projects/{project.id}/data"
        return Receipt(
            project_id=str(project.id),
            project_url=f"{client.url}/projects/{project.id}/data?labeling=1",
            tasks=tuple(
                SentTask(q.ext_id, str(placed.task_ids[q.ext_id]), f"{page_url}?task={placed.task_ids[q.ext_id]}")
                for q in questions
            ),
            created=placed.created,
        )

    def _collect(self, *, since: str | None, whole: bool, closely: Sequence[str]) -> Collected:
        client = self._connect()
        project = self._found(client)
        if project is None:
            return Collected(annotations={}, watermark=since, present=frozenset() if whole else None)
        changed = self._page.changes(project.config, self._form)
        problem = f'Label Studio\'s project "{project.title}" was changed: {changed}' if changed else ""
        return collect(
            client,
            project.id,
            form=self._form,
            since=since,
            whole=whole,
            closely=closely,
            problem=problem,
        )

    def restore_page(self) -> str:
        """Puts our labelling page back, into a new project when ours is gone; returns the project's id."""
        client = self._connect()
        try:
            project = self._found(client)
        except ProjectGone:
            self._id = None
            project = self._found(client)
        if project is None:
            project = self._made(client)
            self._make_list_readable(client, project)
            return str(project.id)
        client.set_page(project.id, self._page.page(self._form), untouched=self._page.says_something_untouched())
        return str(project.id)

    def _found(self, client: Client) -> Project | None:
        if self._id is None:
            return find_project(client, self._key)
        project = client.project(int(self._id))
        key = _key(project)
        if key != self._key and (key is not None or not is_ours(project.config)):
            # SQLite gives the number of a removed project to the next one.
            raise ProjectGone(
                f'project {project.id} at {client.url} is now another one: "{project.title}"',
                wanted="the project that questions were sent to",
                do="run `weakspot label-studio restore` to make a new one",
            )
        return project

    def _made(self, client: Client) -> Project:
        marker = {"managed_by": "weakspot", "project_key": self._key}
        try:
            project = client.create_project(
                title=self._title[: _TITLE[1]],
                description=json.dumps(marker),
                config=self._page.page(self._form),
                instruction=self._page.instruction(self._form),
                overlap=self._overlap,
                untouched=self._page.says_something_untouched(),
            )
        except ServerDown:
            # It may have been made all the same.
            made = self._found(self._connect())
            if made is None:
                raise
            return made
        return project

    def _make_list_readable(self, client: Client, project: Project) -> None:
        if not client.has_views(project.id):
            client.hide_columns(project.id, [f"tasks:data.{column}" for column in self._page.hidden()])

    def _check_page(self, project: Project) -> None:
        changed = self._page.changes(project.config, self._form)
        if changed:
            raise ProjectChanged(
                f'Label Studio\'s project "{project.title}" was changed: {changed}',
                wanted="the labels and the page that weakspot set up",
                do="run `weakspot label-studio restore` to put them back, or change the labels in weakspot.yaml",
            )


def build(
    *,
    form: Form,
    project_key: str,
    title: str,
    state_dir: Path,
    url: str | None,
    token: str | None,
    project_id: str | None,
    overlap: int,
    tell: Tell = silent,
) -> LabelStudio:
    """The Labeler of the menu. url None: the embedded server under `state_dir`, started whenever it is down.

    form: what people are asked, which decides the page. Raises LabelerError for a kind that has none.
    project_key: stable name of the weakspot project, the marker in Label Studio. project_id: from the last Receipt.
    overlap: how many people answer each question. tell: hears what starting and installing the server is at.
    """
    return LabelStudio(
        connection(state_dir, url=url, token=token, tell=tell),
        form=form,
        project_key=project_key,
        title=title,
        project_id=project_id,
        overlap=overlap,
        tries=1 if url else EMBEDDED_TRIES,
    )


def find_project(client: Client, project_key: str) -> Project | None:
    """The oldest project with our marker."""
    return next((project for project in client.projects() if _key(project) == project_key), None)


def reach(*, url: str, token: str | None) -> str:
    """Signs in to a server of the user's own and says how it went. Raises LabelerError."""
    connection(Path(), url=url, token=token)
    return f"{url}, the token is accepted"


def connection(state_dir: Path, *, url: str | None, token: str | None, tell: Tell = silent) -> Connect:
    """How to get a door that is open: the embedded server's, or that of the server at `url`."""
    if url is None:
        return _embedded(EmbeddedServer(state_dir), tell)
    if not token:
        raise LabelerError(
            f"no token for the Label Studio at {url}",
            wanted="a legacy token or a personal access token",
            do="put it into the environment variable that labeler.token_env names (LABEL_STUDIO_TOKEN)",
        )
    client = Client(url, token)
    client.check()
    return lambda: client


def _embedded(server: EmbeddedServer, tell: Tell) -> Connect:
    doors: dict[Access, Client] = {}

    def connect() -> Client:
        access = server.start(tell=tell)
        if access not in doors:
            doors[access] = Client(access.url, access.token)
        return doors[access]

    return connect


def _key(project: Project) -> str | None:
    """The marker's project key; None when the description holds no marker."""
    try:
        marker = json.loads(project.description or "null")
    except ValueError:
        return None
    is_ours = isinstance(marker, dict) and marker.get("managed_by") == "weakspot"
    return str(marker.get("project_key")) if is_ours else None
