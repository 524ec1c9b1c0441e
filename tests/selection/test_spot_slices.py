"""Which metadata value stands out in a weak spot."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loop.selection.spot_slices import standing_out

SPOTS = np.repeat([0, 1, 2], [20, 60, 60])


def language(german: int, elsewhere: int) -> list[str]:
    """German rows of spot 0 and of the other two; all others are English."""
    rest = 120 - elsewhere
    return ["de"] * german + ["en"] * (20 - german) + ["de"] * elsewhere + ["en"] * rest


def test_most_of_the_spot_and_little_of_the_rest_stands_out() -> None:
    assert standing_out({"language": language(16, 12)}, SPOTS, count=3) == (("language", "de"), None, None)


def test_a_minority_a_usual_value_and_a_few_rows_do_not_stand_out() -> None:
    assert standing_out({"language": language(8, 0)}, SPOTS, count=3)[0] is None
    assert standing_out({"language": language(16, 60)}, SPOTS, count=3)[0] is None
    few = np.repeat([0, 1], [3, 120])
    assert standing_out({"language": ["de"] * 3 + ["de", "en"] * 60}, few, count=2)[0] is None


def test_the_highest_lift_wins_and_of_equal_ones_the_first_column() -> None:
    columns = {
        "channel": ["sms" if row < 16 or row > 125 else "app" for row in range(140)],
        "language": language(16, 4),
    }
    assert standing_out(columns, SPOTS, count=3)[0] == ("language", "de")
    same = {"b": language(16, 4), "a": language(16, 4)}
    assert standing_out(same, SPOTS, count=3)[0] == ("b", "de")


def test_no_values_no_columns_one_spot_and_no_rows_are_no_slice() -> None:
    nothing = np.empty(0, dtype=np.int64)
    assert standing_out({}, SPOTS, count=3) == (None, None, None)
    assert standing_out({"language": [None, ""] * 70}, SPOTS, count=3) == (None, None, None)
    assert standing_out({"language": ["de"] * 20}, np.zeros(20, dtype=np.int64), count=1) == (None,)
    assert standing_out({"language": []}, nothing, count=2) == (None, None)


def test_ids_and_numbers_that_are_all_different_never_stand_out() -> None:
    assert standing_out({"id": [str(row) for row in range(140)]}, SPOTS, count=3) == (None, None, None)


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["de", "en", "", "\x1b"])), min_size=1, max_size=60))
def test_a_slice_holds_half_of_its_spot_and_the_order_of_rows_plays_no_part(rows: list[tuple[int, str]]) -> None:
    spots, values = np.array([spot for spot, _ in rows]), [value for _, value in rows]
    slices = standing_out({"language": values}, spots, count=4)
    assert slices == standing_out({"language": values[::-1]}, spots[::-1], count=4)
    for spot, one in enumerate(slices):
        if one is not None:
            own = [value for place, value in rows if place == spot]
            assert 2 * own.count(one[1]) >= len(own)
