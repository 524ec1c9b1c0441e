"""A Label Studio in memory, behind httpx's replaceable transport: the calls that weakspot makes, and faults on demand.

It keeps the traits that matter: no external ids, no refusal of duplicates, imports that are all or nothing, numbers
of removed tasks given again, a 404 for what is gone. It can be emptied, set back to an earlier state, and put behind a
proxy that garbles what it says; its clock always runs forward.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

URL = "http://label-studio.test"
TOKEN = "0123456789abcdef0123456789abcdef01234567"
START = datetime(2026, 3, 1, tzinfo=UTC)
OF_THE_DATABASE = ("projects", "tasks", "views", "next_annotation")
INSTEAD: dict[str, Callable[[bytes], httpx.Response]] = {
    "null": lambda _: httpx.Response(200, json=None),
    "nothing": lambda _: httpx.Response(200, content=b""),
    "empty object": lambda _: httpx.Response(200, json={}),
    "empty list": lambda _: httpx.Response(200, json=[]),
    "number": lambda _: httpx.Response(200, content=b"9" * 6000),
    "deep": lambda _: httpx.Response(200, content=b"[" * 100_000),
    "wrong rows": lambda _: httpx.Response(200, json={"tasks": [None, {"id": "x"}], "results": [7], "id": None}),
    "half": lambda content: httpx.Response(200, content=content[: len(content) // 2]),
    "bytes": lambda _: httpx.Response(200, content=b'{"a": "\xff\xfe'),
    "bad gzip": lambda _: httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"no")),
    "page": lambda _: httpx.Response(200, text="<html>sign in</html>"),
    "page 401": lambda _: httpx.Response(401, text="<html>sign in</html>"),
    "expired": lambda _: httpx.Response(401, json={"detail": "Invalid token."}),
    "429": lambda _: httpx.Response(429, json={"detail": "Slow down"}, headers={"Retry-After": "7"}),
    "500": lambda _: httpx.Response(500, json={"detail": "Ouch"}),
    "502": lambda _: httpx.Response(502, text="<html>Bad gateway</html>"),
}
"""Fault → what comes instead of the true answer; below 300 the request took effect, as behind a bad proxy."""


@dataclass
class FakeLabelStudio:
    """State plus the handler of all requests."""

    projects: dict[int, dict[str, Any]] = field(default_factory=dict)
    tasks: dict[int, dict[str, Any]] = field(default_factory=dict)
    views: list[dict[str, Any]] = field(default_factory=list)
    users: dict[str, dict[str, Any]] = field(default_factory=lambda: {TOKEN: {"id": 1, "email": "owner@example.com"}})
    calls: list[str] = field(default_factory=list)
    faults: list[Callable[[httpx.Request], str]] = field(default_factory=list)
    """Asked before each request: "" for none, "before" or "after" the request took effect the connection breaks, or a
    key of INSTEAD."""
    seconds: float = 0.0
    next_annotation: int = 1

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._handle)

    def break_once(self, method: str, path_end: str, when: str) -> None:
        """The next matching request ends with a broken connection, before or after it took effect."""
        armed = [True]

        def fault(request: httpx.Request) -> str:
            if armed and request.method == method and request.url.path.rstrip("/").endswith(path_end):
                armed.clear()
                return when
            return ""

        self.faults.append(fault)

    def saved(self) -> dict[str, Any]:
        """A backup of the database, for `set_back`."""
        return {name: deepcopy(getattr(self, name)) for name in OF_THE_DATABASE}

    def set_back(self, saved: dict[str, Any]) -> None:
        """As someone who restores a backup: all numbers go on from where they were then."""
        for name, value in deepcopy(saved).items():
            setattr(self, name, value)

    def empty(self) -> None:
        """As a new server at the same address: all numbers begin again."""
        self.set_back(FakeLabelStudio().saved())

    def ext_ids(self) -> list[str]:
        return [task["data"]["ext_id"] for task in self.tasks.values()]

    def annotate(self, ext_id: str, result: Any, *, skipped: bool = False, user: int = 1) -> dict[str, Any]:
        """As a person in the browser would."""
        task = next(task for task in self.tasks.values() if task["data"].get("ext_id") == ext_id)
        return self._annotate(task, {"result": result, "was_cancelled": skipped, "lead_time": 2.5}, user)

    def annotate_and_die(self, ext_id: str, result: Any) -> None:
        """As a server that is killed after it saved an answer and before it counted it."""
        task = next(task for task in self.tasks.values() if task["data"].get("ext_id") == ext_id)
        before = task["updated_at"]
        self._annotate(task, {"result": result, "lead_time": 2.5}, 1)
        task.update(updated_at=before, uncounted=task.get("uncounted", 0) + 1)

    def touch(self, task: dict[str, Any]) -> str:
        self.seconds += 1
        task["updated_at"] = (START + timedelta(seconds=self.seconds)).isoformat()
        return str(task["updated_at"])

    def _handle(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.rstrip("/")
        self.calls.append(f"{request.method} {path}")
        when = next((found for fault in self.faults if (found := fault(request))), "")
        if when == "before":
            raise httpx.ConnectError("refused", request=request)
        if when in INSTEAD and not INSTEAD[when](b"").is_success:
            return INSTEAD[when](b"")
        answer = self._answer(request, path)
        if when in INSTEAD:
            return INSTEAD[when](answer.content)
        if when == "after":
            raise httpx.RemoteProtocolError("server disconnected", request=request)
        return answer

    def _answer(self, request: httpx.Request, path: str) -> httpx.Response:  # noqa: PLR0911, PLR0912 - one per call
        if path == "/api/version":
            return httpx.Response(200, json={"release": "1.23.2"})
        user = self.users.get(request.headers.get("Authorization", "").removeprefix("Token "))
        if user is None:
            return httpx.Response(401, json={"detail": "Invalid token."})
        body = json.loads(request.content or b"null")
        parts = path.removeprefix("/api/").split("/")
        match request.method, parts:
            case "GET", ["current-user", "whoami"]:
                return httpx.Response(200, json=user)
            case "GET", ["users"]:
                return httpx.Response(200, json=list(self.users.values()))
            case "GET", ["projects"]:
                found = list(self.projects.values())
                return httpx.Response(200, json={"count": len(found), "next": None, "previous": None, "results": found})
            case "POST", ["projects"]:
                return self._new_project(body)
            case "POST", ["dm", "views"]:
                self.views.append({"id": len(self.views) + 1, "project": body["project"], "data": body["data"]})
                return httpx.Response(201, json=self.views[-1])
            case "GET", ["dm", "views"]:
                return httpx.Response(200, json=self.views)
            case "POST", ["dm", "actions"]:
                for number in body["selectedItems"]["included"]:
                    self.tasks.pop(number, None)
                return httpx.Response(200, json={"processed_items": 1})
            case "GET", ["tasks"]:
                return self._list(request)
            case "POST", ["tasks", number, "annotations"] if int(number) in self.tasks:
                return httpx.Response(201, json=self._annotate(self.tasks[int(number)], body, user["id"]))
            case method, ["projects", number, *rest] if int(number) in self.projects:
                return self._project_call(method, self.projects[int(number)], rest, body)
        return httpx.Response(404, json={"status_code": 404, "detail": "No Project matches the given query."})

    def _project_call(self, method: str, project: dict[str, Any], rest: list[str], body: Any) -> httpx.Response:
        if method == "PATCH":
            project.update(body)
        if rest == ["import"]:
            return self._import(project["id"], body)
        return httpx.Response(200, json=project)

    def _new_project(self, body: dict[str, Any]) -> httpx.Response:
        number = max(self.projects, default=0) + 1
        self.projects[number] = {"id": number, "model_version": "", "created_by": {"id": 1}, **body}
        return httpx.Response(201, json=self.projects[number])

    def _import(self, project_id: int, rows: list[dict[str, Any]]) -> httpx.Response:
        ids = []
        for row in rows:
            number = max(self.tasks, default=0) + 1
            self.tasks[number] = {"id": number, "project": project_id, "annotations": [], "predictions": [], **row}
            self.touch(self.tasks[number])
            ids.append(number)
        return httpx.Response(201, json={"task_count": len(ids), "task_ids": ids})

    def _annotate(self, task: dict[str, Any], body: dict[str, Any], user: int) -> dict[str, Any]:
        moment = self.touch(task)
        annotation = {
            "id": self.next_annotation,
            "completed_by": user,
            "was_cancelled": False,
            "created_at": moment,
            "updated_at": moment,
            **body,
        }
        self.next_annotation += 1
        task["annotations"].append(annotation)
        return annotation

    def _list(self, request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        if int(asked["project"]) not in self.projects:
            return httpx.Response(404, json={"status_code": 404, "detail": "No Project matches the given query."})
        query = json.loads(asked["query"])
        rows = [task for task in self.tasks.values() if task["project"] == int(asked["project"])]
        rows = [task for task in rows if all(_passes(task, item) for item in query["filters"]["items"])]
        column = query["ordering"][0]
        rows.sort(key=lambda task: task[column.rpartition(":")[2]], reverse=column.startswith("-"))
        page = [self._row(task) for task in rows[: int(asked["page_size"])]]
        return httpx.Response(200, json={"tasks": page, "total": len(rows)})

    def _row(self, task: dict[str, Any]) -> dict[str, Any]:
        skipped = sum(annotation["was_cancelled"] for annotation in task["annotations"])
        counted = len(task["annotations"]) - skipped - task.get("uncounted", 0)
        counts = {"total_annotations": counted, "cancelled_annotations": skipped}
        return {**task, **counts}


def _passes(task: dict[str, Any], item: dict[str, Any]) -> bool:
    name, value = item["filter"].removeprefix("filter:tasks:"), item["value"]
    found = task["data"].get(name[5:]) if name.startswith("data.") else task[name]
    if item["operator"] == "in_list":
        return found in value
    if item["type"] == "Datetime":
        return datetime.fromisoformat(found) > datetime.fromisoformat(value)
    return bool(found > value)
