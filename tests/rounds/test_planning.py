from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from command_line import Said, here
from made_project import change, copy_project
from paper_labeler import NAME, answer, paper  # noqa: F401
from small_projects import _fresh, small_files  # noqa: F401

from loop import registry
from loop.ledger import progress
from loop.ledger.forecasts import forecasts
from loop.project import open_project
from loop.records import Forecast
from loop.report.plan import Plan, plan
from loop.report.view import view
from loop.rounds import planning

BATCH = 6
SECONDS = 3.0
"""What the paper labeler's person takes for an answer."""


def run_round(root: Path, *more: str) -> Said:
    """A whole round: questions go out, a person answers all, the round ends."""
    assert here("run", "--project", root, "--no-wait").status == 3
    answer(root, BATCH, "slow_internet")
    return here("run", "--project", root, *more)


@pytest.fixture(scope="session")
def _two_rounds(_fresh: Path) -> Path:  # noqa: F811
    root = _fresh.with_name("two_rounds")
    copy_project(_fresh, root)
    change(root, {"labeler.kind": NAME, "experts.kind": "people", "plan.price_per_hour": 36.0})
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry.MENU["labeler"], NAME, "paper_labeler:build")
        for _ in range(2):
            assert run_round(root).status == 0
    return root


@pytest.fixture
def two_rounds(_two_rounds: Path, tmp_path: Path, paper: str) -> Path:  # noqa: F811
    """A project with people and two finished rounds."""
    return copy_project(_two_rounds, tmp_path / paper)


def written(root: Path) -> tuple[Forecast, ...]:
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        return forecasts(connection)


def begun(root: Path) -> int:
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        return len(progress.rounds(connection))


def planned(root: Path) -> Plan:
    with view(root) as opened:
        found = plan(opened)
    assert found is not None
    return found


def execute(root: Path, sql: str) -> None:
    with closing(sqlite3.connect(root / ".weakspot" / "ledger.db")) as connection:
        connection.execute(sql)
        connection.commit()


@pytest.mark.slow
def test_the_forecast_comes_with_the_end_of_the_round_or_neither_does(
    two_rounds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = written(two_rounds)
    execute(two_rounds, "DELETE FROM forecasts")
    execute(two_rounds, "DELETE FROM bundles WHERE round = 1")
    execute(two_rounds, "UPDATE rounds SET finished_at = NULL WHERE round = 1")
    with monkeypatch.context() as patch:
        patch.setattr(planning, "put_forecast", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            here("run", "--project", two_rounds)
    with open_project(two_rounds, read_only=True) as project, project.ledger.read() as connection:
        assert progress.rounds(connection)[1].finished_at is None
    assert here("run", "--project", two_rounds).status == 0
    assert written(two_rounds) == before


@pytest.mark.slow
def test_a_forecast_that_an_older_weakspot_lost_is_written_by_the_next_run(two_rounds: Path) -> None:
    before = written(two_rounds)
    execute(two_rounds, "DELETE FROM forecasts")
    assert here("run", "--project", two_rounds, "--until", "train").status == 0
    assert written(two_rounds) == before


@pytest.mark.slow
def test_a_forecast_is_written_after_each_round_scored_when_the_next_is_measured_and_told(two_rounds: Path) -> None:
    (made,) = written(two_rounds)
    assert made.round == 1
    assert 0 <= made.low <= made.error <= made.high <= 1
    assert made.hours == pytest.approx(BATCH * SECONDS / 3600)
    assert made.cost == pytest.approx(BATCH * SECONDS / 3600 * 36)
    assert planned(two_rounds).record == ()
    found = planned(two_rounds)
    assert found.soon is not None
    assert found.then is not None
    assert found.measured.labels < found.soon.labels < found.then.labels
    assert found.sentences[0].startswith("The next 6 answers: error ")
    assert "under a minute of expert time, 0.18 EUR" in found.sentences[0]
    assert found.sentences[1].startswith("6 answers wait for the next model: ")
    assert here("run", "--project", two_rounds, "--until", "gate").status == 0
    (came,) = planned(two_rounds).record
    assert (came.round, came.of_round, came.error) == (1, 2, made.error)
    assert "Of 1 forecast so far " in " ".join(planned(two_rounds).sentences)


@pytest.mark.slow
def test_a_stop_rule_ends_the_run_in_good_order_and_says_why(two_rounds: Path) -> None:
    change(two_rounds, {"plan.stop": ["target"], "plan.target_error": 1.0})
    said = here("run", "--project", two_rounds, "--rounds", "9")
    assert said.status == 0
    assert begun(two_rounds) == 2
    told = " ".join(said.err.split())
    assert "Enough, round 2 does not begin (target: 100.0 % or less with 100 % certainty)" in told
    assert "6 answers are in no model yet: `weakspot run --until score` trains on them and asks nobody" in told
    assert planned(two_rounds).rounds_to_target == (0, 0, 0)
    # What asks nobody is never forbidden.
    assert here("run", "--project", two_rounds, "--until", "score").status == 0
    assert begun(two_rounds) == 3
    # A round that has begun is never cut off.
    assert here("run", "--project", two_rounds, "--no-wait").status == 3


@pytest.mark.slow
def test_a_rule_that_does_not_hold_and_a_rule_that_is_not_asked_for_end_nothing(two_rounds: Path) -> None:
    change(two_rounds, {"plan.stop": ["budget"], "plan.target_error": 1.0, "plan.budget_hours": 10.0})
    assert here("run", "--project", two_rounds, "--no-wait").status == 3
    assert begun(two_rounds) == 3


@pytest.mark.slow
def test_a_spent_budget_ends_the_run(two_rounds: Path) -> None:
    change(two_rounds, {"plan.stop": ["budget"], "plan.budget": 0.5})
    said = here("run", "--project", two_rounds)
    assert said.status == 0
    assert "budget: about 0.36 EUR of 0.50 EUR spent, the next batch 0.18 EUR" in " ".join(said.err.split())
    assert begun(two_rounds) == 2
