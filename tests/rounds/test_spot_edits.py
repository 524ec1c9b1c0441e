"""What people do to spots: recorded, undone, told wrong in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from loop.errors import DataError
from loop.ledger import Ledger, figures, lives, progress
from loop.ledger.progress import RoundRow
from loop.project import Project
from loop.records import Spot
from loop.rounds import spot_edits

NAMES = ("engineer visit · missed", "engineer call", "charged twice", "sim card")
WHO: dict[str, Any] = {"by": "ann", "why": "clearer"}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        with ledger.begin() as connection:
            progress.open_round(connection, RoundRow(0, {}, "d", "0.1", "2026-01-01T00:00:00+00:00", None))
            figures.put_spots(
                connection, 0, [Spot(i, name, 9, 9, 0, 0, 0, 0, *[None] * 5) for i, name in enumerate(NAMES)]
            )
        yield cast(Project, SimpleNamespace(ledger=ledger))


def names(project: Project) -> list[str]:
    with project.ledger.read() as connection:
        return [spot.name for spot in lives.named_spots(connection)]


def test_a_spot_is_known_by_number_name_and_unique_beginning(project: Project) -> None:
    with project.ledger.read() as connection:
        for word in ("2", "charged twice", "Charged  Twice", "char"):
            assert spot_edits.find(connection, word).id == 2


@pytest.mark.parametrize(
    ("word", "found", "do"),
    [
        ("engineer", "2 weak spots begin with “engineer”", "give its number: 0 “engineer visit · missed”, 1 “engineer"),
        ("chraged twice", "there is no weak spot “chraged twice”", 'did you mean "charged twice"?'),
        ("99", "there is no weak spot “99”", "`weakspot spots list`"),
        ("", "there is no weak spot “”", "`weakspot spots list`"),
    ],
)
def test_a_word_for_none_or_several_is_told_with_the_nearest(project: Project, word: str, found: str, do: str) -> None:
    with project.ledger.read() as connection, pytest.raises(DataError) as told:
        spot_edits.find(connection, word)
    assert told.value.found == found
    assert do in told.value.do


def test_each_edit_is_recorded_with_who_why_and_when_and_told_as_an_event(project: Project) -> None:
    spot_edits.rename(project, "charged", " Paid  twice ", **WHO)
    spot_edits.merge(project, "1", "0", **WHO)
    spot_edits.mute(project, "sim", by="bob", why="")
    with project.ledger.read() as connection:
        edits = lives.edits(connection)
        events = [event.message for event in progress.events(connection)]
    assert [(one.spot, one.action, one.value, one.by, one.why) for one in edits] == [
        (2, "rename", "Paid twice", "ann", "clearer"),
        (1, "merge", "0", "ann", "clearer"),
        (3, "mute", "", "bob", "no reason given"),
    ]
    assert all(one.at for one in edits)
    assert "Weak spot “charged twice” is now “Paid twice” (ann: clearer)" in events
    assert names(project)[2] == "Paid twice"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("", "“” cannot be a name"),
        ("12", "“12” cannot be a name"),
        ("a\x1b[31mb", "cannot be a name"),
        ("x" * 81, "a name of 81 characters"),
        ("SIM card", "another weak spot (3) is called “sim card”"),
    ],
)
def test_a_name_people_cannot_use_is_refused(project: Project, name: str, found: str) -> None:
    with pytest.raises(DataError) as told:
        spot_edits.rename(project, "2", name, **WHO)
    assert found in told.value.found
    assert names(project) == list(NAMES)


def test_a_spot_may_be_renamed_to_its_own_name_in_other_letters(project: Project) -> None:
    spot_edits.rename(project, "2", "Charged Twice", **WHO)
    assert names(project)[2] == "Charged Twice"


def test_a_merge_is_taken_back_by_a_split(project: Project) -> None:
    part, whole = spot_edits.merge(project, "1", "0", **WHO)
    assert (part.id, whole.id) == (1, 0)
    spot_edits.split(project, "1", **WHO)
    with project.ledger.read() as connection:
        assert lives.merged(lives.edits(connection)) == {}


def test_a_merge_that_makes_no_sense_is_refused(project: Project) -> None:
    with pytest.raises(DataError, match="cannot be part of itself"):
        spot_edits.merge(project, "1", "1", **WHO)
    spot_edits.merge(project, "1", "0", **WHO)
    for part, whole in (("1", "2"), ("2", "1"), ("0", "1")):
        with pytest.raises(DataError, match="“engineer call” is part of “engineer visit · missed” already"):
            spot_edits.merge(project, part, whole, **WHO)
    with pytest.raises(DataError, match="is not part of another spot"):
        spot_edits.split(project, "0", **WHO)


def test_muting_twice_is_told(project: Project) -> None:
    spot_edits.mute(project, "2", **WHO)
    with pytest.raises(DataError, match="“charged twice” is mute already"):
        spot_edits.mute(project, "2", **WHO)
    spot_edits.unmute(project, "2", **WHO)
    with pytest.raises(DataError, match="“charged twice” is not mute"):
        spot_edits.unmute(project, "2", **WHO)


def test_before_the_first_map_there_is_nothing_to_name(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger, pytest.raises(DataError, match="no weak spots yet"):
        spot_edits.mute(cast(Project, SimpleNamespace(ledger=ledger)), "1", **WHO)
