"""The gate of models that write, on a ledger made by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from made_writing import Writing, make_writing

from loop.ledger import figures
from loop.ledger.figures import Decision
from loop.project import Project, open_project
from loop.records import Measurement
from loop.rounds.context import StepContext
from loop.tasks.generation import gate


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Two rounds; the model of round 1 took the place of the first one."""
    with open_project(make_writing(tmp_path / "p", Writing(rounds=2, held=(), gold=30, pool=80, batch=12))) as opened:
        yield opened


def _told(project: Project, value: float, low: float, high: float) -> None:
    row = Measurement("win_rate", value, low, high, 40, "people", "against=champion", "tango")
    with project.ledger.begin() as connection:
        figures.decide(connection, _promotion())
        figures.add_measurements(connection, 1, [row])


def _promotion() -> Decision:
    return Decision(1, 1, 0, "promote", "gate", "better", None, "2026-04-07T08:00:00+00:00")


def _next_gate(project: Project) -> list[str]:
    said: list[str] = []
    work = StepContext(project, 2, project.config, wait=True, early=False, progress=lambda *_: None, say=said.append)
    done = gate.gate(work)
    with project.ledger.begin() as connection:
        done.record(connection)
    return said


def test_a_model_that_people_like_less_than_the_one_before_makes_way_for_it(project: Project) -> None:
    _told(project, 0.3, 0.2, 0.43)
    said = _next_gate(project)
    with project.ledger.read() as connection:
        assert figures.champion(connection) == 0
        last = figures.decisions(connection)[-1]
    assert (last.action, last.by, last.model_round, last.champion_round) == ("rollback", "people", 0, 1)
    assert "30.0 % (20.0 to 43.0) of 40 random prompts" in last.reason
    assert said
    assert said[0].startswith("Rolled back")


def test_a_model_that_may_be_as_good_stays(project: Project) -> None:
    _told(project, 0.45, 0.3, 0.6)
    _next_gate(project)
    with project.ledger.read() as connection:
        assert figures.champion(connection) == 1


def test_people_are_heard_once(project: Project) -> None:
    _told(project, 0.3, 0.2, 0.43)
    _next_gate(project)
    assert _next_gate(project) == []
