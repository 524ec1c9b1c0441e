"""Every command on a small project with a tiny model: what it prints, how it ends, what it records."""

from __future__ import annotations

import csv
import getpass
import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from command_line import Said, complaint, here
from made_project import Files, change, write_csv
from paper_labeler import URL, answer, paper  # noqa: F401

from loop.cli.app import GROUPS, app
from loop.ledger import figures, people, progress
from loop.project import open_project
from loop.report import RoundFigures

pytestmark = pytest.mark.slow

HEAVY = (
    "torch",
    "transformers",
    "sqlalchemy",
    "pydantic",
    "numpy",
    "pandas",
    "sklearn",
    "label_studio_sdk",
    "streamlit",
)


def good(*arguments: str | Path) -> Said:
    said = here(*arguments)
    assert said.status == 0, said.err
    return said


@pytest.fixture
def with_people(fresh: Path, paper: str) -> Path:  # noqa: F811
    """A project whose questions lie with people."""
    change(fresh, {"labeler.kind": paper, "experts.kind": "people"})
    assert here("run", "--project", fresh, "--no-wait").status == 3
    return fresh


@pytest.fixture
def two_models(with_people: Path) -> Path:
    """A project with two rounds whose models were both promoted."""
    answer(with_people, 6, "slow_internet")
    change(with_people, {"gate.margin": 1.0})
    good("run", "--project", with_people, "--rounds", "2", "--until", "gate")
    return with_people


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['weakspot', '--help']\n"
        "from loop.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print('HEAVY', *[name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY"
    for command in ("init", "run", "status", "report", "explain", "diff", "promote", "rollback", "predict", "export"):
        assert f" {command} " in done.stdout


def test_init_says_what_it_guessed_and_what_comes_next(small_files: Files, tmp_path: Path) -> None:
    said = good("init", tmp_path / "new", "--data", small_files.pool, "--seed-labels", "10")
    assert "Text: column 'text'" in said.out
    assert "Label: column 'intent'" in said.out
    assert f"weakspot run --project {tmp_path / 'new'}" in said.out
    made = json.loads(good("init", tmp_path / "b", "--data", small_files.pool, "--seed-labels", "10", "--json").out)
    assert made["config"] == str(tmp_path / "b" / "weakspot.yaml")


def test_the_details_of_a_report_tell_every_class_slice_and_spot_with_n_and_what_is_mixed_up(selected: Path) -> None:
    found = json.loads(good("report", "--project", selected, "--details", "--json").out)
    rows = found["details"]
    overall = next(row for row in rows if row["metric"] == "error_rate" and not row["slice"])
    assert overall["value"] == found["rounds"][-1]["error_rate"]
    kinds = {row["slice"].split("=")[0] for row in rows}
    assert {"", "class", "channel", "length", "spot"} <= kinds
    for kind in ("length", "spot"):
        parts = [row for row in rows if row["slice"].startswith(f"{kind}=")]
        assert sum(row["n"] for row in parts) == overall["n"]
        assert sum(row["n"] * row["value"] for row in parts) == pytest.approx(overall["n"] * overall["value"])
    wrong = round(overall["n"] * overall["value"])
    assert 0 < sum(pair["n"] for pair in found["confusions"]) <= wrong
    assert all(pair["truth"] != pair["guess"] for pair in found["confusions"])
    assert "was taken for" in good("report", "--project", selected, "--details").out


def test_report_as_json_has_the_documented_keys(selected: Path) -> None:
    found = json.loads(good("report", "--project", selected, "--json").out)
    assert found["project"] == "fresh"
    (first,) = found["rounds"]
    assert set(first) == set(RoundFigures.__slots__)
    documented = {"round", "labels", "error_rate", "ci_low", "ci_high", "n", "estimator", "promoted"}
    assert documented <= set(first)
    assert (first["round"], first["labels"], first["n"], first["promoted"]) == (0, 24, 40, True)
    assert 0 <= first["ci_low"] <= first["error_rate"] <= first["ci_high"] <= 1
    assert first["estimator"] == "wilson"


def test_a_run_prints_progress_apart_from_results(fresh: Path) -> None:
    said = good("run", "--project", fresh, "--until", "gate", "--json")
    assert json.loads(said.out)["rounds"][0]["round"] == 0
    assert [line.split()[0] for line in said.err.splitlines() if " s  " in line] == ["train", "evaluate", "gate"]


