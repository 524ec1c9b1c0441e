"""A ledger and a folder hold one project: what would mix two is refused, and the advice works."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
from pathlib import Path

import pytest
from command_line import complaint, here
from made_project import change, write_csv
from sqlalchemy import create_engine, text
from world import ledger_of

from loop import durable
from loop.artifacts import Artifacts
from loop.ledger import Ledger, progress
from loop.project import CONFIG, CREATED, KEY

pytestmark = pytest.mark.slow

OPTIONS = ("--seed-labels", "4", "--experts", "people")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "messages.csv"
    rows = [{"id": f"m{n}", "text": f"message number {n}", "intent": ("wifi", "bill")[n % 2]} for n in range(20)]
    write_csv(path, rows)
    return path


def init(folder: Path, data: Path, *more: str) -> None:
    said = here("init", folder, "--data", data, *OPTIONS, *more)
    assert said.status == 0, said.err


@pytest.fixture
def desk(tmp_path: Path, data: Path) -> Path:
    init(tmp_path / "desk", data)
    return tmp_path / "desk"


def state(root: Path) -> dict[str, bytes]:
    """Every file below, but for what SQLite and the lock leave."""
    paths = [path for path in root.rglob("*") if path.is_file() and not path.name.startswith("ledger.db")]
    return {str(path): path.read_bytes() for path in paths}


def test_init_into_a_folder_whose_weakspot_yaml_was_removed_is_refused_and_the_advice_works(
    desk: Path, data: Path
) -> None:
    good = (desk / CONFIG).read_text()
    (desk / CONFIG).unlink()
    before = state(desk)
    told = complaint(here("init", desk, "--data", data, "--seed-labels", "2"))
    assert f"{desk / '.weakspot'} holds a project whose weakspot.yaml is gone" in told
    assert state(desk) == before
    advice = told[told.index("`cp ") + 1 :].split("`")[0].split()
    shutil.copy(advice[1], advice[2])
    assert (desk / CONFIG).read_text() == good
    assert here("status", "--project", desk).status == 0


def test_init_over_rounds_whose_ledger_is_gone_is_refused(desk: Path, data: Path) -> None:
    for name in (CONFIG, ".weakspot/ledger.db"):
        (desk / name).unlink()
    with Artifacts(desk / ".weakspot" / "artifacts").writing("rounds/000/train") as folder:
        (folder / "labels.json").write_text("[]")
    told = complaint(here("init", desk, "--data", data, *OPTIONS))
    assert "holds the rounds of a project, and its ledger is gone" in told


def test_an_init_that_was_killed_at_any_write_is_repeated_with_other_options(tmp_path: Path, data: Path) -> None:
    """Every write that is made permanent, one after the other; the seed of the killed one does not stay."""
    status, k = -signal.SIGKILL, 0
    while status == -signal.SIGKILL:
        k += 2
        folder = tmp_path / str(k)
        status = killed(k, "init", folder, "--data", data, "--seed-labels", "8")
        if (folder / CONFIG).exists():
            continue
        init(folder, data)
        with sqlite3.connect(folder / ".weakspot" / "ledger.db") as ledger:
            assert ledger.execute("SELECT count(*) FROM labels").fetchone() == (4,)
            assert ledger.execute("SELECT count(*) FROM meta WHERE key IN (?, ?)", (KEY, CREATED)).fetchone() == (2,)
    assert (status, k > 6) == (0, True)


def killed(k: int, *command: str | Path) -> int:
    """The command in a fork that dies before its k-th sync."""
    pid = os.fork()
    if pid == 0:
        count, sync = 0, os.fsync

        def counted(descriptor: int) -> None:
            nonlocal count
            count += 1
            if count == k:
                os.kill(os.getpid(), signal.SIGKILL)
            sync(descriptor)

        durable.os.fsync = counted  # type: ignore[attr-defined]
        os._exit(here(*command).status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_full_disk_at_weakspot_yaml_is_one_line_and_init_goes_through_afterwards(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = durable.write

    def full(path: Path, content: str, *, private: bool = False) -> None:
        if path.name == CONFIG:
            raise OSError(28, "No space left on device")
        write(path, content, private=private)

    with monkeypatch.context() as patch:
        patch.setattr(durable, "write", full)
        told = complaint(here("init", tmp_path / "desk", "--data", data, *OPTIONS))
    assert "weakspot.yaml cannot be written: No space left on device" in told
    init(tmp_path / "desk", data)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A ledger outside of any project."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/shared.db"
    found: str = request.getfixturevalue("postgresql_url")
    engine = create_engine(found)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
    engine.dispose()
    return found


def test_init_on_a_ledger_that_holds_another_project_is_refused_and_changes_nothing(
    tmp_path: Path, data: Path, shared: str
) -> None:
    init(tmp_path / "one", data, "--set", f"storage.ledger={shared}")
    before = ledger_of(tmp_path / "one")
    told = complaint(here("init", tmp_path / "two", "--data", data, *OPTIONS, "--set", f"storage.ledger={shared}"))
    assert f"holds a project already, that of {tmp_path / 'one'}" in told
    assert not (tmp_path / "two").exists()
    assert ledger_of(tmp_path / "one") == before
    init(tmp_path / "two", data, "--set", "storage.ledger=sqlite:///.weakspot/ledger.db")


def test_a_folder_whose_artifacts_belong_to_another_project_than_its_ledger_is_refused(
    tmp_path: Path, data: Path, desk: Path, shared: str
) -> None:
    init(tmp_path / "one", data, "--set", f"storage.ledger={shared}")
    change(desk, {"storage.ledger": shared})
    for command in ("status", "run", "report", "verify"):
        told = complaint(here(command, "--project", desk))
        assert "belong to different projects" in told
    change(desk, {"storage.ledger": "sqlite:///.weakspot/ledger.db"})
    assert here("status", "--project", desk).status == 0


def work(folder: Path) -> str:
    """A command that needs the worker's lock and then ends: there is no earlier champion."""
    return complaint(here("promote", "0", "--project", folder))


