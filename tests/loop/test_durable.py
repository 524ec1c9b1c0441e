"""A write is whole or did not happen, and what it replaced stays when it fails."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from loop import durable
from loop.processes import identity

WRITER = """
import sys, time
from pathlib import Path
from loop import durable
draft = durable.draft(Path(sys.argv[1]))
Path(f"{draft}.child").mkdir() if sys.argv[2] == "folder" else None
Path(f"{draft}.child").rename(draft) if sys.argv[2] == "folder" else draft.write_text("half")
print(draft, flush=True)
time.sleep(600)
"""


def test_a_write_replaces_and_leaves_nothing_beside(tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    durable.write(file, "one")
    durable.write(file, b"two")
    assert file.read_text() == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_a_private_file_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        durable.write(tmp_path / "secret", "x", private=True)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_contents_are_synced_before_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    sync, rename = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (seen.append("sync"), sync(handle))[1])
    monkeypatch.setattr(Path, "replace", lambda self, to: (seen.append("rename"), rename(self, to))[1])
    durable.write(tmp_path / "note.txt", "one")
    assert seen == ["sync", "rename", "sync"]


def test_a_failed_write_keeps_the_old_contents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "note.txt"
    durable.write(file, "old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        durable.write(file, "new")
    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_a_tree_is_synced_to_the_last_file_and_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_text("x")
    (tmp_path / "a" / "gone").symlink_to(tmp_path / "nowhere")
    durable.sync_tree(tmp_path)


@contextlib.contextmanager
def writer(path: Path, kind: str) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process in the middle of writing `path`, and its draft."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), kind],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())
        process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_the_draft_of_a_killed_process_is_removed_by_the_next_write_and_that_of_a_running_one_is_not(
    tmp_path: Path, kind: str
) -> None:
    file = tmp_path / "note [1].txt"
    with writer(file, kind) as (process, draft):
        durable.write(file, "one")
        assert draft.exists()
        process.kill()
        process.wait()
        durable.write(file, "two")
        assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_drafts_of_an_earlier_boot_are_removed_and_those_of_another_machine_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "note.txt"
    monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
    theirs = durable.draft(file)
    monkeypatch.undo()
    mine = identity()
    monkeypatch.setattr(durable, "identity", lambda: replace(mine, boot="earlier"))
    ours = durable.draft(file)
    monkeypatch.undo()
    for path in (theirs, ours, tmp_path / ".note.txt.partial", tmp_path / ".note.txt.mine-1-1.partial"):
        path.write_text("half")
    durable.write(file, "whole")
    assert not ours.exists()
    assert len(list(tmp_path.iterdir())) == 4
