"""A server belongs to one folder: through copies, moves, clocks that step, lost notes and launchers that are killed.

Each law is tried with a stand-in that starts in a moment and, marked, with the real Label Studio.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from paper_server import answering, venv_with

from labeling.label_studio import data_lock, server
from labeling.label_studio.processes import Serving, end, serving
from labeling.label_studio.server import EmbeddedServer
from loop import processes
from loop.errors import LabelerError, ServerDown

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
Make = Callable[[str], EmbeddedServer]
START = "import sys\nfrom pathlib import Path\nfrom labeling.label_studio.server import EmbeddedServer\n"
START += "print(EmbeddedServer(Path(sys.argv[1]), Path(sys.argv[2])).start().url)\n"
KILLED = """
import os, signal
import labeling.label_studio.server as server
write = server.write_private
def write_or_die(path, content):
    if "pid" in content:
        os.kill(os.getpid(), signal.SIGKILL)
    write(path, content)
server.write_private = write_or_die
"""
"""Before START: the launcher is killed between the server's birth and the note of it."""


@pytest.fixture
def make(venv: Path, tmp_path: Path) -> Iterator[Make]:
    """The server of the folder with this name in the test's folder; all are ended afterwards."""
    yield lambda name: EmbeddedServer(tmp_path / name, venv)
    for pid in running(tmp_path):
        psutil.Process(pid).kill()


def running(folder: Path) -> set[int]:
    """Ids of all servers that were started for something below `folder`."""
    found = set()
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        is_below = any(word.startswith(f"{folder}/") and word.endswith("/data") for word in words)
        if "--data-dir" in words and is_below and processes.is_running(process):
            found.add(process.pid)
    return found


def copy_live(source: Path, target: Path) -> None:
    """Copies a folder a server writes to, as `cp -r` does: what vanishes meanwhile, as a SQLite -wal, is left out."""

    def copy(one: str, other: str) -> None:
        with suppress(FileNotFoundError):
            shutil.copy2(one, other)

    shutil.copytree(source, target, copy_function=copy)


def remove_live(folder: Path) -> None:
    """Removes a folder a server writes to: files come and go meanwhile."""
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=True)


def pid_of(server: EmbeddedServer) -> int:
    status = server.status()
    assert (status.running, status.healthy, status.elsewhere) == (True, True, "")
    assert status.pid is not None
    return status.pid


def test_a_copy_made_while_the_server_runs_has_a_server_of_its_own(make: Make, tmp_path: Path) -> None:
    original, copy = make("original"), make("copy")
    access = original.start()
    pid = pid_of(original)
    copy_live(original.state_dir, copy.state_dir)
    assert copy.status().running is False
    assert copy.status().url == ""
    with pytest.raises(ServerDown, match="never been started"):
        copy.access()
    assert copy.stop() is False
    assert copy.start().url != access.url
    assert original.start() == access
    assert running(tmp_path) == {pid, pid_of(copy)}
    assert pid_of(original) == pid
    assert copy.stop() is True
    assert pid_of(original) == pid
    assert original.stop() is True
    assert running(tmp_path) == set()


def test_a_copy_of_a_stopped_server_does_not_take_the_port_of_the_original(make: Make, tmp_path: Path) -> None:
    original, copy = make("original"), make("copy")
    access = original.start()
    original.stop()
    shutil.copytree(original.state_dir, copy.state_dir)
    assert copy.start().url != access.url
    assert original.start() == access


def test_a_server_whose_folder_was_moved_is_ended_and_started_at_the_new_place(make: Make, tmp_path: Path) -> None:
    old, new = make("old"), make("new")
    access = old.start()
    pid = pid_of(old)
    old.state_dir.rename(new.state_dir)
    status = new.status()
    assert (status.running, status.healthy, status.pid) == (True, False, pid)
    assert status.elsewhere == str(old.data)
    told: list[str] = []
    assert replace(new.start(tell=told.append), url=access.url) == access, "only the port may be taken by then"
    assert told[0] == f"ending the Label Studio that still runs for {old.data} (process {pid})"
    assert running(tmp_path) == {pid_of(new)}
    assert pid_of(new) != pid
    assert not old.state_dir.exists()


