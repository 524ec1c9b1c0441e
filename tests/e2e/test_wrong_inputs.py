"""What people get wrong, each told in one line that names what was found and what to do; the project stays whole.

Files and configs here; what goes wrong with Label Studio is in test_wrong_servers.py.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from command_line import complaint, here
from made_project import Files, change, weakspot, write_csv
from world import ledger_of, leftovers

from loop.ledger import Ledger, migrating
from loop.project import open_project

pytestmark = pytest.mark.slow

TEXTS = ("no wifi since monday", "the bill is too high", "it is very slow today", "I was charged twice")


def table(path: Path, **columns: Sequence[str]) -> Path:
    """A good table of 20 messages, but for the given columns."""
    good = {
        "id": [f"m{row}" for row in range(20)],
        "text": [f"{TEXTS[row % 4]} {row}" for row in range(20)],
        "intent": ["wifi" if row % 2 else "bill" for row in range(20)],
    }
    rows = [dict(zip(good, cells, strict=True)) for cells in zip(*{**good, **columns}.values(), strict=True)]
    write_csv(path, rows)
    return path


def init(tmp_path: Path, data: Path, *options: str) -> str:
    """`weakspot init` that fails; nothing of a project is left."""
    told = complaint(here("init", tmp_path / "new", "--data", data, "--seed-labels", "4", *options))
    assert not (tmp_path / "new").exists()
    assert "\n" not in told
    return told


@contextmanager
def unharmed(root: Path) -> Iterator[None]:
    """What the ledger and the artifacts hold is the same afterwards, and nothing half-written lies about."""
    before = {what: rows for what, rows in ledger_of(root).items() if what not in ("rounds", "steps")}
    yield
    after = ledger_of(root)
    assert {what: after[what] for what in before} == before
    assert leftovers(root) == []


def test_a_missing_file(tmp_path: Path) -> None:
    table(tmp_path / "messages.csv")
    told = init(tmp_path, tmp_path / "mesages.csv")
    assert f"no file {tmp_path / 'mesages.csv'}" in told
    assert f'did you mean "{tmp_path / "messages.csv"}"?' in told


def test_a_wrong_column(tmp_path: Path) -> None:
    told = init(tmp_path, table(tmp_path / "a.csv"), "--text", "txt")
    assert "has no column 'txt'; wanted: one of its columns: id, text, intent" in told
    assert 'did you mean "text"?' in told


def test_empty_texts(tmp_path: Path) -> None:
    data = table(tmp_path / "a.csv", text=[" "] * 20)
    told = init(tmp_path, data, "--text", "text", "--label", "intent")
    assert "all 20 texts in column 'text' are empty" in told
    assert "name another column with --text: id, text, intent" in told


def test_one_class_only(tmp_path: Path) -> None:
    told = init(tmp_path, table(tmp_path / "a.csv", intent=["wifi"] * 20), "--label", "intent")
    assert "has one label only, 'wifi' (20 rows); wanted: two labels or more" in told
    assert "--labels" in told


def test_more_labels_in_the_data_than_were_named(tmp_path: Path) -> None:
    told = init(tmp_path, table(tmp_path / "a.csv"), "--labels", "wifi,bills")
    assert "has 1 label that the given ones lack: 'bill' (10 rows; did you mean \"bills\"?)" in told
    assert "add to --labels what is missing there" in told


def test_more_labels_in_the_data_than_in_the_config(fresh: Path) -> None:
    config = yaml.safe_load((fresh / "weakspot.yaml").read_text())
    change(fresh, {"labels": [name for name in config["labels"] if name != "wifi_coverage"]})
    with unharmed(fresh):
        told = complaint(here("run", "--project", fresh, "--until", "select"))
    assert "weakspot.yaml lacks labels that the data has: wifi_coverage" in told
    assert "put them back there" in told


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    data = table(tmp_path / "a.csv")
    data.write_bytes(data.read_text().replace("monday", "mañana").encode("latin-1"))
    told = init(tmp_path, data)
    assert "is not UTF-8: byte 0xf1 at offset" in told
    assert "(line 2)" in told
    assert "--encoding cp1252" in told


def test_a_text_of_a_megabyte(tmp_path: Path) -> None:
    texts = [f"{TEXTS[row % 4]} {row}" for row in range(20)]
    told = init(tmp_path, table(tmp_path / "a.csv", text=[*texts[:7], "long " * 200_000, *texts[8:]]))
    assert "row 9: a text of 1,000,000 characters; wanted: at most 100,000" in told
    assert "--max-characters 1000000" in told


def test_ids_that_stand_twice(tmp_path: Path) -> None:
    ids = ["m7", *(f"m{row}" for row in range(1, 20))]
    told = init(tmp_path, table(tmp_path / "a.csv", id=ids), "--id", "id")
    assert "1 ids stand more than once with different texts, first 'm7' (row 2)" in told
    assert "leave out --id" in told


def test_three_misspelt_keys_are_told_at_once(fresh: Path) -> None:
    path = fresh / "weakspot.yaml"
    text = path.read_text().replace("selection:", "selektion:").replace("poll_seconds", "pol_seconds")
    path.write_text(text.replace("alpha:", "alfa:"))
    for command in (("run",), ("status",), ("report",)):
        told = complaint(here(*command, "--project", fresh))
        assert told.splitlines()[0] == "weakspot: 3 mistakes in weakspot.yaml:"
        assert [line.split("did you mean ")[1] for line in told.splitlines()[1:]] == [
            '"poll_seconds"?',
            '"alpha"?',
            '"selection"?',
        ]


def test_an_unknown_strategy(fresh: Path) -> None:
    change(fresh, {"selection.strategy": "weakspots"})
    told = complaint(here("run", "--project", fresh))
    assert "selection.strategy: unknown strategy 'weakspots'; wanted: one of " in told
    assert 'did you mean "weak_spots"?' in told


@pytest.mark.slow
def test_a_hub_model_that_cannot_be_reached(fresh: Path, small_files: Files) -> None:
    change(fresh, {"model.base": "nobody/no-such-model"})
    nowhere = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "0", "HF_HOME": str(fresh / "hub")}
    done = weakspot("run", "--project", str(fresh), environment=nowhere)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("weakspot: base model nobody/no-such-model is not on this machine")
    assert 'use "minilm", which needs no network' in last
    change(fresh, {"model.base": str(small_files.base)})
    assert here("run", "--project", fresh, "--until", "select").status == 0, "the mended base holds at once"


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault", [OSError(errno.ENOSPC, "No space left on device"), Exception("No space left on device (os error 28)")]
)
def test_a_full_disk_while_a_model_is_written(fresh: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    """Both ways in which the libraries tell it."""
    import transformers

    def full(*_: object, **__: object) -> None:
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr(transformers.PreTrainedTokenizerBase, "save_pretrained", full)
        told = complaint(here("run", "--project", fresh, "--until", "train"))
    assert ledger_of(fresh)["models"] == []
    assert leftovers(fresh) == []
    assert "the disk is full while writing" in told
    assert "rounds/000/train" in told
    assert "free some space and run `weakspot run` again" in told
    assert here("run", "--project", fresh, "--until", "train").status == 0


def test_a_locked_ledger(selected: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ledger.open.__func__, "__kwdefaults__", {"read_only": False, "busy_seconds": 0.2})  # type: ignore[attr-defined]
    other = sqlite3.connect(selected / ".weakspot" / "ledger.db", isolation_level=None)
    with unharmed(selected):
        other.execute("BEGIN IMMEDIATE")
        told = complaint(here("run", "--project", selected, "--until", "select", "--rounds", "2"))
        assert here("status", "--project", selected).status == 0, "looking is never blocked"
        other.execute("ROLLBACK")
    assert "the ledger is locked by another process" in told
    assert "wait for the other run to end" in told


def test_an_older_ledger_schema(selected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after an upgrade of weakspot that brings a migration."""
    newer = Path(shutil.copytree(migrating.FOLDER, tmp_path / "migrations"))
    (newer / "versions" / "9999_one_more.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\n"
        f"revision, down_revision, branch_labels, depends_on = '9999', '{migrating.head()}', None, None\n"
        "def upgrade():\n    op.add_column('rounds', sa.Column('note', sa.Text))\n"
    )
    monkeypatch.setattr(migrating, "FOLDER", newer)
    told = complaint(here("report", "--project", selected))
    assert "wanted: schema 9999; to do: `weakspot doctor --mend` upgrades it and keeps what is in it" in told
    here("doctor", "--mend", "--project", selected)
    assert here("report", "--project", selected).out.count("promoted") == 1


