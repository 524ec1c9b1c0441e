"""A ledger from elsewhere: opening it touches no file beyond it."""

import os
import sqlite3
import struct
from pathlib import Path

import pytest

from labeling.label_studio.state_folder import DATABASE, lay_out
from loop.errors import LabelerError, LedgerError
from loop.ledger import Ledger
from loop.sqlite_journal import MAGIC, journal, names_other_file

PAGE, SECTOR, NONCE = 4096, 512, 12345


@pytest.fixture
def database(tmp_path: Path) -> Path:
    file = tmp_path / "ledger.db"
    Ledger.open(f"sqlite:///{file}").close()
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    return file


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    file = tmp_path / "elsewhere" / "precious.txt"
    file.parent.mkdir()
    file.write_text("precious")
    return file


def _hot(database: Path, *, other: Path | None) -> None:
    """A journal that SQLite plays back: the first page as it is, and the name of a super-journal."""
    page, pages = database.read_bytes()[:PAGE], database.stat().st_size // PAGE
    head = MAGIC + struct.pack(">IIIII", 1, NONCE, pages, SECTOR, PAGE)
    total = (NONCE + sum(page[place] for place in range(PAGE - 200, 0, -200))) & 0xFFFFFFFF
    record = struct.pack(">I", 1) + page + struct.pack(">I", total)
    end = b""
    if other is not None:
        name = os.fsencode(other)
        end = struct.pack(">I", 0x40000000 // PAGE + 1) + name + struct.pack(">II", len(name), sum(name)) + MAGIC
    journal(database).write_bytes(head.ljust(SECTOR, b"\0") + record + end)


def test_sqlite_itself_deletes_the_file_that_such_a_journal_names(database: Path, precious: Path) -> None:
    _hot(database, other=precious)
    with sqlite3.connect(database) as connection:
        connection.execute("SELECT * FROM meta").fetchall()
    connection.close()
    assert not precious.exists()


@pytest.mark.parametrize("way", ["open", "read", "look"])
def test_a_journal_that_names_another_file_is_refused_and_that_file_stays(
    database: Path, precious: Path, way: str
) -> None:
    _hot(database, other=precious)
    url = f"sqlite:///{database}"
    with pytest.raises(LedgerError, match="names another file"):
        Ledger.look(url) if way == "look" else Ledger.open(url, read_only=way == "read")
    assert precious.read_text() == "precious"


def test_a_link_to_the_ledger_is_looked_at_where_it_leads(database: Path, precious: Path, tmp_path: Path) -> None:
    _hot(database, other=precious)
    (tmp_path / "link.db").symlink_to(database)
    with pytest.raises(LedgerError, match="names another file"):
        Ledger.open(f"sqlite:///{tmp_path}/link.db")
    assert precious.exists()


def test_a_journal_of_a_killed_process_is_played_back(database: Path) -> None:
    _hot(database, other=None)
    Ledger.open(f"sqlite:///{database}").close()
    assert not journal(database).exists()


def test_a_label_studio_with_such_a_journal_is_not_laid_out(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    journal(tmp_path / "data" / DATABASE).write_bytes(b"x" + MAGIC)
    with pytest.raises(LabelerError, match="names another file"):
        lay_out(tmp_path, tmp_path / "template")


@pytest.mark.parametrize(
    ("content", "found"), [(b"", False), (b"\0" * 512, False), (MAGIC, False), (b"x" + MAGIC, True)]
)
def test_the_end_of_a_journal_tells_whether_it_names_a_file(tmp_path: Path, content: bytes, found: bool) -> None:
    assert not names_other_file(tmp_path / "a.db")
    (tmp_path / "a.db-journal").write_bytes(content)
    assert names_other_file(tmp_path / "a.db") is found


def test_what_follows_a_question_mark_is_part_of_the_files_name(tmp_path: Path) -> None:
    Ledger.open(f"sqlite:///{tmp_path}/what?mode=ro/ledger.db").close()
    assert (tmp_path / "what?mode=ro" / "ledger.db").is_file()
    assert not (tmp_path / "what").exists()


def test_the_journal_of_a_link_is_the_one_beside_its_target(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.db-journal").write_bytes(b"x" + MAGIC)
    (tmp_path / "link.db").symlink_to("real/a.db")
    assert names_other_file(tmp_path / "link.db")
