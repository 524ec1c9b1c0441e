"""Those who may read and not write look on: a read-only mount, a folder of somebody else, a ledger with an open log."""

from __future__ import annotations

import os
import pwd
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from command_line import here
from made_project import Files
from world import ledger_of

from loop.errors import LedgerError
from loop.ledger import Ledger, reading

pytestmark = pytest.mark.slow

EVERY = """
import contextlib, io, json, sys
from loop.cli import main
for command in json.loads(sys.argv[1]):
    sys.argv = ["weakspot", *command]
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            main()
        status = 0
    except SystemExit as end:
        status = end.code or 0
    print(json.dumps([command[0], status, said.getvalue()]))
"""
"""Runs commands one after the other in one process."""


def commands(root: Path, files: Files, out: Path) -> list[list[str]]:
    words = ("status", "report", "report --details", "verify", "leaks", "plan", "spots list")
    reading = [line.split() for line in words]
    using = [["predict", str(files.gold), "--text", "text"], ["export", str(out)]]
    return [[*command, "--project", str(root)] for command in (*reading, *using)]


def run(arguments: list[list[str]]) -> list[tuple[str, int, str]]:
    import json

    done = subprocess.run(
        [sys.executable, "-c", EVERY, json.dumps(arguments)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "HOME": "/tmp", "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]  # type: ignore[misc]


@pytest.fixture
def logged(selected: Path) -> Path:
    """A project whose -wal file holds a commit, as a killed run leaves it."""
    with closing(sqlite3.connect(selected / ".weakspot" / "ledger.db")) as reader:
        reader.execute("SELECT count(*) FROM meta").fetchone()
        with closing(sqlite3.connect(selected / ".weakspot" / "ledger.db")) as writer:
            writer.execute("INSERT INTO meta VALUES ('in the log', 'yes')")
            writer.commit()
        for end in ("-wal",):
            shutil.copy(selected / ".weakspot" / f"ledger.db{end}", selected / ".weakspot" / f"kept{end}")
    (selected / ".weakspot" / "kept-wal").rename(selected / ".weakspot" / "ledger.db-wal")
    assert (selected / ".weakspot" / "ledger.db-wal").stat().st_size > 0
    return selected


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """A place for a read-only bind mount; skips where that is not allowed."""
    place = tmp_path / "mounted"
    place.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting needs root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False, capture_output=True)


def mount(source: Path, place: Path) -> None:
    for command in (["mount", "--bind", str(source), str(place)], ["mount", "-o", "remount,ro,bind", str(place)]):
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"this machine does not allow mounting: {done.stderr.strip()}")


def test_every_reading_command_works_on_a_read_only_mount(
    selected: Path, mounted: Path, small_files: Files, tmp_path: Path
) -> None:
    mount(selected, mounted)
    found = run(commands(mounted, small_files, tmp_path / "out"))
    assert [(name, status) for name, status, _ in found if status] == [], found
    assert (tmp_path / "out" / "README.md").is_file()
    refused = run([["run", "--project", str(mounted), "--until", "select"]])[0]
    assert refused[1] == 1
    assert "Traceback" not in refused[2]


def test_commits_in_the_log_are_seen_on_a_read_only_mount(logged: Path, mounted: Path) -> None:
    mount(logged, mounted)
    with Ledger.open(f"sqlite:///{mounted}/.weakspot/ledger.db", read_only=True) as ledger, ledger.read() as connection:
        from loop.ledger import progress

        assert progress.get(connection, "in the log") == "yes"
        folder = ledger._copy.folder if ledger._copy else None
    assert folder is not None
    assert not folder.exists()
    assert ledger_of(mounted)["picks"] == ledger_of(logged)["picks"]


@pytest.mark.skipif(os.geteuid() != 0, reason="another user needs root")
def test_another_user_without_the_right_to_write_looks_on(logged: Path) -> None:
    for path in logged.parents:
        if path.is_relative_to("/tmp") and path != Path("/tmp"):
            path.chmod(path.stat().st_mode | 0o055)
    for path in (logged, *logged.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    reading = [("status",), ("report",), ("verify",)]
    for command in reading:  # Imports what the other user could not read.
        assert here(*command, "--project", logged).status == 0
    pid = os.fork()
    if pid == 0:
        os.setresuid(*[pwd.getpwnam("nobody").pw_uid] * 3)
        os._exit(sum(here(*command, "--project", logged).status for command in reading))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_ledger_without_the_right_to_read_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Ledger.open(f"sqlite:///{tmp_path}/ledger.db").close()
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(LedgerError, match="you have no right to read it; to do: ask its owner"):
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db", read_only=True)


def test_a_copy_taken_while_somebody_writes_is_taken_again(logged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, copies = logged / ".weakspot" / "ledger.db", []
    copyfile = shutil.copyfile

    def disturbed(source: Path, target: Path) -> None:
        copyfile(source, target)
        copies.append(source)
        if len(copies) == 1:
            os.utime(file, (1, 1))

    monkeypatch.setattr(reading, "_shared", lambda *_: False)
    monkeypatch.setattr(shutil, "copyfile", disturbed)
    with Ledger.open(f"sqlite:///{file}", read_only=True):
        assert len(copies) == 4