def test_two_folders_on_one_ledger_are_refused_and_a_moved_one_is_adopted(
    tmp_path: Path, data: Path, shared: str
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    init(one, data, "--set", f"storage.ledger={shared}")
    shutil.copytree(one, two)
    told = work(two)
    assert f"this ledger is worked on from {one}, and {two} names it too" in told
    assert "round 0 has no model" in work(one)
    shutil.rmtree(one)
    assert "round 0 has no model" in work(two)
    with Ledger.open(shared) as ledger, ledger.read() as connection:
        assert json.loads(str(progress.get(connection, "home")))["path"] == str(two)


def test_a_home_on_another_machine_is_refused_until_doctor_adopts_this_folder(
    tmp_path: Path, data: Path, shared: str
) -> None:
    init(tmp_path / "one", data, "--set", f"storage.ledger={shared}")
    with Ledger.open(shared) as ledger, ledger.begin() as connection:
        progress.put(connection, "home", json.dumps({"path": "/elsewhere/desk", "host": "another"}))
    assert "worked on from /elsewhere/desk on the machine another" in work(tmp_path / "one")
    here("doctor", "--mend", "--project", tmp_path / "one")
    assert "round 0 has no model" in work(tmp_path / "one")


@pytest.mark.parametrize("place", ["/", "/usr", "{tmp}/home", "{tmp}/file"])
def test_a_folder_of_something_else_is_refused_as_artifacts_without_being_searched(
    tmp_path: Path, desk: Path, data: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home" / "mail").mkdir(parents=True)
    (tmp_path / "file").write_text("x")
    where = place.format(tmp=tmp_path)
    change(desk, {"storage.artifacts": where})
    monkeypatch.setattr(os, "walk", lambda *_: pytest.fail("searched"))
    for command in ("status", "run", "verify", "report"):
        assert f"storage.artifacts is {where}, which holds something else" in complaint(
            here(command, "--project", desk)
        )
    told = complaint(here("init", tmp_path / "new", "--data", data, *OPTIONS, "--set", f"storage.artifacts={where}"))
    assert "holds something else" in told