def test_stop_ends_the_server_of_a_folder_that_was_moved(make: Make, tmp_path: Path) -> None:
    old, new = make("old"), make("new")
    old.start()
    old.state_dir.rename(new.state_dir)
    assert new.stop() is True
    assert running(tmp_path) == set()


def test_a_new_folder_at_the_place_of_one_that_was_moved_has_a_server_of_its_own(make: Make, tmp_path: Path) -> None:
    old, new = make("place"), make("moved")
    old.start()
    pid = pid_of(old)
    old.state_dir.rename(new.state_dir)
    old.start()
    assert pid not in running(tmp_path), "it would go on writing by path, into the new folder"
    new.start()
    assert running(tmp_path) == {pid_of(old), pid_of(new)}


def test_a_folder_put_back_from_a_copy_does_not_keep_the_server_of_the_one_before(make: Make, tmp_path: Path) -> None:
    own = make("state")
    access = own.start()
    pid = pid_of(own)
    copy_live(own.state_dir, tmp_path / "backup")
    remove_live(own.state_dir)
    shutil.copytree(tmp_path / "backup", own.state_dir)
    # The port may be somebody else's by then; the account and its key lie in the folder.
    assert replace(own.start(), url=access.url) == access
    assert running(tmp_path) == {pid_of(own)}
    assert pid_of(own) != pid


def test_a_move_to_another_disk_leaves_no_server_behind(make: Make, tmp_path: Path) -> None:
    old, new = make("old"), make("new")
    old.start()
    pid = pid_of(old)
    copy_live(old.state_dir, new.state_dir)
    remove_live(old.state_dir)
    new.start()
    assert running(tmp_path) == {pid_of(new)}
    assert pid_of(new) != pid


def _edited(**changes: Any) -> Callable[[dict[str, Any]], str]:
    return lambda written: json.dumps({**written, **changes})


def _earlier_version(written: dict[str, Any]) -> str:
    return json.dumps({"port": written["port"], "pid": written["pid"], "created": time.time() - 3600})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(_edited(started=12.0), id="another start"),
        pytest.param(_edited(boot="00000000-0000-0000-0000-000000000000"), id="another boot"),
        pytest.param(_edited(pid=os.getpid()), id="another process"),
        pytest.param(_edited(pid=2**22 - 1), id="no process"),
        pytest.param(_edited(port=1), id="another port"),
        pytest.param(_edited(folder={"path": "/elsewhere", "device": 0, "inode": 0}), id="another folder"),
        pytest.param(_earlier_version, id="an earlier version, and the clock has stepped"),
        pytest.param(lambda written: json.dumps({"port": written["port"]}), id="killed before the note"),
        pytest.param(lambda _: '{"port": 80', id="half written"),
        pytest.param(lambda _: "null", id="null"),
        pytest.param(lambda _: None, id="lost"),
    ],
)
def test_the_running_server_is_found_whatever_its_note_says(
    tmp_path: Path, text: Callable[[dict[str, Any]], str | None]
) -> None:
    own = EmbeddedServer(tmp_path / "state", venv_with(tmp_path, answering()))
    access = own.start()
    pid = pid_of(own)
    try:
        note = own.state_dir / "server.json"
        content = text(json.loads(note.read_text()))
        note.unlink() if content is None else note.write_text(content)
        assert pid_of(own) == pid
        assert own.start() == access
        assert running(tmp_path) == {pid}
        assert own.access() == access
    finally:
        assert own.stop() is True
    assert running(tmp_path) == set()


@pytest.mark.server
def test_a_clock_that_steps_starts_no_second_label_studio(label_studio_server: EmbeddedServer) -> None:
    pid = pid_of(label_studio_server)
    note = label_studio_server.state_dir / "server.json"
    note.write_text(_earlier_version(json.loads(note.read_text())))
    access = label_studio_server.start()
    assert label_studio_server.access() == access
    assert pid_of(label_studio_server) == pid


def test_a_launcher_killed_before_it_noted_the_server_leaves_one_that_is_found(make: Make, tmp_path: Path) -> None:
    own = make("state")
    assert launcher(own, KILLED).wait(240) == -signal.SIGKILL
    (pid,) = running(tmp_path)
    assert own.start().url
    assert pid_of(own) == pid
    assert running(tmp_path) == {pid}


