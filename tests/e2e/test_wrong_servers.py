"""What goes wrong between weakspot and Label Studio, each told in one line; no answer and no pick is lost.

Every project here uses the test session's own server by address and token, as a team with its own server does.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from command_line import complaint, here
from made_project import change
from real_label_studio import label_studio_server, label_studio_venv  # noqa: F401
from world import ledger_of

from labeling.label_studio.client import Client
from labeling.label_studio.pages import classification
from labeling.label_studio.server import Access, EmbeddedServer
from loop.ledger import people, progress
from loop.project import open_project
from loop.rounds.histories import PROJECT_ID

pytestmark = [pytest.mark.slow, pytest.mark.server]
TOKEN = "LABEL_STUDIO_TOKEN"


@pytest.fixture
def access(label_studio_server: EmbeddedServer) -> Access:  # noqa: F811
    return label_studio_server.start()


@pytest.fixture
def chosen(fresh: Path, access: Access, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project on that server, with picks and nothing sent."""
    monkeypatch.setenv(TOKEN, access.token)
    change(fresh, {"labeler.url": access.url, "experts.kind": "people"})
    assert here("run", "--project", fresh, "--until", "select").status == 0
    return fresh


@pytest.fixture
def sent(chosen: Path) -> Path:
    """A project whose questions lie on the server."""
    assert here("run", "--project", chosen, "--until", "send").status == 0
    return chosen


@pytest.fixture
def web_page() -> Iterator[str]:
    """Something that answers and is no Label Studio."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>It works!</html>")

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def run(root: Path) -> str:
    """One more run, without waiting for people, that fails."""
    return complaint(here("run", "--project", root, "--no-wait"))


def waits_for_people(root: Path) -> bool:
    return here("run", "--project", root, "--no-wait").status == 3


def project_id(root: Path) -> int:
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        return int(progress.get(connection, PROJECT_ID) or "")


def answer_first(root: Path, client: Client, label: str) -> str:
    """As a person; returns the question's id."""
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        row = people.picks(connection)[0]
    assert row.task is not None
    client.annotate(int(row.task.task_id), result=classification.result(label), skipped=False, lead_time_s=2.0)
    return row.ext_id


def test_a_server_that_is_down(chosen: Path, access: Access) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        change(chosen, {"labeler.url": url})
        before = ledger_of(chosen)["picks"]
        told = run(chosen)
    assert f"Label Studio does not answer at {url}" in told
    assert "check labeler.url; nothing is lost" in told
    assert ledger_of(chosen)["picks"] == before
    change(chosen, {"labeler.url": access.url})
    assert waits_for_people(chosen), "the mended address holds at once"


def test_a_server_that_is_something_else(chosen: Path, web_page: str) -> None:
    change(chosen, {"labeler.url": web_page})
    told = run(chosen)
    assert f"what answers at {web_page} is not a Label Studio" in told
    assert "check labeler.url" in told


def test_a_wrong_token(chosen: Path, access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, "f" * 40)
    told = run(chosen)
    assert f"Label Studio at {access.url} does not accept the token" in told
    assert "Account & Settings" in told
    assert "ffff" not in told
    monkeypatch.delenv(TOKEN)
    told = run(chosen)
    assert f"no token for the Label Studio at {access.url}" in told
    assert TOKEN in told
    monkeypatch.setenv(TOKEN, access.token)
    assert waits_for_people(chosen)


def test_a_label_removed_in_label_studio(sent: Path, access: Access) -> None:
    client = Client(access.url, access.token)
    ext_id = answer_first(sent, client, "slow_internet")
    page = client.project(project_id(sent)).config
    client.set_page(project_id(sent), re.sub('<Choice value="slow_internet"[^>]*>', "", page))
    told = run(sent)
    assert "was changed: labels missing: slow_internet" in told
    assert "`weakspot label-studio restore` puts the page back; answers so far are kept" in told
    assert [(row[0], row[3]) for row in ledger_of(sent)["answers"]] == [(ext_id, "slow_internet")]
    assert here("label-studio", "restore", "--project", sent).status == 0
    assert waits_for_people(sent)


def test_a_deleted_project(sent: Path, access: Access) -> None:
    before = ledger_of(sent)["picks"]
    httpx.delete(
        f"{access.url}/api/projects/{project_id(sent)}/",
        headers={"Authorization": f"Token {access.token}"},
        trust_env=False,
        timeout=300,
    ).raise_for_status()
    told = run(sent)
    assert f"Label Studio at {access.url} has no project" in told
    assert "run `weakspot label-studio restore` to make a new one" in told
    assert here("label-studio", "restore", "--project", sent).status == 0
    assert waits_for_people(sent)
    client = Client(access.url, access.token)
    assert {row.ext_id for row in client.task_rows(project_id(sent))} == {row[0] for row in before}
