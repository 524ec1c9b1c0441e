"""Win rates: exact cases, and how often the intervals hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multinomial

from loop.errors import DataError
from loop.evaluation.texts.win_rate import CorrectedRate, clustered_win_rate, corrected_win_rate, win_rate

counts = st.tuples(*[st.integers(0, 30)] * 3).filter(lambda found: sum(found) > 0)


def test_a_tie_counts_half_for_both() -> None:
    rate = win_rate(3, 4, 3)
    assert rate is not None
    assert rate[0] == 0.5
    assert rate[1] == pytest.approx(1 - rate[2])


def test_ties_make_the_interval_narrower() -> None:
    (_, low, high), (_, wide_low, wide_high) = win_rate(10, 20, 10) or (), win_rate(20, 0, 20) or ()
    assert wide_low < low < 0.5 < high < wide_high


def test_the_interval_agrees_with_a_published_example() -> None:
    # Tango 1998 and Fagerland, Lydersen and Laake 2014, airway hyper-responsiveness: 1 and 7 of 21 discordant,
    # difference -0.286, Tango's interval -0.517 to -0.026; a win rate is (1 + difference) / 2
    found = win_rate(1, 13, 7)
    assert found is not None
    assert [2 * part - 1 for part in found] == pytest.approx([-6 / 21, -0.517, -0.026], abs=5e-4)


def test_all_won_and_all_tied_leave_doubt() -> None:
    assert win_rate(10, 0, 0) == (1.0, pytest.approx(0.7225, abs=1e-4), 1.0)
    assert win_rate(0, 10, 0) == (0.5, pytest.approx(0.3612, abs=1e-4), pytest.approx(0.6388, abs=1e-4))


def test_nothing_compared_is_none_and_a_negative_count_an_error() -> None:
    assert win_rate(0, 0, 0) is None
    with pytest.raises(DataError, match="counts of at least 0"):
        win_rate(1, -1, 0)


@given(counts)
def test_the_interval_holds_the_rate_and_turns_round_with_the_models(found: tuple[int, int, int]) -> None:
    rate, turned = win_rate(*found), win_rate(*found[::-1])
    assert rate is not None
    assert turned is not None
    assert 0 <= rate[1] <= rate[0] <= rate[2] <= 1
    assert rate[1] < rate[2]
    assert turned == pytest.approx((1 - rate[0], 1 - rate[2], 1 - rate[1]), abs=1e-6)


@pytest.mark.parametrize("n", [5, 10, 20])
@pytest.mark.parametrize(("won", "tied"), [(0.5, 0.0), (0.7, 0.0), (0.4, 0.2), (0.6, 0.3), (0.3, 0.6)])
def test_the_interval_covers_the_truth_exactly_about_as_often_as_it_says(n: int, won: float, tied: float) -> None:
    truth, covered = won + tied / 2, 0.0
    for wins in range(n + 1):
        for ties in range(n + 1 - wins):
            _, low, high = win_rate(wins, ties, n - wins - ties) or (0.0, 0.0, 0.0)
            if low <= truth + 1e-9 and truth - 1e-9 <= high:
                covered += multinomial.pmf([wins, ties, n - wins - ties], n, [won, tied, 1 - won - tied])
    assert 0.92 <= covered <= 1


def test_a_smaller_alpha_gives_a_wider_interval() -> None:
    (_, low, high), (_, narrow_low, narrow_high) = win_rate(6, 2, 4, alpha=0.01) or (), win_rate(6, 2, 4) or ()
    assert low < narrow_low < narrow_high < high


def test_one_comparison_per_prompt_is_the_plain_win_rate() -> None:
    scores = {"a": [1.0], "b": [0.5], "c": [0.0], "d": [1.0], "e": []}
    assert clustered_win_rate(scores) == pytest.approx(win_rate(2, 1, 1))


def test_asking_a_prompt_again_for_the_same_answer_teaches_nothing() -> None:
    once = {str(prompt): [float(prompt % 3 > 0)] for prompt in range(30)}
    often = {prompt: found * 5 for prompt, found in once.items()}
    (value, low, high), (_, once_low, once_high) = clustered_win_rate(often) or (), clustered_win_rate(once) or ()
    assert value == pytest.approx(2 / 3)
    assert low <= once_low + 0.005
    assert high >= once_high - 0.005


def test_a_single_prompt_and_none_at_all() -> None:
    assert clustered_win_rate({"a": [1.0, 1.0, 0.0, 1.0]}) == (0.75, 0.0, 1.0)
    assert clustered_win_rate({}) is None


def test_prompts_that_agree_in_all_count_once_each() -> None:
    found = clustered_win_rate({str(prompt): [1.0] * 4 for prompt in range(6)})
    assert found is not None
    assert found[1] <= (win_rate(6, 0, 0) or (1, 1, 1))[1]


def test_the_clustered_interval_covers_where_the_plain_one_does_not() -> None:
    rng, covered, plainly = np.random.default_rng(0), 0, 0
    for _ in range(200):
        chances = rng.beta(0.6, 0.4, size=15)
        scores = {str(row): (rng.random(4) < chance).astype(float) for row, chance in enumerate(chances)}
        _, low, high = clustered_win_rate(scores) or (0, 0, 0)
        wins = int(sum(found.sum() for found in scores.values()))
        _, plain_low, plain_high = win_rate(wins, 0, 60 - wins) or (0, 0, 0)
        covered += low <= 0.6 <= high
        plainly += plain_low <= 0.6 <= plain_high
    assert covered / 200 >= 0.92
    assert plainly / 200 < 0.9


def _judged(rng: np.random.Generator, *, n: int, others: int, right: float) -> CorrectedRate:
    """People win 60 % with 10 % ties; the judge repeats them or, when it errs, favours the challenger."""
    people = rng.choice([1, 0.5, 0], size=n + others, p=[0.55, 0.1, 0.35])
    erring = rng.choice([1, 0.5, 0], size=n + others, p=[0.8, 0.1, 0.1])
    judge = np.where(rng.random(n + others) < right, people, erring)
    found = corrected_win_rate(list(zip(judge[:n].tolist(), people[:n].tolist(), strict=True)), judge[n:].tolist())
    assert found is not None
    return found


@pytest.mark.slow
@pytest.mark.parametrize("right", [0.0, 0.6, 0.95])
def test_the_corrected_rate_is_unbiased_and_covers_while_the_judge_alone_is_wrong(right: float) -> None:
    rng = np.random.default_rng(0)
    runs = [_judged(rng, n=40, others=200, right=right) for _ in range(250)]
    values = np.array([run.value for run in runs])
    assert abs(values.mean() - 0.6) < 3 * values.std() / np.sqrt(len(runs))
    assert np.mean([run.low <= 0.6 <= run.high for run in runs]) >= 0.93
    if right < 0.9:
        assert np.mean([run.judge for run in runs]) > 0.68


def test_a_good_judge_narrows_the_interval_and_a_useless_one_does_not_widen_it() -> None:
    rng = np.random.default_rng(1)
    for right, least in ((0.0, 0.0), (0.95, 0.2)):
        for _ in range(20):
            run = _judged(rng, n=40, others=400, right=right)
            _, low, high = run.people
            assert run.high - run.low <= (high - low) * (1 - least) + 0.02


def test_without_items_of_its_own_the_judge_changes_nothing() -> None:
    found = corrected_win_rate([(1.0, 1.0), (1.0, 0.0), (0.0, 0.0), (0.5, 1.0)], [])
    assert found is not None
    assert found.weight == 0
    assert (found.value, found.low, found.high) == found.people == pytest.approx(win_rate(2, 0, 2))
    assert (found.n, found.judged) == (4, 0)


def test_agreement_is_the_share_of_the_same_preference() -> None:
    found = corrected_win_rate([(0.9, 1.0), (0.4, 0.0), (0.5, 0.5), (0.6, 0.5)], [0.7])
    assert found is not None
    assert found.agreement == 0.75
    assert 0 < found.agreement_low < 0.75 < found.agreement_high < 1


def test_people_who_never_differ_leave_doubt_whatever_the_judge_says() -> None:
    found = corrected_win_rate([(1.0, 1.0)] * 5, [1.0, 0.0] * 50)
    assert found is not None
    assert found.low == pytest.approx((win_rate(5, 0, 0) or (0, 0, 0))[1])


@pytest.mark.parametrize("human", [[(1.0, 0.0)], [(0.0, 1.0), (0.0, 0.0)]])
def test_very_few_prompts_are_no_crash(human: list[tuple[float, float]]) -> None:
    found = corrected_win_rate(human, [0.0, 1.0, 1.0])
    assert found is not None
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_without_people_there_is_no_corrected_rate() -> None:
    assert corrected_win_rate([], [1.0, 1.0]) is None
