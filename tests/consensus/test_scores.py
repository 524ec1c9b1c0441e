"""Scores of a prompt's candidates."""

from __future__ import annotations

import choix
import numpy as np
import pytest

from loop.consensus.scores import beliefs, scores

CERTAIN = 40.0
NO_TIES = 1e-12


def wins(*pairs: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Evidence that the first of each pair is better for certain, and the pairs."""
    return np.tile([CERTAIN, 0.0, 0.0], (len(pairs), 1)), np.array(pairs)


def test_without_ties_the_scores_are_those_of_choix() -> None:
    rng = np.random.default_rng(4)
    strength = rng.normal(size=5) * 1.5
    pairs = []
    for _ in range(60):
        i, j = rng.choice(5, 2, replace=False)
        pairs.append((i, j) if rng.random() < 1 / (1 + np.exp(strength[j] - strength[i])) else (j, i))
    evidence, columns = wins(*pairs)
    ours = scores(evidence, columns, candidates=5, used=np.ones((1, 60)), ties=NO_TIES, spread=2.0)[0]
    # choix adds alpha * sum(scores^2), so a normal prior of standard deviation s is alpha = 1 / (2 s^2).
    np.testing.assert_allclose(ours, choix.opt_pairwise(5, pairs, alpha=1 / (2 * 2.0**2)), atol=1e-4)


def test_a_candidate_that_always_wins_has_a_finite_score() -> None:
    evidence, columns = wins((0, 1), (0, 1), (0, 1))
    found = scores(evidence, columns, candidates=2, used=np.ones((1, 3)), ties=0.2)[0]
    assert found[0] == pytest.approx(-found[1])
    assert 0.5 < found[0] < 5


def test_a_tie_for_certain_draws_two_scores_together() -> None:
    evidence = np.array([[0.0, CERTAIN, 0.0], [CERTAIN, 0.0, 0.0]])
    found = scores(evidence, np.array([[0, 1], [0, 2]]), candidates=3, used=np.ones((1, 2)), ties=0.2)[0]
    assert found[0] > found[1] > found[2]
    apart = scores(evidence[1:], np.array([[0, 2]]), candidates=3, used=np.ones((1, 1)), ties=0.2)[0]
    assert found[0] - found[1] < apart[0] - apart[1]


def test_a_pairs_own_answers_do_not_come_back_through_the_scores() -> None:
    evidence = np.array([[1.0, 0.0, -1.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    pairs = np.array([[0, 1], [0, 2], [1, 2]])
    alone = beliefs(evidence[:1], pairs[:1], candidates=2, judged=np.ones(1), ties=0.2)
    among = beliefs(evidence, pairs, candidates=3, judged=np.array([1.0, 0.0, 0.0]), ties=0.2)
    np.testing.assert_allclose(among[0], alone[0], atol=1e-8)


def test_two_equal_candidates_tie_with_the_given_share() -> None:
    shares = beliefs(np.zeros((3, 3)), np.array([[0, 1], [0, 2], [1, 2]]), candidates=3, judged=np.zeros(3), ties=0.3)
    np.testing.assert_allclose(shares, np.tile([0.35, 0.3, 0.35], (3, 1)))
