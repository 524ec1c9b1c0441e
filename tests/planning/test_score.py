from __future__ import annotations

import pytest

from loop.planning.score import Came, score


def forecast(came: float, low: float = 0.1, high: float = 0.2) -> Came:
    return Came(round=1, of_round=2, error=0.15, low=low, high=high, came=came, before=0.25)


def test_nothing_forecast_is_no_score() -> None:
    assert score([]) is None


def test_intervals_that_held_and_misses_are_counted() -> None:
    found = score([forecast(0.12), forecast(0.2), forecast(0.21)])
    assert found is not None
    assert (found.n, found.held) == (3, 2)
    assert found.miss == pytest.approx((0.03 + 0.05 + 0.06) / 3)
    assert found.same_as_now == pytest.approx((0.13 + 0.05 + 0.04) / 3)


def test_the_interval_score_is_the_width_plus_twenty_times_what_lies_outside() -> None:
    inside, above, below = (score([forecast(came)]) for came in (0.15, 0.21, 0.08))
    assert inside is not None and inside.interval_score == pytest.approx(0.1)  # noqa: PT018
    assert above is not None and above.interval_score == pytest.approx(0.1 + 20 * 0.01)  # noqa: PT018
    assert below is not None and below.interval_score == pytest.approx(0.1 + 20 * 0.02)  # noqa: PT018
