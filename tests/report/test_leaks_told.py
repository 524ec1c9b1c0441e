"""What leaks is told with its twin, counted by ground and grade, in the report and by `weakspot leaks`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import here
from made_project import write_csv

from loop import report
from loop.ledger import leaks as table
from loop.project import open_project
from loop.records import Leak, Split
from loop.report import LeakCounts, View

POOL = [
    {"text": "Why was I charged twice this month?", "label": "bill"},
    {"text": "WHY was I charged twice, this month", "label": "bill"},
    {"text": "Please cancel my contract at the end of the year, thank you", "label": "end"},
    {"text": "The internet is down in the whole street", "label": "net"},
    {"text": "The internet is down in the whole street!", "label": "net"},
    {"text": "[bold]Where is the router[/bold]?", "label": "net"},
]
GOLD = [
    {"text": "Why was I charged twice this month?", "label": "bill"},
    {"text": "Please cancel my contract at the end of this year, thank you", "label": "end"},
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_csv(tmp_path / "pool.csv", POOL)
    write_csv(tmp_path / "gold.csv", GOLD)
    data = ("--data", tmp_path / "pool.csv", "--gold", tmp_path / "gold.csv")
    said = here("init", tmp_path / "desk", *data, "--seed-labels", "0", "--experts", "simulated")
    assert said.status == 0, said.err
    return tmp_path / "desk"


@pytest.fixture
def seen(root: Path) -> Iterator[View]:
    with report.view(root) as view:
        yield view


def kept_out(root: Path) -> None:
    """As a settling would write it: one label is like an audit text."""
    with report.view(root) as view:
        pool = view.project.pool
        ids = pool.ids(Split.POOL)
        by_text = dict(zip(pool.texts(ids), ids, strict=True))
    with open_project(root) as project, project.ledger.begin() as connection:
        one, twin = by_text[POOL[4]["text"]], by_text[POOL[3]["text"]]
        table.put_leaks(connection, [Leak(one, twin, "audit", "folded", 1.0, 2)])


def test_what_init_set_aside_is_counted_by_grade_and_shown_with_its_gold_text(seen: View) -> None:
    found = report.leaks(seen)
    assert found.quarantined == {"same": 1, "folded": 1, "near": 1}
    assert {(one.text, one.twin) for one in found.set_aside} == {
        (POOL[0]["text"], GOLD[0]["text"]),
        (POOL[1]["text"], GOLD[0]["text"]),
        (POOL[2]["text"], GOLD[1]["text"]),
    }
    assert {(one.ground, one.round) for one in found.set_aside} == {("gold", None)}
    assert (found.kept_out, found.labelled) == ({}, ())


def test_what_is_kept_out_of_training_is_counted_by_ground_and_grade(root: Path) -> None:
    kept_out(root)
    with report.view(root) as view:
        found = report.leaks(view)
        assert report.report(view).leaks == report.leak_counts(view) == LeakCounts(quarantined=3, kept_out=1)
    assert found.kept_out == {"audit": {"folded": 1}}
    (one,) = found.labelled
    assert (one.text, one.twin, one.round) == (POOL[4]["text"], POOL[3]["text"], 2)


def test_the_report_says_so_beside_its_table_and_as_json(root: Path) -> None:
    kept_out(root)
    told = here("report", "--project", root).out
    assert (
        "Texts that also measure the model: 3 set aside at init, 1 kept out of training since; see `weakspot leaks`."
        in told
    )
    assert json.loads(here("report", "--project", root, "--json").out)["leaks"] == {"quarantined": 3, "kept_out": 1}


def test_the_command_lists_them_side_by_side(root: Path) -> None:
    kept_out(root)
    said = here("leaks", "--project", root)
    assert said.status == 0, said.err
    assert "1 labelled text is kept out of training: 1 like audit (1 but for case, signs or spaces)" in said.out
    assert "3 texts were set aside at `weakspot init` for a gold text: 1 the same, 1 but for case" in said.out
    row = next(line for line in said.out.splitlines() if line.startswith(POOL[2]["text"]))
    assert GOLD[1]["text"] in row
    assert row.split()[-3:] == ["gold", "0.88", "init"]
    found = json.loads(here("leaks", "--project", root, "--json").out)
    assert found["labelled"][0]["twin"] == POOL[3]["text"]


def test_without_leaks_that_is_what_is_said(tmp_path: Path) -> None:
    write_csv(tmp_path / "pool.csv", POOL)
    here("init", tmp_path / "desk", "--data", tmp_path / "pool.csv", "--seed-labels", "0")
    said = here("leaks", "--project", tmp_path / "desk")
    assert "No label is kept out of training" in said.out
    assert "No text of the data was set aside" in said.out
    assert "weakspot leaks" not in here("report", "--project", tmp_path / "desk").out
