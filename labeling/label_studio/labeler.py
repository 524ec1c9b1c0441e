"""The Labeler on Label Studio: one project there for one project here.

    build(...) ─► LabelStudio
                    send(questions)  ─► project found or made ─► page checked ─► tasks placed ─► Receipt
                    collect(since)   ─► Collected
                    restore_page()   ─► our labelling page is back

The project is known by its id and the instance in the marker of its description, else by the marker's key: numbers
repeat on a new server. A server that was set back to an earlier state is recognised by the marker's count of sends.
Someone who changes its labels or its page stops the next `send` with ProjectChanged; `collect` still brings every
answer and tells what was changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from labeling.label_studio.client import Client
from labeling.label_studio.collect import collect
from labeling.label_studio.connect import connection
from labeling.label_studio.installation import Tell
from labeling.label_studio.marker import Marker, new_marker, read_marker, write_marker
from labeling.label_studio.pages import page_of
from labeling.label_studio.projects import Known, is_set_back, known_project, note_send, receipt_of
from labeling.label_studio.rows import Project
from labeling.label_studio.send import Connect, Pause, place
from labeling.label_studio.server import silent
from loop.errors import ProjectChanged, ProjectGone, ServerDown
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
    """A Labeler; keeps nothing between calls but what is known of the project."""

    def __init__(
        self,
        connect: Connect,
        *,
        form: Form,
        project_key: str,
        title: str,
        project_id: str | None = None,
        instance: str = "",
        sends: int = 0,
        holder: str = "",
        former: str = "",
        overlap: int = 1,
        tries: int = 1,
        pause: Pause = time.sleep,
    ) -> None:
        self._connect = connect
        self._form = form
        self._page = page_of(form.kind)
        self._title = title if len(title) >= _TITLE[0] else f"weakspot {title}"
        self._known = Known(project_key, project_id, instance, sends, holder, former)
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
        project = known_project(client, self._known) or self._made(client)
        self._check_page(project)
        set_back = is_set_back(project, self._known)
        marker = note_send(client, project, self._known)
        if self._known.project_id is None:
            self._make_list_readable(client, project)
        if project.overlap != self._overlap:
            client.set_overlap(project.id, self._overlap)
        tasks = [self._page.task(question, self._form, model_version=MODEL_VERSION) for question in questions]
        placed = place(self._connect, project.id, tasks, pause=self._pause, progress=progress)
        client = self._connect()
        if project.model_version != MODEL_VERSION and any("predictions" in task for task in tasks):
            client.set_model_version(project.id, MODEL_VERSION)
        page_url = f"{client.url}/projects/{project.id}/data"
        sent = tuple(
            SentTask(q.ext_id, str(placed.task_ids[q.ext_id]), f"{page_url}?task={placed.task_ids[q.ext_id]}")
            for q in questions
        )
        receipt = receipt_of(client, project, marker, continues=not set_back)
        return replace(receipt, tasks=sent, created=placed.created)

    def _collect(self, *, since: str | None, whole: bool, closely: Sequence[str]) -> Collected:
        client = self._connect()
        project = known_project(client, self._known)
        if project is None:
            return Collected(annotations={}, watermark=since, present=frozenset() if whole else None)
        changed = self._page.changes(project.config, self._form)
        problem = f'Label Studio\'s project "{project.title}" was changed: {changed}' if changed else ""
        found = collect(
            client,
            project.id,
            form=self._form,
            since=since,
            whole=whole,
            closely=closely,
            problem=problem,
        )
        marker = read_marker(project.description)
        instance = marker.instance if marker else ""
        return replace(found, instance=instance, continues=not is_set_back(project, self._known))

    def restore_page(self) -> Receipt:
        """Puts our labelling page back, into a new project when ours is gone; the receipt says whether it is."""
        return self._patiently(self._restore_page)

    def _restore_page(self) -> Receipt:
        client = self._connect()
        try:
            project, continues = known_project(client, self._known), True
        except ProjectGone:
            self._known = replace(self._known, project_id=None, instance="", sends=0)
            project, continues = known_project(client, self._known), False
        if project is None:
            project = self._made(client)
            self._make_list_readable(client, project)
        else:
            untouched = self._page.says_something_untouched()
            client.set_page(project.id, self._page.page(self._form), untouched=untouched)
        marker = read_marker(project.description) or Marker(self._known.key)
        return receipt_of(client, project, marker, continues=continues and not is_set_back(project, self._known))

    def _made(self, client: Client) -> Project:
        try:
            project = client.create_project(
                title=self._title[: _TITLE[1]],
                description=write_marker(replace(new_marker(self._known.key), holder=self._known.holder)),
                config=self._page.page(self._form),
                instruction=self._page.instruction(self._form),
                overlap=self._overlap,
                untouched=self._page.says_something_untouched(),
            )
        except ServerDown:
            # It may have been made all the same.
            made = known_project(self._connect(), self._known)
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
    instance: str = "",
    sends: int = 0,
    holder: str = "",
    former: str = "",
    tell: Tell = silent,
) -> LabelStudio:
    """The Labeler of the menu. url None: the embedded server under `state_dir`, started whenever it is down.

    form: what people are asked, which decides the page. Raises LabelerError for a kind that has none.
    project_key: stable name of the weakspot project, the marker in Label Studio. project_id, instance and sends: from
    the last Receipt. holder: a name for the folder that asks, where copies of it could share a server; former: the name
    it had before it was moved.
    overlap: how many people answer each question. tell: hears what starting and installing the server is at.
    """
    return LabelStudio(
        connection(state_dir, url=url, token=token, tell=tell),
        form=form,
        project_key=project_key,
        title=title,
        project_id=project_id,
        instance=instance,
        sends=sends,
        holder=holder,
        former=former,
        overlap=overlap,
        tries=1 if url else EMBEDDED_TRIES,
    )
