"""Parts of the examples that the gate watches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.evaluation.compare import counted
from loop.evaluation.slice_tests import corrected, holm, part, watched
from loop.records import SliceComparison


def _part(name: str, fixed: int, broken: int, n: int = 40) -> SliceComparison:
    return watched("class", name, counted(fixed, broken, champion_errors=fixed + 2, n=n, on="gold"), margin=0.05)


def test_holm_gives_known_values() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([]) == ()


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_never_makes_a_p_value_smaller_and_keeps_their_order(p_values: list[float]) -> None:
    found = holm(p_values)
    assert all(p <= adjusted <= 1 for p, adjusted in zip(p_values, found, strict=True))
    order = sorted(range(len(found)), key=lambda row: p_values[row])
    assert [found[row] for row in order] == sorted(found)


def test_a_part_without_shared_examples_is_none() -> None:
    assert part("class", "a", {"x": True}, {"y": True}, on="gold", margin=0.0) is None


def test_parts_with_too_few_examples_are_left_out_and_the_most_telling_comes_first() -> None:
    found = corrected([_part("a", 0, 5), _part("b", 0, 12), _part("tiny", 0, 9, n=19)], alpha=0.05, least=20)
    assert [one.name for one in found] == ["b", "a"]


def test_many_parts_where_nothing_could_be_told_do_not_blunt_the_one_that_can() -> None:
    loud = _part("loud", 0, 7)
    quiet = [_part(f"quiet {row}", 1, 1) for row in range(100)]
    found = corrected([loud, *quiet], alpha=0.05, least=20)
    assert found[0].name == "loud"
    assert found[0].p_worse == pytest.approx(2**-7)
    assert {one.p_worse for one in found[1:]} == {1.0}


def test_parts_that_could_be_told_share_alpha_by_holm() -> None:
    found = corrected([_part("a", 0, 12), _part("b", 0, 11), _part("c", 6, 6)], alpha=0.05, least=20)
    assert [one.p_worse for one in found] == pytest.approx([3 * 2**-12, 2 * 2**-11, 1.0])


@pytest.mark.slow
def test_no_part_is_called_worse_more_often_than_alpha_when_none_is() -> None:
    rng = np.random.default_rng(0)
    cried = 0
    for _ in range(600):
        changed = rng.poisson(rng.choice([1, 4, 12], size=30))
        broken = rng.binomial(changed, 0.5)
        parts = [
            _part(str(row), int(m - b), int(b), n=60) for row, (m, b) in enumerate(zip(changed, broken, strict=True))
        ]
        cried += any(one.p_worse <= 0.05 for one in corrected(parts, alpha=0.05, least=20))
    assert cried / 600 <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 600)
