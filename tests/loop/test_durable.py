"""A write is whole or did not happen, and what it replaced stays when it fails."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from loop import durable


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
