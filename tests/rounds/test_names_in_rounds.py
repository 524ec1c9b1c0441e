"""Names of weak spots through the step `map`: made from the round, kept where people know them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from small_projects import _fresh, _selected, fresh, selected, small_files  # noqa: F401

from loop.ledger import figures, lives, people, progress
from loop.ledger.progress import RoundRow
from loop.lineage.replay import replay
from loop.project import Project, open_project
from loop.records import SpotLife
from loop.rounds import spot_edits
from loop.rounds.context import StepContext
from loop.rounds.embeddings import embeddings, partition
from loop.rounds.spot_names import SpotLabels, in_words_each, names_of

pytestmark = pytest.mark.slow

WHO = {"by": "ann", "why": "the team's word"}


@pytest.fixture
def project(selected: Path) -> Iterator[Project]:  # noqa: F811
    with open_project(selected) as opened:
        yield opened


def work_of(project: Project, round_: int = 0) -> StepContext:
    return StepContext(
        project, round_, project.config, wait=False, early=False, progress=lambda *_: None, say=lambda _: None
    )


def begin_next_round(project: Project, states: dict[int, str]) -> None:
    """Spot → its state when round 1 begins."""
    known = [SpotLife(spot, state, 0, "rule", 0, None, 0.5) for spot, state in states.items()]
    with project.ledger.begin() as connection:
        lives.put_lives(connection, 0, known)
        progress.open_round(connection, RoundRow(1, {}, "d", "0.1", "2099-01-01T00:00:00+00:00", None))


def names(project: Project) -> list[str]:
    with project.ledger.read() as connection:
        return [spot.name for spot in lives.named_spots(connection)]


def named(project: Project, round_: int, pair: tuple[int, int] = (0, 1)) -> tuple[str, ...]:
    """The names of a round in which every spot confuses these labels of the project."""
    work = work_of(project, round_)
    frozen = embeddings(work)
    regions = partition(work, frozen)
    labels = project.config.label_set.names
    count = regions.size()
    return names_of(work, frozen, regions, labels=SpotLabels(labels, (pair,) * count, ((),) * count))


def call(project: Project, spot: int, name: str) -> None:
    """What weakspot called it in the round before."""
    with project.ledger.begin() as connection:
        row = next(row.spot for row in figures.spots(connection, round_=0) if row.spot.id == spot)
        figures.put_spots(connection, 0, [replace(row, name=name)])


def test_the_step_map_names_every_spot_and_the_same_way_again(project: Project) -> None:
    before = names(project)
    assert len(set(before)) == len(before)
    assert all(0 < len(name) <= 50 for name in before)
    again = replay(project, 0)
    assert again.identical, again.parts
    with project.ledger.read() as connection:
        asked = [row.pick for row in people.picks(connection, round_=0)]
    assert any(name in pick.reason for pick in asked if pick.show_suggestion for name in before)
    assert not any(name in pick.reason for pick in asked if not pick.show_suggestion for name in before)


def test_without_labels_a_name_is_of_words(project: Project) -> None:
    work = work_of(project)
    frozen = embeddings(work)
    regions = partition(work, frozen)
    names_now = names_of(work, frozen, regions)
    assert len(set(names_now)) == regions.size()
    assert not any("↔" in name or "mixed" in name for name in names_now)


def test_an_open_spot_keeps_its_name_and_a_quiet_or_fixed_one_gets_the_name_of_the_round(project: Project) -> None:
    for spot, name in enumerate(("router ↔ roaming", "sim + router", "old name", "fixed name")):
        call(project, spot, name)
    begin_next_round(project, {0: "sent", 1: "reopened", 2: "quiet", 3: "fixed"})
    names_now = named(project, 1)
    assert names_now[:2] == ("router ↔ roaming", "sim + router")
    assert all(name.startswith("bill too high ↔ cancel contract") for name in names_now[2:])


def test_a_name_of_words_alone_is_replaced_even_in_an_open_spot(project: Project) -> None:
    work = work_of(project)
    words = partition(work, embeddings(work)).names
    call(project, 0, words[0])
    begin_next_round(project, {0: "open"})
    assert named(project, 1)[0].startswith("bill too high ↔ cancel contract")


def test_a_name_of_a_person_and_that_of_a_merged_spot_stay(project: Project) -> None:
    spot_edits.rename(project, "2", "Paid twice", **WHO)
    spot_edits.merge(project, "1", "0", **WHO)
    part = names(project)[1]
    begin_next_round(project, {})
    names_now = named(project, 1)
    assert names_now[1:3] == (part, "Paid twice")
    with project.ledger.begin() as connection:
        spots = [row.spot for row in figures.spots(connection, round_=0)]
        figures.put_spots(connection, 1, spots)
    assert names(project)[2] == "Paid twice"


def test_labels_are_shown_in_words_unless_two_would_look_the_same_or_they_are_codes() -> None:
    assert in_words_each(("refund_status", "simActivation", "L01", "a_b", "A-b", "a b c")) == (
        "refund status",
        "sim activation",
        "L01",
        "a_b",
        "A-b",
        "a b c",
    )
    assert in_words_each(("slow_net", "slow-net", "bill")) == ("slow_net", "slow-net", "bill")
