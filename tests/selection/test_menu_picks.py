"""What each published strategy is for: small pools with a known answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from loop import registry
from loop.protocols import Choice, PoolView
from loop.records import FloatArray, IntArray
from loop.selection.strategies.badge import after
from loop.selection.strategies.disagreement import mutual_information
from loop.selection.strategies.prob_cover import pure_radius
from loop.selection.strategies.real import pseudo_errors, shares
from loop.selection.strategies.surrogate import imitated, softmax
from loop.selection.strategies.typiclust import typicality
from loop.selection.strategies.uncertainty_herding import reach


def make_view(
    rows: FloatArray,
    *,
    probabilities: FloatArray | None = None,
    known: FloatArray | None = None,
    labelled: IntArray | None = None,
    spots: IntArray | None = None,
) -> PoolView:
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    known = np.empty((0, rows.shape[1])) if known is None else known / np.linalg.norm(known, axis=1, keepdims=True)
    return PoolView(
        ids=tuple(f"{row:05d}" for row in range(len(rows))),
        embeddings=rows,
        probabilities=probabilities,
        spots=np.zeros(len(rows), dtype=np.int64) if spots is None else spots,
        spot_estimates=None,
        labelled_embeddings=known,
        labelled=np.zeros(len(known), dtype=np.int64) if labelled is None else labelled,
    )


def blobs(groups: int, size: int, *, spread: float = 0.05, seed: int = 0) -> FloatArray:
    """Row i belongs to group i // size."""
    rng = np.random.default_rng(seed)
    return np.repeat(np.eye(groups, 16), size, axis=0) + spread * rng.normal(size=(groups * size, 16))


def spread_out(rows: FloatArray) -> FloatArray:
    """The same geometry over 128 features, none of which says much alone."""
    turned, _ = np.linalg.qr(np.random.default_rng(2).normal(size=(128, 16)))
    return rows @ turned.T


def pick(name: str, view: PoolView, budget: int, seed: int = 0) -> Choice:
    found: Choice = registry.load("strategy", name)(view, budget=budget, rng=np.random.default_rng(seed))
    return found


def by_distance(rows: FloatArray, groups: int) -> FloatArray:
    return softmax(8.0 * (rows / np.linalg.norm(rows, axis=1, keepdims=True)) @ np.eye(groups, 16).T)


