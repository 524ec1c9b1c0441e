"""Only regular files below the folder itself are opened through a manifest; nothing that comes in one can hang us."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from loop.artifacts import MANIFEST, Artifacts, check
from loop.errors import ArtifactError
from loop.manifest import LARGEST, MOST_FILES, digest, faults

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Artifacts(tmp_path).writing("x") as draft:
        (draft / "a.txt").write_text("content")
    return tmp_path / "x"


def name(folder: Path, *names: str, size: int = 0) -> None:
    entries = {one: {"bytes": size, "sha256": EMPTY} for one in names}
    (folder / MANIFEST).write_text(json.dumps({"files": entries}, indent=1))


OUTSIDE = ["/dev/zero", "/etc/passwd", "../y/a", "a/../../y", "a\\b", "", ".", "./a", "a\0b", "a//b"]
KINDS = ["fifo", "link to a device", "link to a file", "link in the folder", "folder", "parent is a link"]
BROKEN = [
    "[" * 100_000,
    "{",
    "null",
    '{"files": []}',
    '{"files": {"a": {"bytes": -1, "sha256": "x"}}}',
    '{"files": {"a": {"bytes": ' + "9" * 5000 + ', "sha256": ""}}}',
]


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_name_that_is_not_a_file_below_the_folder_is_refused(folder: Path, path: str) -> None:
    name(folder, path)
    assert "is not a file below its folder" in check(folder)
    assert MANIFEST in faults(folder)
    assert digest(folder) is None


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_a_regular_file_is_not_opened(folder: Path, tmp_path: Path, kind: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "f").touch()
    place = folder / "f"
    if kind == "fifo":
        os.mkfifo(place)
    elif kind == "link to a device":
        place.symlink_to("/dev/zero")
    elif kind == "link to a file":
        place.symlink_to(outside / "f")
    elif kind == "link in the folder":
        place.symlink_to(folder / "a.txt")
    elif kind == "folder":
        place.mkdir()
    else:
        (folder / "d").symlink_to(outside)
    wanted = "d/f" if kind == "parent is a link" else "f"
    name(folder, wanted)
    assert check(folder) in (f"{wanted} is not a regular file", f"{wanted} lies outside its folder, behind a link")
    assert wanted in faults(folder)


def test_a_manifest_that_is_not_a_file_or_too_large_is_not_read(folder: Path) -> None:
    (folder / MANIFEST).unlink()
    os.mkfifo(folder / MANIFEST)
    assert check(folder) == f"{MANIFEST} is not a regular file"
    (folder / MANIFEST).unlink()
    (folder / MANIFEST).symlink_to("/dev/zero")
    assert check(folder) == f"{MANIFEST} is not a regular file"
    (folder / MANIFEST).unlink()
    with (folder / MANIFEST).open("wb") as sparse:
        sparse.truncate(LARGEST + 1)
    assert "is larger than" in check(folder)
    name(folder, *(f"f{n}" for n in range(MOST_FILES + 1)))
    assert f"more than {MOST_FILES:,}" in check(folder)


@pytest.mark.parametrize("text", BROKEN)
def test_a_damaged_manifest_is_told_and_not_a_traceback(folder: Path, text: str) -> None:
    (folder / MANIFEST).write_text(text)
    assert check(folder) == f"{MANIFEST} is damaged"


def test_the_size_is_compared_before_anything_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (folder / "a.txt").open("wb") as sparse:
        sparse.truncate(1 << 40)
    monkeypatch.setattr("loop.manifest._sha256", lambda _: pytest.fail("read"))
    assert check(folder) == "a.txt has changed since it was written"


def test_looking_for_folders_and_strays_never_leaves_the_root(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    artifacts = Artifacts(root)
    with artifacts.writing("x") as draft:
        (draft / "a.txt").write_text("content")
    with Artifacts(outside).writing("y") as draft:
        (draft / "b.txt").write_text("content")
    (outside / ".z.partial").mkdir()
    (root / "door").symlink_to(outside)
    (root / "circle").symlink_to(root)
    assert artifacts.names() == ("x",)
    assert artifacts.strays() == (root / "circle", root / "door")
    artifacts.sweep()
    assert (outside / ".z.partial").is_dir()


@pytest.mark.parametrize("wrong", ["/etc", "../outside", "rounds/../../outside", "a\0b"])
def test_a_name_from_a_row_does_not_lead_out_of_the_root(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ArtifactError, match="is not below"):
        Artifacts(tmp_path).open(wrong)


def test_everything_is_synced_before_the_manifest_and_the_manifest_before_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    sync, rename = os.fsync, Path.rename

    def synced(descriptor: int) -> None:
        order.append(Path(f"/proc/self/fd/{descriptor}").readlink().name.split(".partial")[0])
        sync(descriptor)

    def renamed(self: Path, target: Path) -> Path:
        order.append(f"rename to {target.name}")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    with Artifacts(tmp_path).writing("rounds/000/x") as folder:
        (folder / "sub").mkdir()
        (folder / "sub" / "a.txt").write_text("a")
    named = order.index("rename to x")
    assert order.index("a.txt") < order.index("sub") < order.index(MANIFEST) < named
    assert {"000", "rounds", tmp_path.name} <= set(order[named:])
    assert order.count("a.txt") == 1
