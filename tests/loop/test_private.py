"""What is private is private whatever the umask, and what was open before is closed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from loop import durable, private

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes of files are a matter of POSIX")


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return path.lstat().st_mode & 0o7777


def test_new_folders_and_files_are_for_their_owner_alone(tmp_path: Path, umask: int) -> None:
    assert mode(private.folder(tmp_path / "a")) == 0o700
    assert mode(private.folder(tmp_path / "b" / "c", parents=True)) == 0o700
    assert mode(private.file(tmp_path / "f")) == 0o600
    durable.write(tmp_path / "secret", "x", private=True)
    assert mode(tmp_path / "secret") == 0o600


def test_a_folder_that_was_open_is_closed_and_keeps_what_its_owner_may(tmp_path: Path) -> None:
    open_ = tmp_path / "open"
    open_.mkdir()
    open_.chmod(0o755)
    assert mode(private.folder(open_)) == 0o700
    open_.chmod(0o577)
    assert mode(private.folder(open_)) == 0o500


def test_a_file_that_is_there_keeps_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("kept")
    assert private.file(tmp_path / "f").read_text() == "kept"


def test_everything_below_is_closed_and_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("")
    below = tmp_path / "state" / "data" / "media"
    below.mkdir(parents=True)
    (below / "picture").write_text("")
    (below / "link").symlink_to(outside)
    (below / "broken").symlink_to(tmp_path / "nowhere")
    for path in (outside, outside / "file", below, below / "picture", tmp_path / "state"):
        path.chmod(0o777)
    private.tighten(tmp_path / "state")
    assert [mode(path) for path in (below, below / "picture", tmp_path / "state")] == [0o700] * 3
    assert [mode(path) for path in (outside, outside / "file")] == [0o777] * 2


def test_only_the_named_rights_are_taken_away(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    private.close(tmp_path, to=private.WRITABLE_BY_OTHERS)
    assert mode(tmp_path) == 0o755


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can own files of others")
def test_what_belongs_to_another_user_is_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    theirs.chmod(0o755)
    os.chown(theirs, 65534, 65534)
    assert mode(private.folder(theirs)) == 0o755