def test_simulated_answers_are_called_simulated(selected: Path) -> None:
    for command in ("report", "status"):
        assert "simulated experts" in good(command, "--project", selected).out


def test_without_waiting_a_run_ends_with_status_3_when_people_are_needed(with_people: Path) -> None:
    told = complaint(here("run", "--project", with_people, "--no-wait"), status=3)
    assert "6 questions of round 0 wait for an answer" in told
    assert f"answer them at {URL}, then `weakspot run`" in told
    answer(with_people, 2, "slow_internet")
    assert "4 questions" in complaint(here("run", "--project", with_people, "--no-wait"), status=3)
    status = json.loads(good("status", "--project", with_people, "--json").out)
    assert (status["round"], status["step"], status["open_questions"], status["answered"]) == (0, "await", 4, 2)


@pytest.mark.slow
def test_finishing_early_goes_on_with_the_answers_there_are(with_people: Path) -> None:
    answer(with_people, 2, "slow_internet")
    good("run", "--project", with_people, "--finish-early")
    with open_project(with_people, read_only=True) as project, project.ledger.read() as connection:
        assert len(people.answers(connection)) == 2
        assert sum(label.source == "people" for label in people.labels(connection)) == 2
        assert [bool(row.finished_at) for row in progress.rounds(connection)] == [True]


@pytest.mark.slow
def test_the_next_run_goes_on_with_a_changed_batch_only_in_the_next_round(with_people: Path) -> None:
    change(with_people, {"selection.batch": 4})
    answer(with_people, 6, "slow_internet")
    assert here("run", "--project", with_people, "--rounds", "2", "--no-wait").status == 3
    with open_project(with_people, read_only=True) as project, project.ledger.read() as connection:
        assert [len(people.picks(connection, round_=round_)) for round_ in (0, 1)] == [6, 4]


@pytest.mark.slow
def test_promotion_and_rollback_are_recorded_with_who_and_why(two_models: Path) -> None:
    assert "Round 0 is the champion" in good("promote", "0", "--why", "calmer on Mondays", "--project", two_models).out
    assert "Back to the model of round 1." in good("rollback", "--project", two_models).out
    with open_project(two_models, read_only=True) as project, project.ledger.read() as connection:
        moves = figures.decisions(connection)[-2:]
        assert figures.champion(connection) == 1
    assert [(m.action, m.model_round, m.champion_round, m.by, m.reason) for m in moves] == [
        ("promote_by_hand", 0, 1, getpass.getuser(), "calmer on Mondays"),
        ("rollback", 1, 0, getpass.getuser(), "no reason given"),
    ]


@pytest.mark.slow
def test_explain_finds_an_example_by_either_id(two_models: Path) -> None:
    with open_project(two_models, read_only=True) as project, project.ledger.read() as connection:
        asked = people.picks(connection)[0].pick.example_id
        own = project.pool.examples([asked])[0].source_id
    assert own is not None
    by_own = good("explain", own, "--project", two_models).out
    assert by_own == good("explain", asked, "--project", two_models).out
    assert f"id {asked}, yours {own}; split pool" in by_own
    assert "Why it was asked: " in by_own
    assert "Round 0, begun " in by_own
    assert "What it changed: " in by_own
    assert "ann@example.com said slow_internet" in by_own
    story = json.loads(good("explain", own, "--project", two_models, "--json").out)
    assert story["label"]["label"] == "slow_internet"


@pytest.mark.slow
def test_diff_tells_what_changed(two_models: Path) -> None:
    said = good("diff", "0", "1", "--project", two_models).out
    assert "Round 0 → round 1" in said
    assert "added" in said
    found = json.loads(good("diff", "0", "1", "--project", two_models, "--json").out)
    assert found["labels_added"] >= 1
    assert "Nothing changed." in good("diff", "1", "1", "--project", two_models).out