@pytest.mark.parametrize("name", ["k_means", "typiclust", "core_set", "max_herding", "prob_cover", "coverage"])
def test_rules_of_diversity_take_one_of_each_group_before_a_second_of_any(name: str) -> None:
    choice = pick(name, make_view(blobs(8, 30)), 8)
    assert sorted(row // 30 for row in choice.rows) == list(range(8))


@pytest.mark.parametrize("name", ["typiclust", "core_set", "max_herding", "discriminative", "coverage"])
def test_rules_that_look_back_leave_out_the_groups_that_were_asked_about(name: str) -> None:
    choice = pick(name, make_view(blobs(8, 30), known=np.eye(8, 16)[:5]), 3)
    assert {row // 30 for row in choice.rows} <= {5, 6, 7}


@pytest.mark.parametrize("name", ["drop_query", "badge", "cluster_margin", "uncertainty_herding"])
def test_rules_of_both_kinds_ask_the_unsure_rows_and_not_the_same_twice(name: str) -> None:
    between = np.repeat(np.eye(4, 16) + np.roll(np.eye(4, 16), 1, axis=0), 10, axis=0)
    between += 0.02 * np.random.default_rng(1).normal(size=between.shape)
    rows = np.concatenate([blobs(4, 60), between])
    view = make_view(spread_out(rows), probabilities=by_distance(rows, 4), known=spread_out(np.eye(4, 16)))
    choice = pick(name, view, 8)
    unsure = [row for row in choice.rows.tolist() if row >= 240]
    assert len(unsure) >= 4, "at random it were one"
    assert len({(row - 240) // 10 for row in unsure}) >= 3


@pytest.mark.parametrize("name", ["bald", "cal"])
def test_rules_of_disagreement_ask_between_the_groups(name: str) -> None:
    between = np.eye(4, 16) + np.roll(np.eye(4, 16), 1, axis=0)
    rows = np.concatenate([blobs(4, 60), between])
    known = spread_out(blobs(4, 12, seed=3))
    labelled = np.repeat(np.arange(4), 12)
    view = make_view(spread_out(rows), probabilities=by_distance(rows, 4), known=known, labelled=labelled)
    assert set(pick(name, view, 4).rows.tolist()) >= {240, 241, 242}


def test_a_committee_disagrees_where_the_labels_say_nothing() -> None:
    rows = np.concatenate([blobs(2, 40), np.eye(16)[10:13]])
    view = make_view(rows, known=blobs(2, 20, seed=5), labelled=np.repeat([0, 1], 20))
    assert set(pick("committee", view, 3).rows.tolist()) == {80, 81, 82}


def test_a_committee_hears_no_answers_that_are_not_settled() -> None:
    rows, known = blobs(2, 20), blobs(2, 10, seed=5)
    settled = make_view(rows, known=known, labelled=np.repeat([0, 1], 10))
    more = replace(
        settled,
        labelled_embeddings=np.concatenate([settled.labelled_embeddings, rows[:5]]),
        labelled=np.append(settled.labelled, [-1] * 5),
    )
    assert pick("committee", settled, 5).rows.tolist() == pick("committee", more, 5).rows.tolist()


def test_stratified_gives_every_region_its_share_and_every_row_its_chance() -> None:
    spots = np.repeat([0, 1, 2], [60, 30, 10])
    view = make_view(blobs(1, 100), spots=spots)
    counts = np.zeros(100)
    strategy = registry.load("strategy", "stratified")
    for seed in range(400):
        rows = strategy(view, budget=10, rng=np.random.default_rng(seed)).rows
        assert np.bincount(spots[rows], minlength=3).tolist() == [6, 3, 1]
        counts[rows] += 1
    assert counts == pytest.approx(np.full(100, 40), abs=25)


def test_gradients_need_not_be_made_to_know_their_distances() -> None:
    rng = np.random.default_rng(0)
    points, probabilities = rng.normal(size=(30, 5)), rng.dirichlet(np.ones(4), 30)
    pulls = probabilities - np.eye(4)[probabilities.argmax(axis=1)]
    made = (pulls[:, :, None] * points[:, None, :]).reshape(30, -1)
    square = np.square(made).sum(axis=1)
    assert np.square(pulls).sum(axis=1) * np.square(points).sum(axis=1) == pytest.approx(square)
    once = after(None, 3, pulls, points, square=square)
    twice = after(once, 7, pulls, points, square=square)
    far = [np.square(made - made[row]).sum(axis=1) for row in (3, 7)]
    assert once == pytest.approx(far[0], abs=1e-6)
    assert twice == pytest.approx(np.minimum(*far), abs=1e-6)


def test_members_that_agree_tell_nothing_and_sure_ones_that_differ_tell_most() -> None:
    half, one, other = np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    assert mutual_information([half, half]) == pytest.approx([0.0])
    assert mutual_information([one, other]) == pytest.approx([np.log(2)])
    assert 0 < mutual_information([one, half])[0] < np.log(2)


def test_the_stand_in_repeats_a_linear_model() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(500, 8))
    probabilities = softmax(0.3 * points @ rng.normal(size=(8, 3)) + [0.5, 0.0, -0.5])
    model = imitated(points, probabilities)
    assert model.probabilities(points) == pytest.approx(probabilities, abs=1e-3)


def test_pseudo_errors_are_guessed_otherwise_than_most_of_their_cluster() -> None:
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.1, 0.9]])
    error, doubt = pseudo_errors(probabilities, np.array([0, 0, 0, 1]))
    assert error.tolist() == [False, False, True, False]
    assert doubt == pytest.approx([0.1, 0.2, 0.7, 0.1])


def test_real_asks_the_errors_of_the_clusters_that_hold_most() -> None:
    rows = blobs(3, 40)
    probabilities = np.repeat(np.eye(3), 40, axis=0) * 0.9 + 0.1 / 3
    wrong = [0, 1, 2, 3, 4, 5, 45]
    probabilities[wrong] = np.array([0.05, 0.05, 0.9])
    rows_asked = pick("real", make_view(rows, probabilities=probabilities), 7).rows.tolist()
    assert set(rows_asked) == set(wrong)


def test_shares_add_up_and_follow_the_mass() -> None:
    assert shares(np.array([3.0, 1.0, 0.0]), 8).tolist() == [6, 2, 0]
    assert shares(np.array([1.0, 1.0, 1.0]), 4).sum() == 4
    assert shares(np.zeros(3), 4).tolist() == [0, 0, 0]


def test_the_most_typical_row_is_in_the_middle_of_the_crowd() -> None:
    points = np.array([[0.0], [0.1], [-0.1], [3.0]])
    assert typicality(points, neighbours=2).argmax() == 0
    assert typicality(points[:1]).tolist() == [1.0]


def test_balls_are_pure_up_to_the_nearest_row_of_another_cluster() -> None:
    points = np.eye(3)[[0, 0, 1, 1]]
    assert pure_radius(points, np.array([0, 0, 1, 1])) == pytest.approx(np.sqrt(2))
    assert pure_radius(points, np.zeros(4, dtype=np.int64)) == pytest.approx(2.0)


def test_the_reach_shrinks_as_labels_lie_denser() -> None:
    far, near = np.eye(5), np.ones((5, 5)) + 0.1 * np.eye(5)
    near /= np.linalg.norm(near, axis=1, keepdims=True)
    assert reach(far) == 1.0
    assert reach(near) == 0.2
    assert reach(far[:1]) == 1.0


def test_cluster_margin_asks_small_clusters_first() -> None:
    rows = np.concatenate([blobs(1, 28), np.eye(16)[[5]], np.eye(16)[[9]]])
    choice = pick("cluster_margin", make_view(rows, probabilities=np.full((30, 2), 0.5)), 3)
    assert set(choice.rows[:2].tolist()) == {28, 29}
    assert choice.rows[2] < 28