def test_a_ledger_of_a_newer_weakspot(selected: Path) -> None:
    with sqlite3.connect(selected / ".weakspot" / "ledger.db") as ledger:
        ledger.execute("UPDATE alembic_version SET version_num = 'tomorrow'")
    for command in ("run", "status"):
        told = complaint(here(command, "--project", selected))
        assert "the ledger has schema tomorrow, unknown to this weakspot" in told
        assert "upgrade weakspot" in told


@pytest.mark.parametrize("damage", ["changed", "emptied", "manifest", "deleted"])
def test_lost_files_of_the_open_round_are_made_again_the_same(fresh: Path, selected: Path, damage: str) -> None:
    """As after a power loss; of `score` and, when questions are drawn, of `select`."""
    root = selected if damage == "changed" else fresh
    step = "select" if root is selected else "score"
    folder = root / ".weakspot" / "artifacts" / "rounds" / "000" / step
    if root is fresh:
        assert here("run", "--project", root, "--until", "score").status == 0
    good = {path.name: path.read_bytes() for path in folder.iterdir()}
    picks = ledger_of(selected)["picks"]
    harm(folder, damage)
    said = here("run", "--project", root, "--until", "select")
    assert said.status == 0, said.err
    assert "lost" in said.err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == good
    assert ledger_of(root)["picks"] == picks


