"""Which answers to compare: small views with known answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from loop.protocols import PairView
from loop.selection.design import greedy_design
from loop.selection.pairs import SHORTLIST, d_optimal, doubt, doubt_and_certainty, gap, random

NAN = float("nan")


def view(implicit: list[list[float]], *, doubt: list[float], rewards: list[list[float]] | None = None) -> PairView:
    marks = np.array(implicit)
    n, k = marks.shape
    return PairView(
        ids=tuple("abcdefgh"[:n]),
        valid=np.ones((n, k)),
        logprobs=np.full((n, k), NAN),
        implicit=marks,
        rewards=np.full((n, k), NAN) if rewards is None else np.array(rewards),
        doubt=np.array(doubt),
        features=np.zeros((n, k, 0)),
        asked=np.zeros((0, 0)),
    )


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_random_draws_every_pair_of_a_prompt_alike() -> None:
    one = view([[0, 0, 0]], doubt=[0])
    draws = [tuple(random(one, budget=1, rng=np.random.default_rng(seed)).pairs[0]) for seed in range(300)]
    assert {pair: draws.count(pair) > 70 for pair in draws} == {(0, 1): True, (0, 2): True, (1, 2): True}


def test_doubt_asks_the_most_doubted_first_and_tells_the_doubt() -> None:
    choice = doubt(view([[0, 0]] * 4, doubt=[0.1, 0.9, NAN, 0.5]), budget=3, rng=rng())
    assert choice.rows.tolist() == [1, 3, 0]
    assert choice.scores.tolist() == [0.9, 0.5, 0.1]


def test_doubt_and_certainty_takes_the_widest_pairs_of_the_most_doubted_prompts() -> None:
    implicit = [[0.0, 1.0, 0.5], [3.0, 0.0, -1.0], [0.0, 0.1, 0.2], [9.0, 0.0, 0.0]]
    assert SHORTLIST == 2
    choice = doubt_and_certainty(view(implicit, doubt=[0.9, 0.8, 0.7, 0.1]), budget=1, rng=rng())
    assert choice.rows.tolist() == [1], "d has the widest pair of all but is not doubted"
    assert choice.pairs.tolist() == [[0, 2]]
    assert choice.scores.tolist() == [4.0]


def test_doubt_and_certainty_needs_both_of_a_prompt_to_put_it_first() -> None:
    implicit = [[0.0, 9.0], [NAN, 1.0], [0.0, 0.1]]
    choice = doubt_and_certainty(view(implicit, doubt=[NAN, 0.9, 0.5]), budget=3, rng=rng())
    assert choice.rows.tolist() == [2, 1, 0]
    np.testing.assert_array_equal(choice.scores, [0.1, NAN, NAN])


def test_gap_goes_by_the_reward_model_where_there_is_one() -> None:
    marks = [[0.0, 5.0], [0.0, 1.0]]
    assert gap(view(marks, doubt=[0, 0]), budget=1, rng=rng()).rows.tolist() == [0]
    by_rewards = view(marks, doubt=[0, 0], rewards=[[NAN, 9.0], [2.0, 2.5]])
    choice = gap(by_rewards, budget=2, rng=rng())
    assert choice.rows.tolist() == [1, 0], "one mark is no gap, and implicit rewards have another scale"
    np.testing.assert_array_equal(choice.scores, [0.5, NAN])


def test_infinite_figures_are_not_known_ones() -> None:
    choice = gap(view([[0.0, -np.inf, 1.0], [0.0, 0.5, 0.2]], doubt=[0, 0]), budget=2, rng=rng())
    assert (choice.rows.tolist(), choice.pairs.tolist()) == ([0, 1], [[0, 2], [0, 1]])


def with_features(features: list[list[list[float]]], asked: list[list[float]]) -> PairView:
    plain = view([[0.0] * len(features[0])] * len(features), doubt=[0.0] * len(features))
    shape = (len(asked), len(features[0][0]))
    return replace(plain, features=np.array(features), asked=np.array(asked).reshape(shape))


def test_d_optimal_looks_where_no_comparison_went_yet() -> None:
    features = [[[0.0, 0.0], [1.0, 0.0]], [[0.0, 0.0], [0.9, 0.0]], [[0.0, 0.0], [0.0, 0.8]]]
    assert d_optimal(with_features(features, []), budget=2, rng=rng()).rows.tolist() == [0, 2]
    assert d_optimal(with_features(features, [[1.0, 0.0]] * 3), budget=1, rng=rng()).rows.tolist() == [2]


def test_d_optimal_takes_the_longest_difference_within_a_prompt() -> None:
    choice = d_optimal(with_features([[[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0]]], []), budget=1, rng=rng())
    assert choice.pairs.tolist() == [[1, 2]]


def test_the_gains_of_the_design_add_up_to_the_log_determinant() -> None:
    random_rows = np.random.default_rng(2).normal(size=(20, 5))
    asked = np.random.default_rng(3).normal(size=(4, 5))
    picks, gains = greedy_design(random_rows, asked, groups=np.arange(20), budget=8)
    scale = np.sqrt((random_rows**2).sum(axis=1).mean())
    rows, before = random_rows / scale, asked / scale
    start = np.eye(5) + before.T @ before
    ended = start + rows[picks].T @ rows[picks]
    assert gains.sum() == pytest.approx(np.linalg.slogdet(ended)[1] - np.linalg.slogdet(start)[1])


def test_the_design_is_the_greedy_one() -> None:
    rows = np.random.default_rng(5).normal(size=(12, 3))
    rows /= np.sqrt((rows**2).sum(axis=1).mean())
    picks, _ = greedy_design(rows, np.zeros((0, 3)), groups=np.arange(12) // 2, budget=6)
    slow: list[int] = []

    def told(chosen: list[int]) -> float:
        return float(np.linalg.slogdet(np.eye(3) + rows[chosen].T @ rows[chosen])[1])

    for _ in range(6):
        open_rows = [row for row in range(12) if row // 2 not in {pick // 2 for pick in slow}]
        slow.append(max(open_rows, key=lambda row: told([*slow, row])))
    assert picks.tolist() == slow
