"""Lives, edits and found slices come back as they were written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection

from loop.ledger import Ledger, figures, lives, progress
from loop.ledger.lives import NamedSpot, SpotEdit
from loop.ledger.progress import RoundRow
from loop.records import FoundSlice, Spot, SpotLife

AT = "2026-01-01T00:00:00.000000+00:00"
LATER = "2026-01-02T00:00:00.000000+00:00"
LIFE = SpotLife(0, "open", 1, "because", 3, 1.5, 0.4, True)
SLICE = FoundSlice("channel=chat", {"channel": "chat"}, 30, 15, 0.5, 0.3, 0.7, 0.1, 0.01)


def spot(id_: int, name: str) -> Spot:
    return Spot(id_, name, 10, 8, 0, 0, 0, 0, None, None, None, None, None, terms=("bill",))


def edit(spot: int, action: str, value: str = "", *, at: str = AT) -> SpotEdit:
    return SpotEdit(spot, action, value, "ann", "why not", at)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger, ledger.begin() as opened:
        for round_ in (0, 1):
            progress.open_round(opened, RoundRow(round_, {}, "d", "0.1", AT, None))
            figures.put_spots(opened, round_, [spot(0, "bill"), spot(1, "sim"), spot(2, "fee")])
        yield opened


def test_the_lives_of_a_round_come_back_and_are_replaced_whole(connection: Connection) -> None:
    other = replace(LIFE, spot=1, removed=None, opened_at=None, alert=False)
    lives.put_lives(connection, 0, [LIFE, other])
    lives.put_lives(connection, 1, [replace(LIFE, state="sent")])
    assert [row.life for row in lives.lives(connection, round_=0)] == [LIFE, other]
    assert lives.newest_lives(connection) == {0: replace(LIFE, state="sent"), 1: other}
    assert lives.newest_lives(connection, before=1) == {0: LIFE, 1: other}
    lives.put_lives(connection, 0, [other])
    assert [row.life for row in lives.lives(connection, round_=0)] == [other]


def test_a_name_given_by_a_person_is_told_everywhere_and_never_overwritten(connection: Connection) -> None:
    lives.add_edit(connection, edit(0, "rename", "Charged twice"))
    figures.put_spots(connection, 1, [spot(0, "another"), spot(1, "sim card ↔ roaming")])
    assert lives.named_spots(connection)[0] == NamedSpot(0, "Charged twice", "ann")
    assert {row.spot.name for row in figures.spots(connection) if row.spot.id == 0} == {"Charged twice"}
    assert lives.named_spots(connection)[1] == NamedSpot(1, "sim card ↔ roaming", lives.WEAKSPOT)


def test_edits_come_back_in_order_and_up_to_a_moment(connection: Connection) -> None:
    made = (edit(0, "mute"), edit(1, "merge", "0", at=LATER))
    for one in made:
        lives.add_edit(connection, one)
    assert lives.edits(connection) == made
    assert lives.edits(connection, before=LATER) == made[:1]
    assert [row.spot.muted for row in figures.spots(connection, round_=1)] == [True, False, False]


def test_the_last_word_on_a_spot_holds() -> None:
    assert lives.muted([edit(0, "mute"), edit(1, "mute"), edit(0, "unmute")]) == {1}
    assert lives.merged([edit(0, "merge", "1"), edit(2, "merge", "1"), edit(0, "split")]) == {2: 1}


def test_parts_of_parts_belong_to_the_spot_that_stands_on_its_own() -> None:
    assert lives.merged([edit(0, "merge", "1"), edit(1, "merge", "2")]) == {0: 2, 1: 2}


def test_found_slices_come_back_the_worst_first(connection: Connection) -> None:
    worse = replace(SLICE, name="a & b", columns={"x": "a", "y": "b"}, n=90)
    lives.put_found_slices(connection, 1, [SLICE, worse])
    assert lives.found_slices(connection, round_=1) == (worse, SLICE)
    lives.put_found_slices(connection, 1, [SLICE])
    assert lives.found_slices(connection, round_=1) == (SLICE,)
    assert lives.found_slices(connection, round_=0) == ()
