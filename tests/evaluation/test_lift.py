"""Laws of the lift meter: what is measured on is never learned from, and the words agree with the interval."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loop.errors import DataError
from loop.evaluation.lift import FOLDS, MOST_START, Fit, Lift, RandomAnswers, lacking, lift, verdict
from loop.records import FloatArray, IntArray


def drawn(n: int, *, chances: FloatArray | None = None, groups: IntArray | None = None) -> RandomAnswers:
    return RandomAnswers(
        rows=np.arange(n),
        chances=np.ones(n) if chances is None else chances,
        draws=np.zeros(n, dtype=np.int64),
        groups=np.arange(n) if groups is None else groups,
    )


class Line:
    """Points on a line, two classes either side of 0; the model is the nearest class mean."""

    def __init__(self, n: int, picked: FloatArray, *, noise: float = 0.3, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.x = np.concatenate([rng.uniform(-1, 1, n), picked])
        self.labels = (self.x + np.r_[rng.normal(0, noise, n), np.zeros(len(picked))] > 0).astype(np.int64)
        self.picked = np.arange(n, len(self.x))
        self.learned: list[IntArray] = []

    def fit(self, rows: IntArray) -> IntArray:
        self.learned.append(rows)
        means = [self.x[rows][self.labels[rows] == one].mean() for one in (0, 1)]
        return np.asarray((self.x > np.mean(means)).astype(np.int64))


NONE: IntArray = np.zeros(0, dtype=np.int64)


def measured(
    fit: Fit, random: RandomAnswers, *, picked: IntArray, start: IntArray, labels: IntArray, rng: np.random.Generator
) -> Lift:
    found = lift(fit, random, picked=picked, start=start, labels=labels, rng=rng)
    assert found is not None
    return found


def test_random_against_random_is_no_proof() -> None:
    line = Line(80, np.random.default_rng(1).uniform(-1, 1, 100))
    found = measured(
        line.fit, drawn(80), picked=line.picked, start=NONE, labels=line.labels, rng=np.random.default_rng(0)
    )
    assert found.verdict == "no proof yet"
    assert found.low < 0 < found.high
    assert found.picked_error == pytest.approx(found.random_error - found.difference)


def test_picks_of_one_side_do_not_pay() -> None:
    lopsided = np.r_[np.full(5, -0.01), np.full(95, 1.9)]
    line = Line(120, lopsided, noise=0.05)
    found = measured(
        line.fit, drawn(120), picked=line.picked, start=NONE, labels=line.labels, rng=np.random.default_rng(0)
    )
    assert found.verdict == "picking does not pay"
    assert found.saved is None or found.saved < 0


def test_random_answers_are_never_measured_on_by_a_model_that_learned_from_them() -> None:
    n = 40
    line = Line(n, np.linspace(-1, 1, 40))
    measured(line.fit, drawn(n), picked=line.picked, start=NONE, labels=line.labels, rng=np.random.default_rng(0))
    random_arm = [rows for rows in line.learned if (rows < n).any()]
    assert len(random_arm) == FOLDS * (FOLDS - 1) // 2
    assert all((rows < n).all() and len(rows) <= n * (FOLDS - 2) // FOLDS for rows in random_arm)


def test_near_twins_are_never_on_both_sides() -> None:
    n = 60
    line = Line(n, np.linspace(-1, 1, 60))
    groups = np.arange(n) // 2
    measured(
        line.fit, drawn(n, groups=groups), picked=line.picked, start=NONE, labels=line.labels,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    left_out = [set(range(n)) - set(rows.tolist()) for rows in line.learned if (rows < n).any()]
    # With groups of two of equal chance, a model that learned from one of a pair could have learned from both.
    assert all(len({one // 2 for one in rows}) * 2 >= len(rows) for rows in left_out)
    assert all({one ^ 1 for one in rows} & rows for rows in left_out)


def test_both_arms_learn_from_as_many_answers_and_from_the_same_start() -> None:
    line = Line(50, np.linspace(-1, 1, 70))
    start = line.picked[:10]
    found = measured(
        line.fit, drawn(50), picked=line.picked[10:], start=start, labels=line.labels, rng=np.random.default_rng(0)
    )
    assert all(set(start.tolist()) <= set(rows.tolist()) for rows in line.learned)
    assert {len(rows) - 10 for rows in line.learned if (rows < 50).any()} == {found.m}
    assert found.m + 10 in {len(rows) for rows in line.learned if not (rows < 50).any()}


def test_of_a_large_start_all_models_learn_the_same_part() -> None:
    n = 60
    line = Line(n, np.r_[np.linspace(-1, 1, 40), np.linspace(-1, 1, MOST_START + 500)])
    picked, start = line.picked[:40], line.picked[40:]
    measured(line.fit, drawn(n), picked=picked, start=start, labels=line.labels, rng=np.random.default_rng(0))
    parts = {tuple(sorted(rows[np.isin(rows, start)].tolist())) for rows in line.learned}
    assert [len(part) for part in parts] == [MOST_START]


def test_fewer_picked_answers_than_random_ones_bound_the_count() -> None:
    line = Line(90, np.linspace(-1, 1, 15))
    found = measured(
        line.fit, drawn(90), picked=line.picked, start=NONE, labels=line.labels, rng=np.random.default_rng(0)
    )
    assert (found.m, found.n) == (15, 90)


def test_the_same_numbers_give_the_same_lift() -> None:
    line = Line(60, np.linspace(-1, 1, 60))
    one, two = (
        measured(line.fit, drawn(60), picked=line.picked, start=NONE, labels=line.labels, rng=np.random.default_rng(3))
        for _ in range(2)
    )
    assert one == two


def test_a_draw_with_unequal_chances_counts_by_its_inverse_and_each_draw_by_its_worth() -> None:
    answers = RandomAnswers(
        rows=np.arange(4), chances=np.array([0.1, 0.2, 0.5, 0.5]), draws=np.array([0, 0, 1, 1]), groups=np.arange(4)
    )
    weights = answers.weights()
    assert weights.sum() == pytest.approx(1)
    assert weights[0] == pytest.approx(2 * weights[1])
    # Kish: weights 2 and 1 are worth 9 / 5 answers, two equal ones 2.
    assert weights[:2].sum() == pytest.approx(1.8 / 3.8)


def test_what_random_models_learn_from_is_thinned_to_equal_chances() -> None:
    chances = np.array([0.1] * 200 + [0.4] * 200)
    kept = drawn(400, chances=chances).thinned(np.random.default_rng(0))
    assert kept[:200].all()
    assert 30 <= kept[200:].sum() <= 70


def test_nothing_is_told_when_hardly_any_answers_are_left_to_learn_from() -> None:
    line = Line(40, np.linspace(-1, 1, 40))
    answers = drawn(40, chances=np.array([0.001] + [0.9] * 39))
    rng = np.random.default_rng(0)
    assert lift(line.fit, answers, picked=line.picked, start=NONE, labels=line.labels, rng=rng) is None


def test_too_few_answers_are_refused_with_the_reason() -> None:
    assert lacking(random=29, picked=50, classes=2) == "29 random answers, 30 are needed"
    assert lacking(random=30, picked=9, classes=2) == "9 picked answers, 10 are needed"
    assert "one class" in lacking(random=30, picked=10, classes=1)
    assert lacking(random=30, picked=10, classes=2) == ""
    line = Line(20, np.linspace(-1, 1, 20))
    with pytest.raises(DataError, match="20 random answers, 30 are needed"):
        measured(line.fit, drawn(20), picked=line.picked, start=NONE, labels=line.labels, rng=np.random.default_rng(0))


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (0.01, 0.1, "picking pays"),
        (-0.01, 0.1, "no proof yet"),
        (0.0, 0.1, "no proof yet"),
        (-0.1, -0.01, "picking does not pay"),
    ],
)
def test_the_verdict_is_read_from_the_interval(low: float, high: float, told: str) -> None:
    assert verdict(low, high) == told


@settings(max_examples=25)
@given(st.integers(0, 30), st.integers(20, 80))
def test_labels_saved_agree_with_the_verdict(seed: int, picked: int) -> None:
    line = Line(40, np.random.default_rng(seed + 1).uniform(-1, 1, picked), noise=0.5, seed=seed)
    found = measured(
        line.fit, drawn(40), picked=line.picked, start=NONE, labels=line.labels, rng=np.random.default_rng(0)
    )
    if found.verdict == "picking pays":
        assert found.saved_low is not None
        assert found.saved_low >= 0
    elif found.verdict == "picking does not pay":
        assert found.saved_high is None or found.saved_high < 0
    else:
        assert found.saved_low is None or found.saved_low < 0
        assert found.saved_high is None or found.saved_high >= 0
    ends = [end for end in (found.saved_low, found.saved, found.saved_high) if end is not None]
    assert ends == sorted(ends)
