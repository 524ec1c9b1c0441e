"""Another user of the machine reads nothing of a project's state: no token, no database, no ledger, no answers.

Tried as another user where the tests are run by root, and by the modes of the files everywhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import here
from made_project import Files
from small_projects import _fresh, fresh, small_files

from labeling.label_studio import installation
from labeling.label_studio.server import EmbeddedServer
from labeling.simulated.annotators import write_accounts
from loop.project import open_project

__all__ = ["_fresh", "fresh", "small_files"]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes of files are a matter of POSIX")

NOBODY = 65534
READ = 'for file; do cat "$file" >/dev/null 2>&1 && echo "$file"; done; exit 0'
WRITE = """
for file; do
  if [ -d "$file" ]; then target="$file/planted"; else target="$file"; fi
  (: >> "$target") 2>/dev/null && echo "$file"
done
exit 0
"""
as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can try to read as another user"
)


@pytest.fixture
def world() -> Iterator[Path]:
    """A folder that every user can enter; pytest's own are closed to others, whatever weakspot does."""
    folder = Path(tempfile.mkdtemp(prefix="weakspot-open-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def can(what: str, folder: Path) -> set[str]:
    """Names of what another user can `what` below the folder."""
    paths = sorted([folder, *folder.rglob("*")])
    done = subprocess.run(
        ["/bin/sh", "-c", what, "sh", *map(str, paths)],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        cwd="/",
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return {str(Path(line).relative_to(folder)) for line in done.stdout.splitlines()}


def open_to_others(folder: Path) -> set[str]:
    return {str(path) for path in (folder, *folder.rglob("*")) if not path.is_symlink() and path.stat().st_mode & 0o077}


@as_root
def test_another_user_can_read_what_is_open(world: Path) -> None:
    """The look itself: without it the tests below would hold for a folder that nobody reaches."""
    (world / "open").write_text("x")
    (world / "closed").write_text("x")
    (world / "open").chmod(0o666)
    (world / "closed").chmod(0o600)
    assert can(READ, world) == {"open"}
    assert can(WRITE, world) == {"open"}


@as_root
@pytest.mark.slow
def test_a_project_is_closed_to_others_also_where_its_ledger_is_elsewhere(small_files: Files, world: Path) -> None:
    root = world / "project"
    before = os.umask(0)
    try:
        said = here(
            *("init", root, "--data", small_files.pool, "--gold", small_files.gold, "--base", small_files.base),
            *("--seed-labels", "24", "--batch", "6", "--set", "storage.ledger=sqlite:///elsewhere/ledger.db"),
        )
    finally:
        os.umask(before)
    assert said.status == 0, said.err
    assert (root / "elsewhere" / "ledger.db").is_file()
    assert can(READ, root) <= {"weakspot.yaml"}
    assert can(WRITE, root / ".weakspot") == set()


@pytest.mark.slow
def test_a_project_of_an_earlier_version_is_closed_when_it_is_worked_on(fresh: Path) -> None:
    root = fresh
    (root / ".weakspot").chmod(0o755)
    assert here("status", "--project", root).status == 0
    assert (root / ".weakspot").stat().st_mode & 0o777 == 0o755, "a look changes nothing"
    open_project(root).close()
    assert (root / ".weakspot").stat().st_mode & 0o777 == 0o700


def test_label_studio_is_closed_to_others_whatever_the_umask(venv: Path, world: Path) -> None:
    """Under the widest umask, and with a folder of an earlier version in which everything was open."""
    own = EmbeddedServer(world / "label_studio", venv)
    before = os.umask(0)
    try:
        own.start()
        assert open_to_others(own.state_dir) == set()
        own.stop()
        for path in (own.state_dir, *own.state_dir.rglob("*")):
            path.chmod(0o777)
        own.start()
        assert open_to_others(own.state_dir) == set()
        if os.geteuid() == 0:
            assert can(READ, own.state_dir) == set()
            assert can(WRITE, own.state_dir) == set()
        assert {path.name for path in own.data.iterdir()} >= {"label_studio.sqlite3", "serving.lock"}
    finally:
        os.umask(before)
        own.stop()


def test_accounts_of_simulated_experts_are_closed_to_others(tmp_path: Path, umask: int) -> None:
    write_accounts(tmp_path / "state" / "simulated.json", {"1": {"token": "t"}})
    assert open_to_others(tmp_path / "state") == set()


def test_nobody_else_can_plant_code_in_the_environment_of_label_studio(
    tmp_path: Path, umask: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv = tmp_path / "cache" / "weakspot" / "venv"

    def made(command: list[str], **_: object) -> None:
        (venv / "bin").mkdir(parents=True, exist_ok=True)
        (venv / "bin" / "python").touch()

    monkeypatch.setattr(installation, "_run", made)
    installation.ensure_installed(venv, tell=lambda _: None)
    assert venv.parent.stat().st_mode & 0o777 == 0o700
    assert venv.stat().st_mode & 0o022 == 0
    venv.chmod(0o777)
    installation.ensure_installed(venv, tell=lambda _: None)
    assert venv.stat().st_mode & 0o777 == 0o755, "an environment for all users of a machine stays readable"
