"""The embedded server: starts once, comes back after a crash with all it held, and touches no one else's process."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import psutil
import pytest
from filelock import FileLock
from made import FORM, question
from paper_server import venv_with

from labeling.label_studio import data_lock, installation
from labeling.label_studio import server as server_module
from labeling.label_studio.installation import ensure_installed, quiet_environment, venv_folder
from labeling.label_studio.labeler import LabelStudio, build
from labeling.label_studio.server import EmbeddedServer, write_private
from loop.errors import LabelerError, ServerDown, ServerRefused


@pytest.fixture
def server(label_studio_venv: Path, tmp_path: Path) -> Iterator[EmbeddedServer]:
    own = EmbeddedServer(tmp_path / "state", label_studio_venv)
    yield own
    own.stop()


def labeler(server: EmbeddedServer) -> LabelStudio:
    return build(
        form=FORM,
        project_key="k",
        title="killed",
        state_dir=server.state_dir,
        url=None,
        token=None,
        project_id=None,
        overlap=1,
    )


@pytest.mark.server
def test_it_starts_once_and_survives_a_kill_with_its_port_account_and_tasks(server: EmbeddedServer) -> None:
    access = server.start()
    first = server.status()
    assert (first.running, first.healthy, first.url) == (True, True, access.url)
    assert server.start() == access
    assert server.status().pid == first.pid
    labeler(server).send([question(1)])
    assert first.pid is not None
    psutil.Process(first.pid).kill()
    psutil.Process(first.pid).wait(10)
    assert not server.status().running
    assert labeler(server).send([question(1)]).created == 0, "sending starts it again"
    assert server.access() == access
    assert server.stop() is True
    assert server.stop() is False
    assert not server.status().running
    secrets = (access.token, access.password)
    assert not any(secret in server.log.read_text() for secret in secrets)
    assert not any(secret in repr(access) for secret in secrets)
    assert (server.state_dir / "access.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.server
def test_a_token_that_was_reset_in_label_studio_is_fetched_with_the_password(server: EmbeddedServer) -> None:
    before = server.start()
    headers = {"Authorization": f"Token {before.token}"}
    httpx.post(f"{before.url}/api/current-user/reset-token/", headers=headers, trust_env=False).raise_for_status()
    assert (server.status().running, server.status().healthy, server.status().refused) == (True, False, True)
    lines: list[str] = []
    after = server.start(tell=lines.append)
    assert lines == ["the token was reset in Label Studio: taking the present one"]
    assert after == replace(before, token=after.token) != before
    assert labeler(server).send([question(1)]).created == 1
    kept = server.state_dir / "access.json"
    write_private(kept, {"email": after.email, "password": "another", "token": before.token})
    with pytest.raises(
        ServerRefused, match=r"takes neither the token nor the password of weakspot@example\.com"
    ) as fault:
        server.start()
    assert str(kept) in str(fault.value)
    assert "another" not in str(fault.value)
    kept.unlink()
    for look in (server.start, server.access):
        with pytest.raises(LabelerError, match=r"access\.json is missing, and with it the password"):
            look()


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.parametrize("after_s", [0.3, 1.5])
def test_killing_it_in_the_middle_of_an_import_leaves_no_task_twice(server: EmbeddedServer, after_s: float) -> None:
    questions = [question(number) for number in range(600)]
    server.start()
    labeler(server).send(questions[:1])
    pid = server.status().pid
    assert pid is not None
    killer = threading.Timer(after_s, psutil.Process(pid).kill)
    killer.start()
    labeler(server).send(questions)
    killer.join()
    assert server.status().pid != pid, "it was killed and started again meanwhile"
    client = labeler(server)._connect()
    project = client.projects()[0]
    assert sorted(str(row.ext_id) for row in client.task_rows(project.id)) == [q.ext_id for q in questions]


@pytest.mark.server
def test_two_starts_at_once_make_one_server(server: EmbeddedServer) -> None:
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(server.start())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] == found[1]
    words = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    assert sum(str(server.data) in line for line in words) == 1


@pytest.mark.server
def test_a_start_that_died_before_it_wrote_down_the_process_is_found_again(server: EmbeddedServer) -> None:
    access = server.start()
    pid = server.status().pid
    written = json.loads((server.state_dir / "server.json").read_text())
    write_private(server.state_dir / "server.json", {"port": written["port"]})
    assert server.start() == access
    assert server.status().pid == pid


def test_a_process_that_got_our_old_number_is_left_alone(tmp_path: Path) -> None:
    own = EmbeddedServer(tmp_path, tmp_path / "venv")
    write_private(tmp_path / "server.json", {"port": 1, "pid": os.getpid(), "created": time.time() - 1e6})
    assert own.stop() is False
    assert not own.status().running


def test_a_server_never_started_is_told(tmp_path: Path) -> None:
    own = EmbeddedServer(tmp_path / "nothing", tmp_path / "venv")
    assert own.stop() is False
    assert own.status().url == ""
    with pytest.raises(ServerDown, match="never been started"):
        own.access()


def test_a_server_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    venv = venv_with(tmp_path, "import os, sys; print('no room for', os.environ['LABEL_STUDIO_PASSWORD']); sys.exit(3)")
    own = EmbeddedServer(tmp_path / "state", venv)
    with pytest.raises(ServerDown, match=r"ended while it started: no room for \*\*\*"):
        own.start()


def test_a_server_that_never_answers_is_told(tmp_path: Path) -> None:
    own = EmbeddedServer(tmp_path / "state", venv_with(tmp_path, "import time; time.sleep(60)"))
    with pytest.raises(ServerDown, match="was not healthy after 1 s"):
        own.start(timeout_s=1)
    assert own.stop() is True


def test_lost_passwords_are_told_before_anything_starts(tmp_path: Path) -> None:
    own = EmbeddedServer(tmp_path / "state", venv_with(tmp_path, ""))
    own.data.mkdir(parents=True)
    (own.data / "label_studio.sqlite3").touch()
    with pytest.raises(LabelerError, match=r"access\.json is missing"):
        own.start()


def test_an_install_that_fails_is_told_with_the_last_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venv = venv_with(tmp_path, "")
    (venv / f"weakspot-ready-{installation.VERSION}").unlink()
    python = venv / "bin" / "python"
    python.write_text("#!/bin/sh\necho No matching distribution\nexit 1\n")
    python.chmod(0o755)
    told: list[str] = []
    with pytest.raises(LabelerError, match=r"exit status 1: No matching distribution.*to do: check the network"):
        ensure_installed(venv, tell=told.append)
    assert told[-1] == "No matching distribution"


def test_an_install_that_was_cut_off_is_begun_again_from_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv, fails = tmp_path / "venv", [True]

    def run(command: list[str], **_: object) -> None:
        python = venv / "bin" / "python"
        if "venv" in command:
            python.parent.mkdir(parents=True)
            python.touch()
        elif fails.pop():
            (venv / "half-installed").touch()
            raise KeyboardInterrupt

    monkeypatch.setattr(installation, "_run", run)
    with pytest.raises(KeyboardInterrupt):
        ensure_installed(venv, tell=print)
    assert (venv / "half-installed").exists()
    fails.append(False)
    ensure_installed(venv, tell=print)
    assert not (venv / "half-installed").exists()
    assert sorted(path.name for path in tmp_path.iterdir() if "unfinished" in path.name) == []


def test_a_pip_that_outlived_its_command_is_waited_for_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "INSTALL_TIMEOUT_S", 0.3)
    told: list[str] = []
    said = r"pip that an earlier command began has held .*end that pip"
    with data_lock.taken(tmp_path / "venv.installer"), pytest.raises(LabelerError, match=said):
        ensure_installed(tmp_path / "venv", tell=told.append)
    assert told == ["waiting for pip, which an earlier command began and left"]


def test_who_waits_for_another_start_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = EmbeddedServer(tmp_path / "state", venv_with(tmp_path, ""))
    monkeypatch.setattr(server_module, "START_TIMEOUT_S", 0.2)
    monkeypatch.setattr(server_module, "STOP_TIMEOUT_S", 0.1)
    own.state_dir.mkdir()
    told: list[str] = []
    with FileLock(own.state_dir / "server.lock"), pytest.raises(LabelerError, match="starting or stopping"):
        own.start(tell=told.append)
    assert told == ["waiting for another weakspot command that starts or stops this Label Studio"]


def test_the_cache_is_never_a_folder_of_the_working_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    assert venv_folder(environment={"XDG_CACHE_HOME": "cache"}).is_absolute()


def test_the_venv_is_the_chosen_one_then_that_of_the_environment_then_the_cache(tmp_path: Path) -> None:
    assert venv_folder(tmp_path, environment={installation.VENV_VARIABLE: "/x"}) == tmp_path
    assert venv_folder(environment={installation.VENV_VARIABLE: "/x"}) == Path("/x")
    assert venv_folder(environment={"XDG_CACHE_HOME": "/c"}) == Path("/c/weakspot/label-studio-venv")


def test_the_server_inherits_no_settings_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USERNAME", "DATABASE_NAME", "LABEL_STUDIO_TOKEN", "HTTP_PROXY", "PYTHONPATH"):
        monkeypatch.setenv(name, "ours")
    environment = quiet_environment(tmp_path / "home", tmp_path / "data")
    assert "ours" not in environment.values()
    assert environment["COLLECT_ANALYTICS"] == "false"
    assert environment["SENTRY_DSN"] == ""


def test_what_is_switched_off_is_so_under_the_name_that_label_studio_looks_for_first(tmp_path: Path) -> None:
    environment = quiet_environment(tmp_path / "home", tmp_path / "data")
    assert environment["LABEL_STUDIO_SENTRY_DSN"] == environment["LABEL_STUDIO_FRONTEND_SENTRY_DSN"] == ""
    assert environment["LABEL_STUDIO_COLLECT_ANALYTICS"] == environment["LABEL_STUDIO_LATEST_VERSION_CHECK"] == "false"
    assert environment["LABEL_STUDIO_DJANGO_DB"] == "sqlite"
    assert environment["LABEL_STUDIO_DATABASE_NAME"] == str(tmp_path / "data" / "label_studio.sqlite3")
