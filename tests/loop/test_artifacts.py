"""Folders are written whole or not at all, and damage is noticed."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from loop.artifacts import MANIFEST, Artifacts, check
from loop.errors import ArtifactError


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    return Artifacts(tmp_path / "artifacts")


def test_a_folder_is_there_only_when_the_block_ended_well(artifacts: Artifacts) -> None:
    with pytest.raises(ZeroDivisionError), artifacts.writing("rounds/000/score") as folder:
        (folder / "a.txt").write_text("half")
        raise ZeroDivisionError
    assert not artifacts.has("rounds/000/score")
    with artifacts.writing("rounds/000/score") as folder:
        (folder / "a.txt").write_text("whole")
    assert (artifacts.open("rounds/000/score") / "a.txt").read_text() == "whole"
    assert artifacts.names() == ("rounds/000/score",)


def test_writing_again_replaces_the_whole_folder(artifacts: Artifacts) -> None:
    for name in ("old.txt", "new.txt"):
        with artifacts.writing("x") as folder:
            (folder / name).write_text(name)
    assert sorted(path.name for path in artifacts.open("x").iterdir()) == [MANIFEST, "new.txt"]


def test_a_changed_missing_or_unlisted_byte_is_told_with_what_to_do(artifacts: Artifacts, tmp_path: Path) -> None:
    with artifacts.writing("x") as folder:
        (folder / "data.bin").write_bytes(b"12345678")
    place = tmp_path / "artifacts" / "x"
    (place / "data.bin").write_bytes(b"12345679")
    with pytest.raises(ArtifactError, match="data.bin has changed.*`weakspot run` makes it again"):
        Artifacts(tmp_path / "artifacts").open("x")
    (place / "data.bin").unlink()
    assert check(place) == "data.bin is missing"
    (place / MANIFEST).write_text("{")
    assert check(place) == f"{MANIFEST} is damaged"


def test_the_advice_depends_on_what_is_damaged(artifacts: Artifacts) -> None:
    with pytest.raises(ArtifactError, match="make a new project with `weakspot init` in another folder"):
        artifacts.open("pool")
    with pytest.raises(ArtifactError, match="while its round is open, `weakspot replay 3 --restore` afterwards"):
        artifacts.open("rounds/003/train")
    with pytest.raises(ArtifactError, match="`weakspot run` makes it again"):
        artifacts.open("partition")


def test_a_folder_that_was_never_written_is_told(artifacts: Artifacts) -> None:
    with pytest.raises(ArtifactError, match="is missing"):
        artifacts.open("nowhere")


def test_a_full_disk_keeps_what_was_there_and_says_so(artifacts: Artifacts, monkeypatch: pytest.MonkeyPatch) -> None:
    with artifacts.writing("x") as folder:
        (folder / "a.txt").write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ArtifactError, match="disk is full.*free some space"), artifacts.writing("x") as folder:
        (folder / "a.txt").write_text("new")
    assert (artifacts.open("x") / "a.txt").read_text() == "old"


def test_the_digest_changes_with_a_byte(artifacts: Artifacts) -> None:
    digests = set()
    for content in ("one", "two"):
        with artifacts.writing("x") as folder:
            (folder / "a.txt").write_text(content)
        digests.add(artifacts.digest("x"))
    assert len(digests) == 2


def test_a_killed_writer_leaves_nothing_that_counts_and_is_swept(artifacts: Artifacts, tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from loop.artifacts import Artifacts\n"
        "with Artifacts(Path(sys.argv[1])).writing('x') as folder:\n"
        "    (folder / 'a.txt').write_text('half'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path / "artifacts")], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert not artifacts.has("x")
    assert list((tmp_path / "artifacts").iterdir()) != []
    artifacts.sweep()
    assert list((tmp_path / "artifacts").iterdir()) == []
