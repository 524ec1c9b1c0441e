"""How many answers it takes to tell a difference."""

from __future__ import annotations

import numpy as np
import pytest

from loop.evaluation.compare import counted
from loop.evaluation.paired import mcnemar
from loop.evaluation.power import needed


def test_no_difference_needs_no_number() -> None:
    assert needed(counted(3, 3, champion_errors=10, n=100, on="gold"), level=0.05) is None


def test_a_small_difference_needs_more_than_a_large_one_and_a_strict_level_more_than_a_loose_one() -> None:
    small, large = (counted(fixed, 5, champion_errors=30, n=200, on="gold") for fixed in (7, 12))
    found = [needed(one, level=level) or 0 for one in (small, large) for level in (0.05, 0.001)]
    assert found[0] > found[2]
    assert found[1] > found[0]
    assert found[3] > found[2]


def test_what_is_out_of_reach_is_no_number() -> None:
    near = counted(12, 6, champion_errors=30, n=200, on="gold")
    more = needed(near, level=0.05)
    assert more is not None
    assert (needed(near, level=0.05, most=more), needed(near, level=0.05, most=more - 1)) == (more, None)
    assert needed(counted(1001, 1000, champion_errors=2000, n=9000, on="gold"), level=0.05) is None, (
        "years of labelling"
    )


def test_a_clear_difference_that_was_not_told_needs_one_more_answer_at_least() -> None:
    assert needed(counted(40, 0, champion_errors=50, n=100, on="gold"), level=0.05) == 1


@pytest.mark.parametrize(("fixed", "broken", "level"), [(12, 6, 0.05), (12, 6, 0.002), (30, 20, 0.01), (4, 0, 0.005)])
def test_with_so_many_answers_it_is_told_in_about_four_of_five_cases(fixed: int, broken: int, level: float) -> None:
    n = 200
    more = needed(counted(fixed, broken, champion_errors=fixed + 10, n=n, on="gold"), level=level)
    assert more is not None
    shares = [fixed / n, broken / n, 1 - (fixed + broken) / n]
    drawn = np.random.default_rng(0).multinomial(n + more, shares, size=2000)
    told = [row[0] > row[1] and mcnemar(int(row[0]), int(row[1])) <= level for row in drawn]
    # Where nothing was broken so far, it is careful.
    assert 0.74 <= np.mean(told) <= (0.88 if broken else 0.97)