def harm(folder: Path, how: str) -> None:
    """What a power loss, a bad disk or a hand does to a folder."""
    if how == "deleted":
        shutil.rmtree(folder)
        return
    largest = max((path for path in folder.iterdir() if path.name != "manifest.json"), key=lambda at: at.stat().st_size)
    file = folder / "manifest.json" if how == "manifest" else largest
    file.write_bytes(file.read_bytes()[:-4] + bytes(4) if how == "changed" else b"")


def test_a_damaged_ledger(selected: Path) -> None:
    (selected / ".weakspot" / "ledger.db").write_bytes(b"not a database, but long enough to be taken for one" * 100)
    told = complaint(here("status", "--project", selected))
    assert f"{selected / '.weakspot' / 'ledger.db'} is damaged" in told
    assert "put back a copy" in told


def test_a_folder_that_is_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = complaint(here("status", "--project", tmp_path / "nowhere"))
    assert "is no project: there is no weakspot.yaml in it" in told
    assert "--project" in told
    monkeypatch.chdir(tmp_path)
    assert "no weakspot.yaml in" in complaint(here("run"))


def test_two_runs_at_once(selected: Path) -> None:
    with unharmed(selected), open_project(selected) as other, other.ledger.only_worker("run"):
        for command in (("run",), ("promote", "0"), ("rollback",)):
            told = complaint(here(*command, "--project", selected))
            if command != ("rollback",):
                assert f"another `weakspot run` works on this ledger (process {os.getpid()} on " in told
                assert "wait for it, or stop it" in told


def test_a_second_project_in_the_same_folder(selected: Path, small_files: Files) -> None:
    with unharmed(selected):
        told = complaint(here("init", selected, "--data", small_files.pool, "--seed-labels", "4"))
    assert "already holds a project" in told
    assert "weakspot run --project" in told


def test_commands_that_need_a_model_before_there_is_one(fresh: Path, small_files: Files, tmp_path: Path) -> None:
    for command in (("predict", small_files.pool), ("export", tmp_path / "out")):
        told = complaint(here(*command, "--project", fresh))
        assert "there is no tuned model yet; to do: `weakspot run` trains one" in told
    told = complaint(here("promote", "0", "--project", fresh))
    assert "round 0 has no model; wanted: a round with a model" in told
    assert "there is no earlier champion" in complaint(here("rollback", "--project", fresh))


def test_a_round_without_a_model_cannot_be_promoted(selected: Path) -> None:
    with unharmed(selected):
        told = complaint(here("promote", "3", "--project", selected))
    assert "round 3 has no model; wanted: a round with one: 0" in told


def test_an_export_into_a_folder_that_is_in_use(selected: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    told = complaint(here("export", tmp_path, "--project", selected))
    assert f"{tmp_path} is not empty; wanted: a new folder" in told
    assert (tmp_path / "thesis.txt").read_text() == "precious"


def test_files_in_the_place_of_folders(selected: Path, small_files: Files, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("precious")
    told = complaint(here("export", tmp_path / "notes", "--project", selected))
    assert "notes is a file; wanted: a new folder" in told
    given = ("--data", small_files.pool, "--base", small_files.base, "--seed-labels", "10")
    told = complaint(here("init", tmp_path / "notes", *given))
    assert "notes cannot be made: " in told
    told = complaint(here("dashboard", "--project", tmp_path, "--no-browser"))
    assert "weakspot.yaml" in told
    assert (tmp_path / "notes").read_text() == "precious"


def test_an_unknown_step(selected: Path) -> None:
    told = complaint(here("run", "--project", selected, "--until", "selekt"))
    assert "unknown step 'selekt'; wanted: one of train, evaluate" in told
    assert 'did you mean "select"?' in told


@pytest.mark.parametrize("words", [("run", "--nonsense"), ("frobnicate",), ("promote", "first"), ("init", "x")])
def test_wrong_usage_has_a_status_of_its_own(words: tuple[str, ...]) -> None:
    said = here(*words)
    assert said.status == 2
    assert "Traceback" not in said.err
    assert "Error: " in said.err
    assert "--help" in said.err
