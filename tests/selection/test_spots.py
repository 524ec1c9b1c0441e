"""The lasting map: partition, names, estimates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loop.errors import DataError
from loop.records import FloatArray, Spot
from loop.selection import spots


def _rows(n: int, seed: int = 0) -> FloatArray:
    rows = np.random.default_rng(seed).normal(size=(n, 16)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


@pytest.mark.parametrize(("n", "count"), [(1, 1), (5, 5), (50, 8), (200, 10), (2000, 32), (10_000, 60), (10**6, 60)])
def test_the_number_of_regions_grows_with_the_root_of_the_data(n: int, count: int) -> None:
    assert spots.how_many(n) == count


def test_a_partition_is_the_same_for_the_same_seed_and_assigns_every_row() -> None:
    rows = _rows(400)
    first, second = (spots.partition(rows, rng=np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    regions = spots.assign(rows, first)
    assert set(regions.tolist()) == set(range(len(first)))


def test_an_example_keeps_its_region_when_others_come(tmp_path: Path) -> None:
    rows = _rows(400)
    centroids = spots.partition(rows, rng=np.random.default_rng(0))
    before = spots.assign(rows, centroids)
    np.save(tmp_path / "grown.npy", np.concatenate([_rows(9000, seed=1), rows]))
    after = spots.assign(np.load(tmp_path / "grown.npy", mmap_mode="r"), centroids)
    np.testing.assert_array_equal(before, after[-400:])


def test_equal_texts_alone_make_one_region_and_nothing_is_an_error_in_words() -> None:
    assert len(spots.partition(np.ones((30, 4)) / 2, rng=np.random.default_rng(0))) == 1
    with pytest.raises(DataError, match="there is nothing to map"):
        spots.partition(np.empty((0, 4)), rng=np.random.default_rng(0))


TEXTS = (
    ["When does the engineer visit my house?", "The engineer missed his visit again", "engineer visit not confirmed"]
    * 3
    + ["I was charged twice this month", "why was my card charged twice", "charged twice!!"] * 3
    + ["Wann kommt die Rechnung?", "die Rechnung ist zu hoch", "Rechnung falsch"] * 3
)


def test_regions_are_named_by_what_tells_them_apart() -> None:
    names, terms = spots.name_spots(TEXTS, np.repeat([0, 1, 2, 3], [9, 9, 9, 0]), count=4)
    assert names[0].startswith("engineer visit")
    assert names[1].startswith("charged twice")
    assert "rechnung" in names[2]
    assert names[3] == "region 3"
    assert terms[3] == ()


def test_a_name_tells_a_region_from_its_nearest_ones() -> None:
    """Both regions in front speak of cards in every text, the first one alone of fees."""
    texts = ["card", "card", "card and fee", "card"] * 2 + ["card", "card with fee and abroad"] * 2
    texts += ["card is lost", "card was stolen"] * 6
    texts += ["wann kommt die Rechnung", "Rechnung falsch", "Rechnung zu hoch", "Rechnung"] * 3
    regions = np.repeat([0, 1, 2], 12)
    plain, _ = spots.name_spots(texts, regions, count=3)
    told, terms = spots.name_spots(texts, regions, count=3, centroids=np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]]))
    assert "card" in plain[0]
    assert "card" not in told[0] + told[1]
    assert told[0] == "fee · abroad"
    assert {"lost", "stolen"} == set(told[1].split(" · "))
    assert "card" in terms[0]
    assert told[2] == plain[2]


def test_a_region_that_shares_all_its_words_with_a_neighbour_still_has_a_name() -> None:
    texts = ["card fee", "fee card"] * 6
    names, _ = spots.name_spots(texts, np.repeat([0, 1], 6), count=2, centroids=np.eye(2))
    assert len(set(names)) == 2
    alone, _ = spots.name_spots(texts, np.zeros(12, dtype=int), count=1, centroids=np.ones((1, 2)))
    assert alone[0].split(" ")[0] in ("card", "fee")


def test_names_are_unique_short_and_free_of_common_words() -> None:
    names, terms = spots.name_spots(TEXTS * 2, np.tile(np.arange(6), 9), count=6)
    assert len(set(names)) == 6
    assert all(0 < len(name) <= 40 for name in names)
    words = {word for region in terms for term in region for word in term.split()}
    assert not words & {"the", "my", "die", "ist", "was", "this", "not"}


def test_a_name_does_not_say_the_same_word_twice() -> None:
    texts = ["refund refunds refunded status", "refund refunds status pending", "refunds refund status late"] * 2
    (name,), _ = spots.name_spots(texts, np.zeros(6, dtype=int), count=1)
    assert name.count("refund") == 1


def test_texts_without_any_word_get_a_number() -> None:
    names, _ = spots.name_spots(["123 !!", "", "??"], np.array([0, 0, 1]), count=2)
    assert names == ("region 0", "region 1")


def _estimate(**changes: Any) -> tuple[Spot, ...]:
    """Three regions with 100 open rows each, expected errors .1 .3 .5; `changes` replace arguments."""
    none = np.empty(0, dtype=np.int64)
    arguments: dict[str, Any] = {
        "names": ("a", "b", "c"),
        "terms": (("a",), ("b",), ("c",)),
        "members": np.repeat([0, 1, 2], 110),
        "unlabelled": np.repeat([0, 1, 2], 100),
        "confidence": np.repeat([0.9, 0.7, 0.5], 100),
        "dev": none,
        "dev_wrong": none.astype(bool),
        "answered": none,
        "corrected": none.astype(bool),
        "doubt": none.astype(float),
        "mistakes": [],
    }
    return spots.estimate(**(arguments | changes))


def _of(spot: Spot) -> float:
    assert spot.estimate is not None
    return spot.estimate


def test_without_evidence_the_estimate_is_the_expected_error_drawn_a_little_to_the_mean() -> None:
    found = _estimate()
    # 100 rows of the region and 10 of the overall mean .3
    assert [_of(spot) for spot in found] == pytest.approx([(10 + 3) / 110, 0.3, (50 + 3) / 110])
    assert found[2].error_mass == pytest.approx(53 / 110 * 100)
    assert found[0].expected_error == pytest.approx(0.1)


def test_the_interval_is_the_beta_one_and_narrows_with_evidence() -> None:
    from scipy.stats import beta

    bare = _estimate()[1]
    assert (bare.low, bare.high) == pytest.approx((beta.ppf(0.025, 3, 7), beta.ppf(0.975, 3, 7)))
    told = _estimate(dev=np.full(40, 1), dev_wrong=np.arange(40) < 12, mistakes=[("x", "y")] * 12)[1]
    assert told.low is not None
    assert told.high is not None
    assert bare.low is not None
    assert bare.high is not None
    assert told.high - told.low < bare.high - bare.low
    assert told.low < _of(told) < told.high


def test_dev_errors_beyond_expectation_raise_the_estimate_and_successes_lower_it() -> None:
    bad = _estimate(dev=np.full(20, 1), dev_wrong=np.ones(20, dtype=bool), mistakes=[("x", "y")] * 20)[1]
    good = _estimate(dev=np.full(20, 1), dev_wrong=np.zeros(20, dtype=bool))[1]
    assert _of(bad) > 0.6
    assert _of(good) < 0.2


def test_hard_picks_that_go_as_badly_as_expected_do_not_inflate_the_estimate() -> None:
    half = np.arange(40) < 20
    found = _estimate(answered=np.zeros(40, dtype=int), corrected=half, doubt=np.full(40, 0.5))[0]
    assert _of(found) == pytest.approx(_of(_estimate()[0]))
    assert (found.asked, found.corrections) == (40, 20)


def test_hard_dev_examples_do_not_inflate_it_either() -> None:
    half = np.arange(40) < 20
    dev = {"dev": np.zeros(40, dtype=int), "dev_wrong": half, "mistakes": [("x", "y")] * 20}
    aware = _estimate(**dev, dev_doubt=np.full(40, 0.5))[0]
    plain = _estimate(**dev)[0]
    assert _of(aware) == pytest.approx(_of(_estimate()[0]))
    assert _of(plain) > _of(aware) + 0.1


def test_a_model_that_boasts_everywhere_is_expected_to_err_more_everywhere() -> None:
    dev = np.repeat([0, 1], 50)
    found = _estimate(dev=dev, dev_wrong=np.ones(100, dtype=bool), mistakes=[("x", "y")] * 100)
    assert _of(found[2]) > _of(_estimate()[2]) + 0.1


def test_estimates_stay_within_zero_and_one_whatever_the_evidence() -> None:
    for wrong in (True, False):
        found = _estimate(
            confidence=np.repeat([1.0, 1.0, 0.0], 100),
            dev=np.repeat([0, 1, 2], 50),
            dev_wrong=np.full(150, wrong),
            mistakes=[("x", "y")] * (150 * wrong),
        )
        for spot in found:
            assert spot.low is not None
            assert spot.high is not None
            assert 0 <= spot.low <= _of(spot) <= spot.high <= 1


def test_before_the_first_model_sizes_are_known_and_rates_are_not() -> None:
    found = _estimate(confidence=None)[0]
    assert (found.size, found.pool) == (110, 100)
    assert (found.expected_error, found.estimate, found.low, found.error_mass) == (None, None, None, None)


def test_a_region_without_open_rows_has_an_estimate_but_no_error_mass() -> None:
    found = _estimate(unlabelled=np.repeat([0, 1], 150), confidence=np.full(300, 0.8))[2]
    assert found.expected_error is None
    assert _of(found) == pytest.approx(0.2)
    assert found.error_mass == 0


def test_an_empty_pool_is_no_crash() -> None:
    found = _estimate(unlabelled=np.empty(0, dtype=int), confidence=np.empty(0))
    assert [_of(spot) for spot in found] == pytest.approx([0.5] * 3)


def test_the_pair_most_often_mixed_up_is_named_whichever_was_true() -> None:
    mistakes = [("bill", "fee"), ("fee", "bill"), ("bill", "outage"), ("sim", "bill")]
    found = _estimate(dev=np.array([0, 0, 0, 1]), dev_wrong=np.ones(4, dtype=bool), mistakes=mistakes)
    assert [spot.confused for spot in found] == [("bill", "fee"), ("bill", "sim"), None]


def test_shrinkage_lowers_the_error_of_noisy_rates() -> None:
    rng = np.random.default_rng(0)
    truth = rng.beta(4, 12, size=40)
    dev = np.repeat(np.arange(40), 5)
    wrong = rng.random(200) < truth[dev]
    found = spots.estimate(
        names=tuple("x" * 40),
        terms=[()] * 40,
        members=dev,
        unlabelled=np.repeat(np.arange(40), 50),
        confidence=np.full(2000, 1 - truth.mean()),
        dev=dev,
        dev_wrong=wrong,
        answered=np.empty(0, dtype=int),
        corrected=np.empty(0, dtype=bool),
        doubt=np.empty(0),
        mistakes=[("x", "y")] * int(wrong.sum()),
    )
    shrunken = np.array([_of(spot) for spot in found])
    raw = np.bincount(dev, weights=wrong) / 5
    assert np.abs(shrunken - truth).mean() < 0.7 * np.abs(raw - truth).mean()
