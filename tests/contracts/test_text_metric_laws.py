"""What every text metric of the menu promises."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loop import registry
from loop.errors import DataError

NAMES = registry.names("text_metric")
Metric = Callable[..., np.ndarray]
TEXTS = ["the cat sat on the mat", "no", "3 May 2024", "Größe Ω, 猫"]


@pytest.fixture(params=NAMES)
def metric(request: pytest.FixtureRequest) -> Metric:
    found: Metric = registry.load("text_metric", request.param)
    return found


def test_the_reference_itself_is_perfect(metric: Metric) -> None:
    assert metric(TEXTS, [(text,) for text in TEXTS]) == pytest.approx(np.ones(len(TEXTS)))


def test_nothing_in_common_is_zero(metric: Metric) -> None:
    assert metric(["abc def", ""], [("xyz",), ("xyz",)]) == pytest.approx([0, 0], abs=1e-6)


def test_one_more_reference_never_makes_a_perfect_answer_worse(metric: Metric) -> None:
    assert metric(["a b c d e"], [("something else", "a b c d e")])[0] == pytest.approx(1.0)


def test_each_answer_is_judged_alone(metric: Metric) -> None:
    known = [("the cat", "a mat"), ("no no",), ("5 May 2024",), ("Größe",)]
    assert metric(TEXTS, known)[2] == metric(TEXTS[2:3], known[2:3])[0]


def test_no_answers_give_no_values(metric: Metric) -> None:
    assert metric([], []).shape == (0,)


def test_an_answer_without_reference_is_an_error_in_words(metric: Metric) -> None:
    with pytest.raises(DataError, match="1 of 2 answers have no reference, first number 1"):
        metric(["a", "b"], [("a",), ()])
    with pytest.raises(DataError, match="2 answers and 1 references"):
        metric(["a", "b"], [("a",)])


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40)
@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=30)), max_size=4))
def test_every_value_lies_between_zero_and_one_whatever_is_written(name: str, rows: list[tuple[str, str]]) -> None:
    found = registry.load("text_metric", name)([answer for answer, _ in rows], [(known,) for _, known in rows])
    assert found.shape == (len(rows),)
    assert ((found >= 0) & (found <= 1)).all()
