from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loop.errors import DataError
from loop.planning.curve import Point, curve, expected, fitted, measured, present


def point(labels: int, error: float, n: float = 200) -> Point:
    return Point(labels, error, max(error - 0.05, 0.0), min(error + 0.05, 1.0), n)


def power(sizes: list[int], n: float) -> list[Point]:
    """A curve without noise: 0.4 at 100 labels, falling with the root of their number."""
    return [point(size, 0.4 * (size / 100) ** -0.5, n) for size in sizes]


def width(points: list[Point], labels: int, n: float) -> float:
    found = expected(measured(fitted(points), labels, n=n))
    return found.high - found.low


def test_a_clean_power_law_is_found_again() -> None:
    curves = fitted(power([100, 200, 300, 400, 500, 600], n=50_000))
    assert expected(curve(curves, 700)).error == pytest.approx(0.4 * 7**-0.5, abs=0.006)
    assert expected(measured(curves, 700, n=50_000)).error == pytest.approx(0.4 * 7**-0.5, abs=0.006)


def test_what_was_measured_by_more_answers_is_forecast_more_narrowly() -> None:
    few, many = power([100, 200, 300], n=50), power([100, 200, 300], n=1000)
    assert width(many, 400, 1000) < 0.8 * width(few, 400, 50)


def test_more_rounds_narrow_the_forecast() -> None:
    sizes = [100, 200, 300, 400, 500, 600, 700]
    assert width(power(sizes, 400), 800, 400) < width(power(sizes[-2:], 400), 800, 400)


def test_further_away_is_less_certain_than_near() -> None:
    curves = fitted(power([100, 200, 300], n=500))
    near, far = (expected(curve(curves, labels)) for labels in (350, 2000))
    assert (far.high - far.low) / far.error > (near.high - near.low) / near.error


def test_curves_never_rise() -> None:
    curves = fitted([point(100, 0.2), point(200, 0.25), point(300, 0.3)])
    assert (curve(curves, 400) <= curve(curves, 300) + 1e-12).all()


def test_errors_that_do_not_fall_promise_nothing() -> None:
    curves = fitted([point(100 * k, 0.2, 2000) for k in range(1, 9)])
    gain = expected(curve(curves, 800) - curve(curves, 900))
    assert gain.error < 0.004


def test_the_newest_model_is_believed_to_be_between_its_curve_and_what_was_measured() -> None:
    points = [*power([100, 200, 300, 400], n=2000), point(500, 0.25, 2000)]
    curves = fitted(points)
    found = expected(present(curves)).error
    assert float(np.median(curve(curves, 500))) - 1e-3 <= found <= 0.25 + 1e-3


def test_the_same_points_in_any_order_give_the_same_forecast() -> None:
    points = power([100, 200, 300, 400], n=200)
    one, other = (measured(fitted(each), 500, n=200) for each in (points, points[::-1]))
    assert np.array_equal(one, other)


def test_one_round_is_no_curve() -> None:
    with pytest.raises(DataError, match=r"a learning curve of 1 measured rounds; wanted: at least 2 rounds"):
        fitted([point(100, 0.2)])


def test_a_round_without_labels_is_no_point_of_a_curve() -> None:
    with pytest.raises(DataError, match="trained on labels"):
        fitted([point(0, 0.9), point(100, 0.2)])


rates = st.floats(0, 1)


@settings(max_examples=12)
@given(
    st.lists(st.tuples(st.integers(1, 5000), rates, st.floats(1, 5000)), min_size=2, max_size=5),
    st.integers(1, 20_000),
)
def test_no_forecast_leaves_0_to_1(rows: list[tuple[int, float, float]], labels: int) -> None:
    curves = fitted([point(*row) for row in rows])
    for draws in (curve(curves, labels), present(curves), measured(curves, labels, n=rows[-1][2])):
        assert np.isfinite(draws).all()
        found = expected(draws)
        assert 0 <= found.low <= found.error <= found.high <= 1
