"""Laws of the guard: what counts as decayed, by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.models.generation.collapse_guard import Answered, Vitals, judge, repeated, vitals

SOUND = Vitals(ended=0.9, filled=1.0, varied=0.95, likely=0.9)
ANSWER = Answered("Your bill is on its way.", (1, 2, 3, 4, 5, 6, 0), ended=True, logprob=-0.5)


def test_the_model_it_started_from_is_healthy() -> None:
    assert judge(SOUND, SOUND)[0] == 1.0


def test_a_better_sign_is_no_more_than_healthy() -> None:
    assert judge(replace(SOUND, ended=1.0, likely=1.0), SOUND)[0] == 1.0


@pytest.mark.parametrize(
    ("sign", "words"),
    [
        ("ended", "30% of the answers end by themselves, 90% did before tuning"),
        ("filled", "30% of the answers are not blank, 100% were before tuning"),
        ("varied", "30% of the text is not repetition, 95% was before tuning"),
        ("likely", "the answers are no language to the model before tuning (30% above chance, its own 90%)"),
    ],
)
def test_the_weakest_sign_decides_and_is_told(sign: str, words: str) -> None:
    health, why = judge(replace(SOUND, **{sign: 0.3}), SOUND)
    assert health == pytest.approx(0.3 / getattr(SOUND, sign))
    assert why == words


def test_a_base_that_never_ended_an_answer_need_not_do_so_now() -> None:
    endless = replace(SOUND, ended=0.0)
    assert judge(endless, endless)[0] == 1.0
    assert judge(Vitals(0, 0, 0, 0), Vitals(0, 0, 0, 0)) == (1.0, "")


@given(*[st.builds(Vitals, *[st.floats(0, 1)] * 4)] * 2)
def test_health_is_a_share(now: Vitals, start: Vitals) -> None:
    assert 0 <= judge(now, start)[0] <= 1


def test_repetition_is_counted_in_runs_of_four_tokens() -> None:
    assert repeated((1, 2, 3, 4, 5, 6, 7)) == 0.0
    assert repeated((7,) * 8) == pytest.approx(0.8)  # five runs, one of them new
    assert repeated((1, 2, 3, 4, 1, 2, 3, 4)) == pytest.approx(0.2)
    assert repeated(()) == repeated((7, 7, 7, 7)) == 0.0


def test_signs_are_means_over_the_answers() -> None:
    blank = Answered(" \n", (9,), ended=False, logprob=-1.5)
    signs = vitals([ANSWER, blank], vocabulary=round(math.exp(4)))
    assert (signs.ended, signs.filled, signs.varied) == (0.5, 0.5, 1.0)
    assert signs.likely == pytest.approx(0.75, abs=0.01)  # one nat of four


def test_text_as_unlikely_as_random_tokens_is_at_zero_and_numbers_that_are_none_too() -> None:
    for logprob in (-math.log(100), -50.0, math.nan, -math.inf):
        assert vitals([replace(ANSWER, logprob=logprob)], vocabulary=100).likely == pytest.approx(0.0)
