"""Lives, merges and mutes through whole rounds of a small project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command_line import complaint, here
from made_project import change
from paper_labeler import answer, paper  # noqa: F401
from small_projects import _fresh, _selected, fresh, selected, small_files  # noqa: F401

from loop import report
from loop.ledger import figures, lives, people, progress
from loop.ledger.progress import RoundRow
from loop.project import Project, open_project
from loop.records import PickKind, SpotLife
from loop.rounds import spot_edits, spot_lives
from loop.rounds.context import StepContext
from loop.rounds.embeddings import Clustering, embeddings, partition

pytestmark = pytest.mark.slow

WHO = {"by": "ann", "why": "the same thing"}


@pytest.fixture
def project(selected: Path) -> Iterator[Project]:  # noqa: F811
    with open_project(selected) as opened:
        yield opened


def work_of(project: Project, round_: int, said: list[str]) -> StepContext:
    return StepContext(
        project, round_, project.config, wait=False, early=False, progress=lambda *_: None, say=said.append
    )


def begin_next_round(project: Project) -> None:
    with project.ledger.begin() as connection:
        progress.open_round(connection, RoundRow(1, {}, "d", "0.1", "2099-01-01T00:00:00+00:00", None))


def told(project: Project, round_: int = 1, said: list[str] | None = None) -> tuple[SpotLife, ...]:
    """The lives of a round whose spots stand as in the round before."""
    work = work_of(project, round_, [] if said is None else said)
    frozen = embeddings(work)
    with project.ledger.read() as connection:
        found = [row.spot for row in figures.spots(connection, round_=0)]
    return spot_lives.lives_of(work, frozen, partition(work, frozen), found)


def mapped(project: Project, round_: int) -> Clustering:
    work = work_of(project, round_, [])
    return partition(work, embeddings(work))


def test_the_step_map_writes_a_life_for_every_spot(project: Project) -> None:
    with project.ledger.read() as connection:
        spots = figures.spots(connection, round_=0)
        found = lives.lives(connection, round_=0)
    assert [row.life.spot for row in found] == [row.spot.id for row in spots]
    assert {row.life.state for row in found} <= {"quiet", "open"}
    assert all(row.life.labels == 0 for row in found)


def test_a_merge_holds_from_the_next_round_on_and_a_split_takes_it_back(project: Project) -> None:
    before = np.array(mapped(project, 0).regions)
    spot_edits.merge(project, "1", "0", **WHO)
    np.testing.assert_array_equal(mapped(project, 0).regions, before)
    begin_next_round(project)
    pooled = mapped(project, 1).regions
    np.testing.assert_array_equal(pooled, np.where(before == 1, 0, before))
    spot_edits.split(project, "1", **WHO)
    np.testing.assert_array_equal(mapped(project, 1).regions, before)


def test_a_spot_that_is_part_of_another_has_no_life_of_its_own(project: Project) -> None:
    spot_edits.merge(project, "1", "0", **WHO)
    begin_next_round(project)
    assert 1 not in [life.spot for life in told(project)]
    assert 0 in [life.spot for life in told(project)]


def test_what_came_back_is_said_unless_it_is_mute(project: Project) -> None:
    begin_next_round(project)
    with project.ledger.begin() as connection:
        spot = figures.spots(connection, round_=0)[0].spot
        figures.put_spots(connection, 0, [replace(spot, estimate=0.01, low=0.005, high=0.02)])
        lives.put_lives(connection, 0, [SpotLife(0, "fixed", 0, "was weak", 9, 1.0, 0.5)])
    bad, said = replace(spot, estimate=0.99, low=0.98, high=1.0), list[str]()
    work = work_of(project, 1, said)
    frozen = embeddings(work)
    regions = partition(work, frozen)
    with project.ledger.read() as connection:
        others = [replace(row.spot, estimate=0.1) for row in figures.spots(connection, round_=0)[1:]]
    (life, *_) = spot_lives.lives_of(work, frozen, regions, [bad, *others])
    assert life.alert
    assert said == [f"Weak spot “{spot.name}” is back: {life.reason[0].lower()}{life.reason[1:]}"]
    assert "fixed in round 0 at 1.0 %, now 99 % (98–100) against" in said[0]
    spot_edits.mute(project, "0", **WHO)
    (life, *_) = spot_lives.lives_of(work, frozen, regions, [bad, *others])
    assert (life.state, life.alert, len(said)) == ("reopened", False, 1)


def test_labels_spent_are_answered_questions_but_for_audit_ones(fresh: Path, paper: str) -> None:  # noqa: F811
    change(fresh, {"labeler.kind": paper, "experts.kind": "people"})
    assert here("run", "--project", fresh, "--no-wait").status == 3
    answer(fresh, 6, "slow_internet")
    said = here("run", "--project", fresh, "--rounds", "2", "--until", "map")
    assert said.status == 0, said.err
    with open_project(fresh) as opened, opened.ledger.read() as connection:
        picks = [row for row in people.picks(connection) if row.pick.kind is not PickKind.AUDIT]
        answered = {row.ext_id for row in people.answers(connection) if row.label}
        spent = sum(row.life.labels for row in lives.lives(connection, round_=1))
    assert spent == len({row.pick.example_id for row in picks if row.ext_id in answered})
    assert spent > 0


def test_slices_are_sought_where_right_and_wrong_are_known(project: Project) -> None:
    work = work_of(project, 0, [])
    ids = project.pool.ids()
    examples = project.pool.examples(ids)
    chat = {one.id: one.metadata["channel"] == "chat" for one in examples}
    found = spot_lives.slices_of(work, {"gold": chat, "audit": {}})
    assert [one.name for one in found] == ["channel=chat"]
    assert spot_lives.slices_of(work, {}) == ()
    most = dict.fromkeys(ids[2:], 0.5)
    assert sum(chat[id_] for id_ in most) <= spot_lives.slices_of(work, {"audit": chat}, chances=most)[0].n
    assert spot_lives.slices_of(work, {"audit": chat}, chances={}) == ()


def test_the_report_tells_lives_edits_and_what_joins_what(project: Project, selected: Path) -> None:  # noqa: F811
    spot_edits.rename(project, "2", "Paid twice", **WHO)
    spot_edits.mute(project, "2", **WHO)
    spot_edits.merge(project, "1", "0", **WHO)
    with report.view(selected) as view:
        trends = {row.spot.id: row for row in report.spot_trends(view)}
        assert (trends[2].spot.name, trends[2].named_by, trends[2].spot.muted) == ("Paid twice", "ann", True)
        assert trends[1].joins == 0
        assert all(row.life is not None for row in trends.values())
        assert report.spot_alerts(view) == ()
        assert isinstance(report.found_slices(view), tuple)
        regions = report.regions(view)
        assert regions is not None
        assert 1 in regions
    begin_next_round(project)
    with project.ledger.begin() as connection:
        figures.put_spots(connection, 1, [row.spot for row in figures.spots(connection, round_=0)])
    with report.view(selected) as view:
        assert 1 not in [row.spot.id for row in report.spot_trends(view)]
        regions = report.regions(view)
        assert regions is not None
        assert 1 not in regions


def test_the_commands_show_and_edit_spots(selected: Path) -> None:  # noqa: F811
    def good(*words: str) -> str:
        said = here("spots", *words, "--project", selected)
        assert said.status == 0, said.err
        return said.out

    assert "is called “Paid twice” now" in good("rename", "2", "Paid twice", "--why", "clearer")
    assert "“Paid twice” is mute" in good("mute", "paid")
    assert "is part of “Paid twice” from the next round on" in good("merge", "1", "paid")
    table = good("list")
    assert "Paid twice" in table
    assert "mute" in table
    assert "→ 2" in table
    assert "stands on its own again" in good("split", "1")
    assert "is spoken of again" in good("unmute", "2")
    assert '"named_by": ' in good("list", "--json")
    assert good() == good("list"), "without a word the spots are listed"
    said = here("spots", "--project", selected, "mute", "2")
    assert "an option stands before mute" in complaint(said)
    assert "there is no weak spot “nowhere”" in complaint(here("spots", "mute", "nowhere", "--project", selected))


def test_before_the_first_round_there_are_no_spots(fresh: Path) -> None:  # noqa: F811
    said = here("spots", "list", "--project", fresh)
    assert (said.status, said.out.strip()) == (0, "No weak spots yet: `weakspot run` maps the data in its first round.")
