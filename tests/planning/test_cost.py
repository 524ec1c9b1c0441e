from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.formatting import about, amount
from loop.planning.cost import cost, pace

TEN_TIMES = [8.0, 9.0, 10.0, 11.0, 12.0] * 2


def test_the_pace_is_the_mean_of_the_times() -> None:
    found = pace(TEN_TIMES)
    assert found is not None
    assert found.seconds == pytest.approx(10)
    assert found.low < 10 < found.high
    assert (found.n, found.left_open) == (10, 0)


def test_a_question_left_open_over_lunch_is_left_out() -> None:
    found = pace([*TEN_TIMES, 3600.0])
    assert found is not None
    assert found.seconds == pytest.approx(10)
    assert found.left_open == 1


def test_a_hard_question_is_not_left_out() -> None:
    found = pace([*TEN_TIMES, 40.0])
    assert found is not None
    assert found.left_open == 0


def test_no_recorded_time_is_no_pace() -> None:
    assert pace([]) is None
    assert pace([None, 0.0, 0.05]) is None


def test_unrecorded_times_do_not_lower_the_pace() -> None:
    assert pace([*TEN_TIMES, None, 0.0]) == pace(TEN_TIMES)


def test_more_times_narrow_the_pace() -> None:
    few, many = pace(TEN_TIMES), pace(TEN_TIMES * 20)
    assert few is not None
    assert many is not None
    assert many.high - many.low < few.high - few.low


def test_a_batch_costs_its_hours_and_their_price() -> None:
    found = pace([36.0] * 5)
    assert found is not None
    batch = cost(found, 150, price=43.0)
    assert batch.hours == pytest.approx(1.5)
    assert batch.money == pytest.approx(64.5)


def test_without_a_price_there_is_no_money() -> None:
    found = pace(TEN_TIMES)
    assert found is not None
    batch = cost(found, 150, price=None)
    assert (batch.money, batch.money_low, batch.money_high) == (None, None, None)


@given(st.lists(st.floats(0.5, 10_000), min_size=1, max_size=60))
def test_the_pace_is_within_its_interval_in_any_order(times: list[float]) -> None:
    found, turned = pace(times), pace(times[::-1])
    assert found is not None
    assert turned is not None
    assert 0 < found.low <= found.seconds <= found.high
    assert found.seconds == pytest.approx(turned.seconds)
    assert found.n + found.left_open == len(times)


def test_the_interval_holds_the_true_mean_nine_times_in_ten() -> None:
    rng = np.random.default_rng(0)
    true = float(np.exp(3 + 0.5 * 0.6**2))
    found = [pace(rng.lognormal(3, 0.6, size=40).tolist()) for _ in range(400)]
    assert 0.84 <= np.mean([one is not None and one.low <= true <= one.high for one in found]) <= 0.95


def test_times_and_money_are_told_as_people_say_them() -> None:
    assert [about(hours) for hours in (0.001, 0.75, 1.0, 2.17)] == ["under a minute", "45 min", "1 h", "2 h 10 min"]
    assert [amount(money, "EUR") for money in (0.5, 64.5, 1250.0)] == ["0.50 EUR", "64 EUR", "1,250 EUR"]
