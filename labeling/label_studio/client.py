"""What weakspot asks of Label Studio, in weakspot's nouns: projects, tasks, annotations, accounts.

    Client(url, token) ─► its calls ─► connection ─► the server      Project, TaskRow, JSON ◄─ what came back

Every call raises what its connection does: ServerDown, ServerRefused, ProjectGone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import httpx

from labeling.label_studio.connection import Connection
from labeling.label_studio.errors import not_label_studio
from labeling.label_studio.rows import Project, TaskRow, project_of, task_row_of
from loop.errors import ServerDown, ServerRefused

PAGE = 500
Row = TypeVar("Row")


class Client:
    """Label Studio at `url`, as the owner of `token` (a legacy token or a personal access token)."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connection = Connection(url, token, transport=transport, pause=pause)
        self._as = partial(Client, url, transport=transport, pause=pause)
        self._names: dict[int, str] = {}

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return self._connection.url

    def check(self) -> None:
        """Raises ServerDown, or ServerRefused when it is not a Label Studio or does not take the token."""
        try:
            release = self._connection.read(lambda sdk: getattr(sdk.versions.get(), "release", None))
        except (ServerRefused, ServerDown) as fault:
            # Every Label Studio tells its version to everybody, but the SDK trades a personal access token first.
            cause = fault.__cause__
            if getattr(cause, "status_code", None) == httpx.codes.UNAUTHORIZED:
                raise
            if isinstance(fault, ServerDown) and not isinstance(cause, httpx.DecodingError):
                raise
            raise not_label_studio(self.url) from fault
        if not isinstance(release, str):
            raise not_label_studio(self.url)
        self.own_account()

    def project(self, project_id: int) -> Project:
        """Raises ProjectGone when there is no such project."""
        return self._connection.read(lambda sdk: project_of(sdk.projects.get(project_id)), project_id=project_id)

    def projects(self) -> list[Project]:
        """All projects the account sees, oldest first."""
        found: list[Project] = []
        while True:
            chosen = {"page": len(found) // PAGE + 1, "page_size": PAGE}
            rows = self._connection.read(partial(_project_page, **chosen))
            found += rows
            if len(rows) < PAGE:
                return sorted(found, key=lambda project: project.id)

    def create_project(
        self, *, title: str, description: str, config: str, instruction: str, overlap: int, untouched: bool
    ) -> Project:
        """untouched: whether a page may be submitted as it is. Write: look before you call it again."""
        chosen = {
            "title": title,
            "description": description,
            "label_config": config,
            "expert_instruction": instruction,
            "show_instruction": False,
            "show_skip_button": True,
            "enable_empty_annotation": untouched,
            "maximum_annotations": overlap,
            "sampling": "Sequential sampling",
            "show_collab_predictions": True,
        }
        return self._connection.write(lambda sdk: project_of(sdk.projects.create(**chosen)))

    def set_page(self, project_id: int, config: str, *, untouched: bool = False) -> None:
        """Replaces the labelling page; untouched: whether it may be submitted as it is.

        Label Studio takes it even when annotations hold labels that are gone.
        """
        changed = {"label_config": config, "enable_empty_annotation": untouched}
        self._connection.write(lambda sdk: sdk.projects.update(project_id, **changed), project_id=project_id)

    def set_description(self, project_id: int, description: str) -> None:
        """Replaces the project's description, which holds our marker."""
        self._connection.write(
            lambda sdk: sdk.projects.update(project_id, description=description), project_id=project_id
        )

    def set_model_version(self, project_id: int, version: str) -> None:
        """Which predictions people see; there has to be one of this version already."""
        self._connection.write(
            lambda sdk: sdk.projects.update(project_id, model_version=version), project_id=project_id
        )

    def set_overlap(self, project_id: int, overlap: int) -> None:
        """How many answers a task needs."""
        self._connection.write(
            lambda sdk: sdk.projects.update(project_id, maximum_annotations=overlap), project_id=project_id
        )

    def has_views(self, project_id: int) -> bool:
        """Whether its task list was ever given a form, by us or by people."""
        return bool(self._connection.read(lambda sdk: list(sdk.views.list(project=project_id)), project_id=project_id))

    def hide_columns(self, project_id: int, columns: Sequence[str]) -> None:
        """Makes the task list readable: a first view without raw HTML and JSON columns."""
        hidden = {"explore": list(columns), "labeling": list(columns)}
        data = {"title": "Questions", "type": "list", "target": "tasks", "hiddenColumns": hidden}
        self._connection.write(lambda sdk: sdk.views.create(project=project_id, data=data), project_id=project_id)

    def import_tasks(self, project_id: int, tasks: Sequence[Mapping[str, Any]]) -> None:
        """Write, all or nothing: look before you call it again."""
        self._connection.write(
            lambda sdk: sdk.projects.import_tasks(project_id, request=[dict(task) for task in tasks]),
            project_id=project_id,
        )

    def delete_tasks(self, project_id: int, task_ids: Sequence[int]) -> None:
        """Removes tasks with all that belongs to them."""
        chosen = {"all": False, "included": list(task_ids)}
        self._connection.write(
            lambda sdk: sdk.actions.create(id="delete_tasks", project=project_id, selected_items=chosen),
            project_id=project_id,
        )

    def annotate(self, task_id: int, *, result: Sequence[Mapping[str, Any]], skipped: bool, lead_time_s: float) -> None:
        """One answer to a task in this account's name. Write: look before you call it again."""
        self._connection.write(
            lambda sdk: sdk.annotations.create(
                id=task_id, result=[dict(item) for item in result], was_cancelled=skipped, lead_time=lead_time_s
            )
        )

    def task_rows(self, project_id: int, *, filters: Sequence[Mapping[str, Any]] = ()) -> list[TaskRow]:
        """The tasks that pass all filters, by id, without annotations: cheap."""
        wanted = "id,data,total_annotations,cancelled_annotations,updated_at"
        found = self._tasks(project_id, filters, fields="task_only", include=wanted, read=task_row_of)
        return [row for _, row in found]

    def full_tasks(self, project_id: int, *, filters: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The tasks that pass all filters with their annotations and predictions, in Label Studio's JSON."""
        found = self._tasks(project_id, filters, fields="all", include=None, read=_plain)
        return [row for _, row in found]

    def newest_change(self, project_id: int) -> str | None:
        """When any task last changed, by the server's clock, ISO 8601; None without tasks."""
        chosen = {"fields": "task_only", "include": "id,updated_at", "order": "-tasks:updated_at"}
        newest = self._page(project_id, (), size=1, read=lambda row: str(row.updated_at.isoformat()), **chosen)
        return newest[0][1] if newest else None

    def account_name(self, user_id: int) -> str:
        """The e-mail of an account, "account 7" when the server does not know it any more."""
        if user_id not in self._names:
            self._names = self._connection.read(lambda sdk: {user.id: str(user.email) for user in sdk.users.list()})
        return self._names.setdefault(user_id, f"account {user_id}")

    def own_account(self) -> int:
        """The id of the token's owner."""
        return self._connection.read(lambda sdk: int(sdk.users.whoami().id))

    def invitation(self) -> str:
        """The token with which a new member may sign up."""
        return self._connection.read(lambda sdk: str(sdk.organizations.invites.get_invite_link().token))

    def browser(self) -> httpx.Client:
        """A session without our token, for the forms that have no call."""
        return self._connection.browser()

    def other_account(self, token: str) -> Client:
        """The same server in someone else's name."""
        return self._as(token)

    def _tasks(
        self,
        project_id: int,
        filters: Sequence[Mapping[str, Any]],
        *,
        fields: str,
        include: str | None,
        read: Callable[[Any], Row],
    ) -> Iterator[tuple[int, Row]]:
        # Pages are cut by id, not by number: rows that come or go meanwhile cannot shift others out of sight.
        last = 0
        while True:
            after = {"filter": "filter:tasks:id", "operator": "greater", "type": "Number", "value": last}
            rows = self._page(
                project_id, [*filters, after], size=PAGE, fields=fields, include=include, order="tasks:id", read=read
            )
            yield from rows
            if len(rows) < PAGE:
                return
            last = rows[-1][0]

    def _page(
        self,
        project_id: int,
        filters: Sequence[Mapping[str, Any]],
        *,
        size: int,
        fields: str,
        include: str | None,
        order: str,
        read: Callable[[Any], Row],
    ) -> list[tuple[int, Row]]:
        """Task id and what `read` makes of the SDK's row."""
        query = json.dumps({"filters": {"conjunction": "and", "items": list(filters)}, "ordering": [order]})

        def ask(sdk: Any) -> list[tuple[int, Row]]:
            # `.items`: iterating the SDK's pager would take a deleted project for the end of the list.
            chosen = {"project": project_id, "query": query, "fields": fields, "page": 1, "page_size": size}
            page = sdk.tasks.list(**chosen, **({"include": include} if include else {}))
            return [(int(row.id), read(row)) for row in page.items or ()]

        return self._connection.read(ask, project_id=project_id)


def _project_page(sdk: Any, *, page: int, page_size: int) -> list[Project]:
    return [project_of(row) for row in sdk.projects.list(page=page, page_size=page_size).items or ()]


def _plain(row: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(row.model_dump_json())
    return found
