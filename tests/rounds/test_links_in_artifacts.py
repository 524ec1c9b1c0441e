"""A link inside the artifacts of a project from elsewhere: nothing behind it is read, written or removed."""

from pathlib import Path

import pytest
from command_line import complaint, here
from made_record import made_record

from loop.artifacts import MARKER, Artifacts
from loop.errors import ArtifactError
from loop.pool import example_id

pytestmark = pytest.mark.slow

EXAMPLE = example_id("message 7", None)
COMMANDS = (("run",), ("report", "--details"), ("verify",), ("explain", EXAMPLE), ("replay", "1"))


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return made_record(tmp_path / "desk")


def _behind_a_link(desk: Path, part: str) -> Path:
    """Moves a part of the artifacts out of the project and leaves a link."""
    place = desk / ".weakspot" / "artifacts" / part
    outside = desk.parent / "outside" / part
    outside.parent.mkdir(parents=True)
    place.rename(outside)
    place.symlink_to(outside)
    (outside / "precious").mkdir() if part == "rounds" else None
    return desk.parent / "outside"


def _state(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        path.relative_to(folder).as_posix(): (path.lstat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("part", ["rounds", "rounds/001", "pool"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_says_one_line_about_the_link_and_leaves_what_is_behind_it(
    desk: Path, part: str, command: tuple[str, ...]
) -> None:
    outside = _behind_a_link(desk, part)
    before = _state(outside)
    told = complaint(here(*command, "--project", desk))
    assert f"artifacts/{part} is a symbolic link" in told
    assert "storage.artifacts" in told
    assert _state(outside) == before


@pytest.mark.parametrize("way", ["place", "open", "has", "problem", "digest", "remove", "writing"])
def test_no_way_into_the_artifacts_follows_a_link(tmp_path: Path, way: str) -> None:
    artifacts, outside = Artifacts(tmp_path / "artifacts"), tmp_path / "outside"
    with Artifacts(outside).writing("001/train") as draft:
        (draft / "a.txt").write_text("precious")
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "artifacts" / "rounds").symlink_to(outside)
    before = _state(outside)
    with pytest.raises(ArtifactError, match="rounds is a symbolic link"):
        artifacts.writing("rounds/001/train").__enter__() if way == "writing" else getattr(artifacts, way)(
            "rounds/001/train"
        )
    assert _state(outside) == before


def test_the_key_is_not_read_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "outside.json").write_text('{"key": "x"}')
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "artifacts" / MARKER).symlink_to(tmp_path / "outside.json")
    with pytest.raises(ArtifactError, match="is a symbolic link"):
        Artifacts(tmp_path / "artifacts").key()


def test_the_root_itself_may_be_a_link(tmp_path: Path) -> None:
    """Trust asks for it where it leads out of the project."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "artifacts").symlink_to(tmp_path / "disk")
    with Artifacts(tmp_path / "artifacts").writing("pool") as draft:
        (draft / "a.txt").write_text("content")
    assert Artifacts(tmp_path / "artifacts").open("pool").is_dir()