def test_many_processes_that_start_at_once_make_one_server(make: Make, tmp_path: Path) -> None:
    own = make("state")
    starts = [launcher(own) for _ in range(3)]
    said = {start.communicate()[0] for start in starts}
    assert said == {f"{own.access().url}\n"}
    assert running(tmp_path) == {pid_of(own)}


def launcher(own: EmbeddedServer, before: str = "") -> subprocess.Popen[str]:
    words = [sys.executable, "-P", "-c", before + START, str(own.state_dir), str(own.venv)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment)


def test_the_lock_lives_exactly_as_long_as_the_server(make: Make) -> None:
    own = make("state")
    own.start()
    lock = own.data / "serving.lock"
    with pytest.raises(BlockingIOError), data_lock.taken(lock):
        pass
    psutil.Process(pid_of(own)).kill()
    with data_lock.taken(lock, patience_s=60):
        pass


def test_a_holder_that_cannot_be_seen_is_named_and_no_second_server_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = EmbeddedServer(tmp_path / "state", venv_with(tmp_path, answering()))
    own.data.mkdir(parents=True)
    monkeypatch.setattr(server, "HOLDER_TIMEOUT_S", 0.3)
    said = r"not visible here.*serves .*/state/data; wanted: one Label Studio"
    with data_lock.taken(own.data / "serving.lock"), pytest.raises(LabelerError, match=said):
        own.start()
    assert running(tmp_path) == set()
    assert own.start().url, "the advice: stop it there, and try again"
    own.stop()


def test_a_server_that_is_ending_still_holds_the_lock_for_a_moment_and_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = EmbeddedServer(tmp_path / "state", venv_with(tmp_path, answering()))
    own.data.mkdir(parents=True)
    ending = ExitStack()
    ending.enter_context(data_lock.taken(own.data / "serving.lock"))
    looks: list[Path] = []

    def look(state: Path, *noted: object) -> tuple[Serving, ...]:
        looks.append(state)
        if len(looks) == 2:  # The first look comes before the lock is tried.
            ending.close()
        return serving(state, *noted)

    monkeypatch.setattr(server, "serving", look)
    assert own.start().url
    assert len(looks) >= 2
    own.stop()


def test_without_locks_the_look_at_the_processes_stands_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno
    import fcntl

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with data_lock.taken(tmp_path / "lock") as kept:
        assert kept == ()


def test_a_port_taken_meanwhile_is_named_and_another_one_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = EmbeddedServer(tmp_path / "state", venv_with(tmp_path, answering()))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        free, offered = server.free_port, [taken]
        monkeypatch.setattr(server, "free_port", lambda: offered.pop() if offered else free())
        told: list[str] = []
        access = own.start(tell=told.append)
        assert f"port {taken} was taken by another program meanwhile: trying another one" in told
        assert not access.url.endswith(f":{taken}")
    assert own.stop() is True


def test_the_port_is_the_one_the_server_listens_on(tmp_path: Path) -> None:
    """Label Studio silently takes the next port when the one it is given is busy."""
    own = EmbeddedServer(tmp_path / "state", venv_with(tmp_path, answering("0")))
    access = own.start()
    assert own.status().url == access.url == own.access().url
    assert own.status().healthy
    assert own.stop() is True


def test_a_folder_that_was_moved_away_is_not_made_again(tmp_path: Path) -> None:
    own = EmbeddedServer(tmp_path / "project" / ".weakspot" / "state", venv_with(tmp_path, answering()))
    with pytest.raises(LabelerError, match="does not exist: the project was moved or removed"):
        own.start()
    assert own.stop() is False
    assert own.status().running is False
    assert not (tmp_path / "project").exists()


def test_a_process_that_only_names_the_folder_is_not_a_server(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    words = [sys.executable, "-c", "input()", "--data", str(tmp_path / "data")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, cwd=tmp_path) as other:
        assert serving(tmp_path) == ()
        other.terminate()


def test_a_process_that_nobody_has_waited_for_has_ended() -> None:
    """As when the command that started the server still runs while another one stops it."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    end(processes.identity(child.pid), patience_s=60)
    assert psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE
    child.wait()
    assert child.stdin is not None
    child.stdin.close()


def test_a_process_that_ignores_the_kind_way_is_killed() -> None:
    ignoring = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", ignoring], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "up\n"
        end(processes.identity(child.pid), patience_s=0.5)
        assert child.wait() == -signal.SIGKILL
