"""The life of a weak spot: every rule, and the laws that hold over any history."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from loop.evaluation.spot_status import ARROWS, FEW, Seen, live, overall_rate, told
from loop.records import Spot, SpotLife

OVERALL = 0.12


def spot(rate: float | None, *, n: float = 40, size: int = 100, answers: int = 20) -> Spot:
    """As the step `map` gives it: a Beta posterior with `n` examples behind it."""
    low, high = (None, None) if rate is None else (float(beta.ppf(q, rate * n, (1 - rate) * n)) for q in (0.025, 0.975))
    return Spot(7, "bill", size, size, answers // 2, 0, answers - answers // 2, 0, rate, rate, low, high, None)


def seen(
    round_: int,
    rate: float | None,
    *,
    n: float = 40,
    labels: int = 0,
    overall: float | None = OVERALL,
    answers: int = 20,
) -> Seen:
    return Seen(round_, spot(rate, n=n, answers=answers), overall, labels)


def lived(*history: Seen, muted: bool = False) -> list[SpotLife]:
    """Life after each round."""
    found: list[SpotLife] = []
    for last in range(1, len(history) + 1):
        found.append(live(history[:last], found[-1] if found else None, muted=muted))
    return found


def states(*history: Seen) -> list[str]:
    return [life.state for life in lived(*history)]


WHOLE = (
    seen(0, None, overall=None),
    seen(1, 0.40),
    seen(2, 0.39, labels=9),
    seen(3, 0.20, labels=20, n=60),
    seen(4, 0.10, labels=25, n=80),
    seen(5, 0.10, labels=25, n=90),
    seen(6, 0.35, labels=25, n=80),
    seen(7, 0.35, labels=31, n=80),
    seen(8, 0.15, labels=40, n=90),
    seen(9, 0.11, labels=40, n=90),
    seen(10, 0.11, labels=40, n=90),
)


def test_a_whole_life() -> None:
    assert states(*WHOLE) == [
        *("quiet", "open", "sent", "improving", "improving", "fixed"),
        *("reopened", "sent", "improving", "improving", "fixed"),
    ]


def test_the_reason_tells_the_rule_with_its_numbers() -> None:
    reasons = [life.reason for life in lived(*WHOLE)]
    assert reasons[1] == "Errs more than the rest: 40 % (26–55) against 12 % overall."
    assert reasons[2] == "9 answers since round 1, no gain to be seen yet: 39 % (25–54) against 12 % overall."
    assert reasons[3] == "Down from 40 %: 20 % (11–31) against 12 % overall."
    assert reasons[4].startswith("Improving since round 3: 10 %")
    assert reasons[5].startswith("No weaker than the rest any more: 10 % (")
    assert reasons[5].endswith("against 12 % overall, on 20 answers.")
    assert reasons[6] == "Fixed in round 5 at 10 %, now 35 % (25–46) against 12 % overall."


def test_labels_and_removed_mass_are_counted_from_its_opening() -> None:
    lives = lived(*WHOLE)
    assert [life.labels for life in lives] == [0, 0, 9, 20, 25, 25, 25, 31, 40, 40, 40]
    assert lives[0].removed is None
    assert lives[0].opened_at is None
    assert [round(life.removed or 0) for life in lives[1:]] == [0, 1, 20, 30, 30, 0, 0, 20, 24, 24]
    assert [life.opened_at for life in lives[1:]] == [0.4] * 5 + [0.35] * 5


def test_only_coming_back_raises_an_alert_and_only_in_that_round() -> None:
    assert [life.round for life in WHOLE if lived(*WHOLE)[life.round].alert] == [6]


def test_a_mute_spot_keeps_its_life_but_raises_no_alert() -> None:
    aloud, mute = lived(*WHOLE), lived(*WHOLE, muted=True)
    assert [replace(life, alert=False) for life in aloud] == mute


@pytest.mark.parametrize(
    ("rate", "n", "state"),
    [
        (0.40, 40, "open"),  # the likely range is 32 to 48 %
        (0.20, 8, "quiet"),  # too little is known: 7 to 35 %
        (0.20, 80, "open"),
        (0.135, 4000, "quiet"),  # surely above, but not worth a word
        (0.05, 40, "quiet"),
    ],
)
def test_it_opens_when_its_whole_likely_range_is_above_the_rest_by_what_is_worth_a_word(
    rate: float, n: float, state: str
) -> None:
    assert states(seen(1, rate, n=n)) == [state]


def test_it_may_improve_without_labels_of_its_own() -> None:
    assert states(seen(1, 0.4), seen(2, 0.2, n=60)) == ["open", "improving"]


def test_without_labels_or_gain_it_stays_open_even_where_the_rest_gets_as_bad() -> None:
    assert states(seen(1, 0.4), seen(2, 0.4, overall=0.5)) == ["open", "open"]


def test_nothing_is_called_fixed_on_the_word_of_the_model_alone() -> None:
    history = (seen(1, 0.4), seen(2, 0.1), seen(3, 0.1, answers=FEW - 1), seen(4, 0.1, answers=FEW))
    assert states(*history) == ["open", "improving", "improving", "fixed"]


def test_one_good_round_is_not_enough_to_be_fixed() -> None:
    start = (seen(1, 0.4), seen(2, 0.2, n=60), seen(3, 0.1, n=80))
    assert states(*start, seen(4, 0.13, n=80), seen(5, 0.1, n=80)) == ["open", *["improving"] * 4]
    assert states(*start, seen(4, 0.11, n=80))[-1] == "fixed"


def test_what_got_better_reopens_only_when_it_is_back_where_it_opened() -> None:
    start = (seen(1, 0.4), seen(2, 0.2, n=60))
    assert states(*start, seen(3, 0.3)) == ["open", "improving", "improving"]
    assert lived(*start, seen(3, 0.42))[-1].alert


def test_what_was_fixed_stays_fixed_while_the_rest_gets_better_around_it() -> None:
    history = (seen(1, 0.4), seen(2, 0.1, n=60), seen(3, 0.1, n=80), seen(4, 0.1, n=5000, overall=0.03))
    assert states(*history)[-1] == "fixed"


def test_before_the_first_model_and_in_a_round_without_figures_nothing_moves() -> None:
    history = (seen(0, None, overall=None), seen(1, 0.4), seen(2, None, overall=None, labels=3))
    lives = lived(*history)
    assert [life.state for life in lives] == ["quiet", "open", "open"]
    assert lives[0].reason == "Not measured yet."
    assert lives[2].labels == 3


def test_the_overall_rate_weighs_spots_by_their_size() -> None:
    assert overall_rate([spot(0.1, size=300), spot(0.5, size=100), spot(None)]) == pytest.approx(0.2)
    assert overall_rate([spot(None)]) is None
    assert overall_rate([spot(0.3, size=0)]) is None


def test_small_rates_keep_a_decimal() -> None:
    assert told(spot(0.031, n=400), 0.024) == "3.1 % (2–5) against 2.4 % overall"


RATES = st.floats(0.005, 0.9)
HISTORIES = st.lists(
    st.tuples(RATES, st.floats(5, 400), st.integers(0, 9), st.floats(0.01, 0.6), st.integers(0, 30)),
    min_size=1,
    max_size=10,
)


@given(HISTORIES)
def test_a_state_changes_only_along_the_arrows_and_one_at_a_time(
    rows: list[tuple[float, float, int, float, int]],
) -> None:
    spent, history = 0, []
    for round_, (rate, n, labels, overall, answers) in enumerate(rows):
        spent += labels
        history.append(seen(round_, rate, n=n, labels=spent, overall=overall, answers=answers))
    before = "quiet"
    for life in lived(*history):
        assert life.state == before or life.state in ARROWS[before]
        assert life.alert == (life.state == "reopened" and before != "reopened")
        before = life.state


@given(st.lists(st.tuples(RATES, st.floats(5, 4000), st.integers(0, 9)), min_size=1, max_size=8))
def test_a_spot_that_was_never_weak_stays_quiet(rows: list[tuple[float, float, int]]) -> None:
    history = [seen(i, rate, n=n, labels=labels, overall=rate) for i, (rate, n, labels) in enumerate(rows)]
    assert set(states(*history)) == {"quiet"}


@given(st.floats(0.02, 0.12), st.lists(st.floats(1, 3), min_size=1, max_size=6), st.floats(0.01, 0.12))
def test_more_evidence_of_the_same_kind_never_reopens_what_is_fixed(
    rate: float, growth: list[float], later: float
) -> None:
    history, n = [seen(1, 0.5), seen(2, rate), seen(3, rate)], 40.0
    for round_, factor in enumerate(growth, start=4):
        n *= factor
        history.append(seen(round_, rate, n=n, overall=later))
    assert states(*history)[2:] == ["fixed"] * (1 + len(growth))
