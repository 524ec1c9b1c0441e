"""A state folder from elsewhere: links and special files in it are refused before anything follows or opens them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from paper_server import answering, venv_with

from labeling import data_lock
from labeling.server import EmbeddedServer
from labeling.state_folder import DATABASE, lay_out
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
