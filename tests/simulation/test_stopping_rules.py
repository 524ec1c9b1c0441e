"""Laws of the stopping rules that `simulate` compares."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_records import record
from sklearn.metrics import cohen_kappa_score, f1_score

from loop.simulation.stopping import (
    RULES,
    agreement,
    best_round,
    change_of_f,
    classification_change,
    delta_f,
    kappa_stability,
    overall_uncertainty,
    stops,
)

OPEN = np.ones(40, dtype=bool)


def test_kappa_is_cohens() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 5, 200), rng.integers(0, 5, 200)
    other[:120] = one[:120]
    assert agreement(one, other) == pytest.approx(cohen_kappa_score(one, other))


def test_the_change_of_f_is_one_less_macro_f1_between_the_models() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.integers(0, 4, 300), rng.integers(0, 4, 300)
    assert change_of_f(one, other) == pytest.approx(1 - f1_score(one, other, average="macro"))


def test_equal_models_are_stable_after_three_pairs_and_not_before() -> None:
    same = np.tile(np.arange(40) % 3, (4, 1))
    assert kappa_stability(same, OPEN)
    assert delta_f(same, OPEN)
    assert not kappa_stability(same[:3], OPEN)
    assert not delta_f(same[:3], OPEN)


def test_no_rule_holds_while_there_is_no_model() -> None:
    """The same guesses in all rounds, which would be stable, were they those of a model."""
    never = replace(record([0.9] * 8), doubt=np.full(8, np.nan), changed=np.full(8, np.nan), upper=np.full(8, np.nan))
    never = replace(never, little_gain=np.full(8, np.nan))
    assert {stop.round for stop in stops(never, wanted=0.5)} == {None}
    late = replace(record([0.9] * 8), doubt=np.array([np.nan] * 2 + [0.5] * 6))
    at = {stop.rule: stop.round for stop in stops(late, wanted=0.5)}
    assert (at["stability"], at["kappa stability"]) == (4, 5)


def test_one_wild_model_of_the_last_four_is_not_stable() -> None:
    guesses = np.tile(np.arange(40) % 3, (4, 1))
    guesses[2] = (guesses[2] + 1) % 3
    assert not kappa_stability(guesses, OPEN)
    assert not delta_f(guesses, OPEN)


def test_rows_that_were_asked_do_not_count() -> None:
    guesses = np.tile(np.arange(40) % 3, (4, 1))
    guesses[:, :5] = np.arange(4)[:, None]
    rest = OPEN.copy()
    rest[:5] = False
    assert not kappa_stability(guesses, OPEN)
    assert kappa_stability(guesses, rest)
    assert not kappa_stability(guesses, ~OPEN)


def test_uncertainty_and_change_hold_below_their_thresholds_only() -> None:
    assert overall_uncertainty(0.049)
    assert not overall_uncertainty(0.05)
    assert classification_change(0.0)
    assert not classification_change(0.001)
    assert not classification_change(float("nan"))


def test_the_best_round_is_the_first_that_leaves_one_point_at_most() -> None:
    assert best_round([0.5, 0.3, 0.205, 0.2, 0.21]) == 2
    assert best_round([0.2]) == 0


def test_stopping_late_wastes_answers_and_stopping_early_misses_error() -> None:
    curve = record([0.5, 0.7, 0.8, 0.8, 0.8, 0.8])
    early = replace(curve, doubt=np.array([0.9, 0.01, 0.9, 0.9, 0.9, 0.9]))
    late = replace(curve, changed=np.array([np.nan, 0.1, 0.1, 0.1, 0.0, 0.0]))
    of_early = {one.rule: one for one in stops(early, wanted=0.1)}["overall uncertainty"]
    of_late = {one.rule: one for one in stops(late, wanted=0.1)}["classification change"]
    assert (of_early.round, of_early.wasted, of_early.missed) == (1, 0, pytest.approx(0.1))
    assert (of_late.round, of_late.wasted, of_late.missed) == (4, 20, pytest.approx(0.0))


def test_a_rule_that_never_holds_tells_no_figures() -> None:
    found = {one.rule: one for one in stops(record([0.5, 0.6]), wanted=0.1)}
    assert tuple(found) == tuple(RULES)
    assert all((one.round, one.wasted, one.missed) == (None, None, None) for one in found.values())


def test_the_target_rule_stops_where_the_upper_end_meets_it() -> None:
    curve = replace(record([0.5, 0.7, 0.8]), upper=np.array([np.nan, 0.4, 0.25]))
    assert {one.rule: one.round for one in stops(curve, wanted=0.25)}["target"] == 2
