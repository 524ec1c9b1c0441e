"""A state folder from elsewhere: links and special files in it are refused before anything follows or opens them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from paper_server import answering, venv_with

from labeling.label_studio import data_lock
from labeling.label_studio.server import EmbeddedServer
from labeling.label_studio.state_folder import DATABASE, LARGEST, lay_out, write_private
from labeling.simulated.annotators import _accounts
from loop.errors import LabelerError
from loop.sqlite_journal import MAGIC

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links and pipes of POSIX")

OPENED = (
    *("access.json", "server.json", "server.lock", "server.log", "data", "home", "home/.config"),
    *(f"data/{name}" for name in (".env", "serving.lock", "media")),
    *(f"data/{DATABASE}{end}" for end in ("", "-journal", "-wal", "-shm")),
)


@pytest.fixture
def own(tmp_path: Path) -> EmbeddedServer:
    server = EmbeddedServer(tmp_path / "state", venv_with(tmp_path, answering()))
    (server.state_dir / "home").mkdir(parents=True)
    server.data.mkdir()
    return server


def replace(place: Path) -> Path:
    if place.is_dir():
        shutil.rmtree(place)
    place.unlink(missing_ok=True)
    return place


@pytest.mark.parametrize("name", OPENED)
@pytest.mark.parametrize("call", ["start", "stop"])
def test_a_link_in_the_state_folder_is_refused_and_its_target_stays(
    own: EmbeddedServer, tmp_path: Path, name: str, call: str
) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("mine\n")
    outside.chmod(0o644)
    replace(own.state_dir / name).symlink_to(outside)
    with pytest.raises(LabelerError, match=rf"{name} is a link; wanted: a regular file.*do not trust this project"):
        getattr(own, call)()
    assert outside.read_text() == "mine\n"
    assert outside.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", OPENED)
def test_a_link_to_what_does_not_exist_yet_makes_no_file_there(own: EmbeddedServer, tmp_path: Path, name: str) -> None:
    replace(own.state_dir / name).symlink_to(tmp_path / "made")
    with pytest.raises(LabelerError, match="is a link"):
        own.start()
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("name", ["access.json", "server.log", "data/.env", f"data/{DATABASE}"])
def test_a_pipe_in_the_state_folder_is_refused_and_not_waited_for(own: EmbeddedServer, name: str) -> None:
    os.mkfifo(own.state_dir / name)
    with pytest.raises(LabelerError, match="is a special file"):
        own.start()


def test_a_database_that_is_a_link_is_not_laid_out_even_when_it_stays_within_the_folder(
    own: EmbeddedServer, tmp_path: Path
) -> None:
    real = own.data / "x" / "real.sqlite3"
    real.parent.mkdir()
    real.touch()
    real.with_name("real.sqlite3-journal").write_bytes(b"x" + MAGIC)
    (own.data / DATABASE).symlink_to("x/real.sqlite3")
    with pytest.raises(LabelerError, match="is a link"):
        lay_out(own.state_dir, tmp_path / "template")


def test_a_state_folder_that_is_a_link_itself_works(own: EmbeddedServer, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(own.state_dir)
    linked = EmbeddedServer(tmp_path / "link", own.venv)
    linked.start()
    assert linked.status().healthy
    assert linked.stop()


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "made")
    with pytest.raises(OSError, match="symbolic"), data_lock.taken(tmp_path / "lock"):
        pass
    assert not (tmp_path / "made").exists()


ACCOUNT = {"email": "weakspot@example.com", "password": "p" * 20, "token": "0" * 40}
DAMAGED = {
    "numbers": json.dumps({"email": 1, "password": 2, "token": 3}),
    "one more": json.dumps({**ACCOUNT, "url": "http://x"}),
    "one less": json.dumps({"email": "a"}),
    "NUL": json.dumps({**ACCOUNT, "email": "a\x00@example.com"}),
    "escape": json.dumps({**ACCOUNT, "password": "\x1b]0;title\x07"}),
    "not ASCII": json.dumps({**ACCOUNT, "token": "\u00e9" * 40}),
    "half a pair": json.dumps({**ACCOUNT, "password": "\ud800"}),
    "long": json.dumps({**ACCOUNT, "token": "0" * 501}),
    "empty text": json.dumps({**ACCOUNT, "token": ""}),
    "list": "[1]",
    "deep": "[" * 5000,
    "half": '{"email": "a',
    "large": json.dumps({**ACCOUNT, "token": "0" * LARGEST}),
}


@pytest.fixture
def known(own: EmbeddedServer) -> EmbeddedServer:
    """A server that was started before: its port is noted."""
    write_private(own.state_dir / "server.json", {"port": 1})
    return own


@pytest.mark.parametrize("kind", DAMAGED)
@pytest.mark.parametrize("call", ["status", "access", "start"])
def test_an_account_of_another_shape_is_damaged(known: EmbeddedServer, kind: str, call: str) -> None:
    (known.state_dir / "access.json").write_text(DAMAGED[kind])
    with pytest.raises(LabelerError, match=r"access\.json is damaged: .*put back an earlier copy") as fault:
        getattr(known, call)()
    assert len(str(fault.value)) < 400
    assert str(fault.value).isprintable()


def test_an_account_as_weakspot_writes_it_is_taken(known: EmbeddedServer) -> None:
    write_private(known.state_dir / "access.json", ACCOUNT)
    assert known.access().token == ACCOUNT["token"]


@pytest.mark.parametrize("make", [os.mkfifo, lambda place: place.symlink_to("/dev/zero"), Path.mkdir])
def test_an_account_that_is_no_regular_file_is_damaged_and_not_waited_for(
    known: EmbeddedServer, make: Callable[[Path], object]
) -> None:
    make(known.state_dir / "access.json")
    with pytest.raises(LabelerError, match=r"access\.json is damaged"):
        known.status()


@pytest.mark.parametrize("port", [0, -1, 65536, 10**30, True, 1.5, "80", None])
def test_a_port_that_is_none_is_as_good_as_no_note(own: EmbeddedServer, port: object) -> None:
    write_private(own.state_dir / "access.json", ACCOUNT)
    write_private(own.state_dir / "server.json", {"port": port, "boot": [], "pid": 10**30, "started": "1e999"})
    assert own.status().url == ""


@pytest.mark.parametrize("pid", ["-5", "0", "1e999", "9" * 30, '"x"', "[]", "null"])
def test_a_process_that_cannot_be_is_as_good_as_no_note(own: EmbeddedServer, pid: str) -> None:
    (own.state_dir / "server.json").write_text(f'{{"port": 1, "boot": "", "pid": {pid}, "started": 1}}')
    assert not own.status().running


@pytest.mark.parametrize("make", [os.mkfifo, lambda place: place.symlink_to("/dev/zero"), Path.mkdir])
def test_a_note_that_is_no_regular_file_is_as_good_as_none_and_not_waited_for(
    own: EmbeddedServer, make: Callable[[Path], object]
) -> None:
    make(own.state_dir / "server.json")
    assert not own.status().running


@pytest.mark.parametrize("content", ['{"a@b": "c"}', '{"a@b": {"password": 1, "token": ""}}', "[]", "["])
def test_accounts_of_simulated_experts_of_another_shape_are_damaged(tmp_path: Path, content: str) -> None:
    (tmp_path / "simulated.json").write_text(content)
    with pytest.raises(LabelerError, match="is damaged"):
        _accounts(tmp_path / "simulated.json")
