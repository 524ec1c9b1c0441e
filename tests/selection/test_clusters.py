"""k-means against scikit-learn, and its promises."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs

from loop.records import FloatArray
from loop.selection.clusters import assign, k_means


def _inertia(rows: FloatArray, centroids: FloatArray) -> float:
    return float(np.square(rows - centroids[assign(rows, centroids)]).sum())


def test_it_is_as_good_as_scikit_learn() -> None:
    rows = make_blobs(600, centers=12, n_features=6, cluster_std=1.5, random_state=0)[0].astype(np.float32)
    own = min(_inertia(rows, k_means(rows, 12, rng=np.random.default_rng(seed))) for seed in range(5))
    assert own <= KMeans(12, n_init=5, random_state=0).fit(rows).inertia_ * 1.02


def test_from_the_same_seeds_it_ends_where_scikit_learn_ends() -> None:
    rows = make_blobs(300, centers=4, n_features=3, random_state=1)[0].astype(np.float32)
    weights = np.random.default_rng(0).uniform(0.1, 2, 300)
    own = k_means(rows, 4, rng=np.random.default_rng(0), weights=weights, rounds=100)
    theirs = KMeans(4, init=own, n_init=1, tol=0).fit(rows, sample_weight=weights).cluster_centers_
    np.testing.assert_allclose(own, theirs, atol=1e-4)


def test_rows_without_weight_pull_nothing() -> None:
    rows = np.array([[0.0, 0], [1, 0], [100, 100]])
    centroids = k_means(rows, 1, rng=np.random.default_rng(0), weights=np.array([1.0, 1.0, 0.0]))
    assert centroids.tolist() == [[0.5, 0]]


@pytest.mark.parametrize(
    ("rows", "k", "found"), [(np.zeros((5, 2)), 3, 1), (np.eye(2), 5, 2), (np.zeros((0, 2)), 3, 0)]
)
def test_there_are_never_more_clusters_than_different_rows(rows: FloatArray, k: int, found: int) -> None:
    assert len(k_means(rows, k, rng=np.random.default_rng(0))) == found


def test_a_row_joins_the_nearest_centroid_whatever_its_length() -> None:
    centroids = np.array([[0.0, 0], [10, 0]], dtype=np.float32)
    assert assign(np.array([[4.0, 0], [6, 0], [5, 0]]), centroids).tolist() == [0, 1, 0]
