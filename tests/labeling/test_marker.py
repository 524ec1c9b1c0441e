"""The marker in a project's description: read, written, counted."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.label_studio.marker import Marker, count_send, new_marker, read_marker, was_set_back, write_marker

MARKERS = st.builds(Marker, key=st.text(), instance=st.text(), sends=st.integers(0, 10**6))


@given(MARKERS)
def test_a_marker_comes_back_as_it_was_written(marker: Marker) -> None:
    assert read_marker(write_marker(marker)) == marker


@given(st.text())
def test_whatever_people_write_is_a_marker_or_none(text: str) -> None:
    found = read_marker(text)
    assert found is None or isinstance(found, Marker)


@pytest.mark.parametrize(
    "description", ["", "ours", "null", "[1]", "[" * 100_000, '{"managed_by": "someone", "project_key": "k"}']
)
def test_what_is_not_our_marker_is_none(description: str) -> None:
    assert read_marker(description) is None


@pytest.mark.parametrize("sends", [None, "7", True, [], 1.5])
def test_a_marker_of_an_older_version_or_a_damaged_one_has_no_sends(sends: object) -> None:
    text = json.dumps({"managed_by": "weakspot", "project_key": "k", "instance": 3, "sends": sends})
    assert read_marker(text) == Marker("k")


@given(MARKERS, st.integers(0, 10**6))
def test_after_a_send_is_counted_the_server_knows_of_more_sends_than_the_ledger(marker: Marker, known: int) -> None:
    counted = count_send(marker, known_sends=known)
    assert counted.sends > known
    assert counted.instance
    assert count_send(counted, known_sends=known) == counted, "the same send is counted once"


def test_no_two_projects_have_the_same_instance() -> None:
    assert new_marker("k").instance != new_marker("k").instance


def test_a_server_that_knows_of_fewer_sends_was_set_back_and_one_that_knows_of_more_was_not() -> None:
    marker = replace(new_marker("k"), sends=2)
    known = {"known_instance": marker.instance}
    assert was_set_back(marker, **known, known_sends=3)
    assert was_set_back(Marker("k"), **known, known_sends=3), "a backup from before markers had an instance"
    assert not was_set_back(marker, **known, known_sends=2)
    assert not was_set_back(marker, **known, known_sends=1), "the ledger is the older one"
    assert not was_set_back(None, **known, known_sends=3), "people changed the description: that says nothing"