def test_predictions_name_their_row_and_which_rows_have_none(selected: Path, tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text("text,place\nthe wifi is slow,1\n,2\nmy bill is wrong,3,4\n" + "please help,5\n" * 20)
    done = good("predict", file, "--out", tmp_path / "out.csv", "--project", selected)
    assert "1 row without a text left out: row 3." in done.err
    assert "1 unreadable row left out: row 4 (3 fields instead of 2)." in done.err
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as out:
        rows = list(csv.DictReader(out))
    assert [int(row["row"]) for row in rows] == [2, *range(5, 25)]
    assert rows[0]["text"] == "the wifi is slow"


@pytest.mark.parametrize("name", ["new.csv", "gold.csv", "weakspot.yaml", ".weakspot/ledger.db", "notes.json"])
def test_predictions_replace_predictions_alone(fresh: Path, tmp_path: Path, name: str) -> None:
    file, target = tmp_path / "new.csv", (fresh if "weakspot" in name else tmp_path) / name
    file.write_text("text,row\nthe wifi is slow,1\n")
    (tmp_path / "gold.csv").write_text("text,label\nthe wifi is slow,slow_internet\n")
    (tmp_path / "notes.json").write_text('{"row": 1, "text": "mine"}\n')
    before = target.read_bytes()
    said = complaint(here("predict", file, "--out", target, "--project", fresh))
    assert "is the file with the texts" in said if name == "new.csv" else "is there and holds no predictions" in said
    assert target.read_bytes() == before


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_predictions_are_replaced_by_the_next_ones(selected: Path, tmp_path: Path, more: tuple[str, ...]) -> None:
    file, out = tmp_path / "new.csv", tmp_path / "out.csv"
    for text in ("the wifi is slow", "my bill is wrong"):
        file.write_text(f"text\n{text}\n")
        good("predict", file, "--out", out, *more, "--project", selected)
        assert text in out.read_text()


def test_predictions_for_a_spreadsheet_hold_no_formula(selected: Path, tmp_path: Path) -> None:
    texts = ['=HYPERLINK("http://evil.example")', "+49 170 is my number", "-5 euros", "@support", "the wifi is slow"]
    write_csv(tmp_path / "new.csv", [{"text": text} for text in texts])
    good("predict", tmp_path / "new.csv", "--out", tmp_path / "out.csv", "--project", selected)
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == ["'" + text for text in texts[:4]] + texts[4:]
    assert all(0 < float(row["confidence"]) <= 1 for row in rows)
    lines = good("predict", tmp_path / "new.csv", "--json", "--project", selected).out.splitlines()
    first = json.loads(lines[0])
    assert first["text"] == texts[0]
    assert sum(first["probabilities"].values()) == pytest.approx(1, abs=1e-4)


@pytest.mark.slow
def test_an_export_is_a_model_folder_with_a_card(selected: Path, tmp_path: Path) -> None:
    good("export", tmp_path / "model", "--project", selected)
    card = (tmp_path / "model" / "README.md").read_text()
    assert "simulated experts, not people" in card
    assert "measured on 40 examples (the gold test; estimator: wilson)" in card
    assert (tmp_path / "model" / "modules.json").is_file()


def test_the_doctor_gives_one_line_each_with_the_mend(selected: Path) -> None:
    said = good("doctor", "--project", selected).out
    names = ["python", "torch", "config", "ledger", "examples", "disk", "artifacts", "model", "labeling tool"]
    for name in names:
        assert f"ok   {name:<14} " in said
    assert f"{selected / '.weakspot' / 'ledger.db'}" in said.replace("\n", "")
    next((selected / ".weakspot" / "artifacts" / "partition").glob("*.npy")).write_bytes(b"?")
    ill = here("doctor", "--project", selected)
    assert ill.status == 1
    assert "MEND artifacts" in ill.out
    assert "`weakspot run` makes it again" in ill.out.replace("\n", "")
    checks = json.loads(here("doctor", "--project", selected, "--json").out)["checks"]
    assert [check["name"] for check in checks if not check["ok"]] == ["artifacts"]


def test_the_menu_lists_what_can_be_chosen() -> None:
    assert "weak_spots" in json.loads(good("menu", "strategy", "--json").out)["strategy"]
    assert "lora" in good("menu").out


def test_every_command_stands_under_one_heading_of_the_help() -> None:
    listed = [name for names in GROUPS.values() for name in names]
    assert len(listed) == len({*listed})
    assert {*listed} == {*typer.main.get_command(app).commands}  # type: ignore[attr-defined]
    told = good("--help").out
    places = [told.index(f"\n{heading}:") for heading in GROUPS]
    assert places == sorted(places)
    assert told.index("\n  verify ") < told.index("\nUse:") < told.index("\n  predict ")
