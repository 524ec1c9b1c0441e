"""Slices found by themselves: planted ones are found, chance is not, and nothing is said twice."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact

from loop.evaluation.slices import COLUMNS, find_slices, length_band
from loop.records import IntArray

CHANNELS, LANGUAGES, TIERS = ("chat", "mail", "voice"), ("de", "en", "es"), ("basic", "business")


def drawn(seed: int, n: int = 900) -> dict[str, list[str]]:
    rng = np.random.default_rng(seed)
    menus = {"channel": CHANNELS, "language": LANGUAGES, "tier": TIERS}
    return {name: [str(value) for value in rng.choice(menu, size=n)] for name, menu in menus.items()}


def flipped(seed: int, chance: IntArray) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.asarray(np.random.default_rng(seed).random(len(chance)) < chance)


def names(found: object) -> list[str]:
    return [one.name for one in found]  # type: ignore[attr-defined]


def test_a_weak_value_is_told_once_and_not_again_by_its_pairs() -> None:
    columns = drawn(0)
    chance = np.where(np.array(columns["channel"]) == "voice", 0.45, 0.1)
    (found,) = find_slices(columns, flipped(1, chance))
    assert (found.name, dict(found.columns)) == ("channel=voice", {"channel": "voice"})
    assert found.low < found.rate < found.high
    assert found.rate > 0.35 > found.rest


def test_a_weak_pair_is_told_and_not_its_parts() -> None:
    columns = drawn(0)
    both = (np.array(columns["channel"]) == "voice") & (np.array(columns["language"]) == "de")
    assert names(find_slices(columns, flipped(1, np.where(both, 0.7, 0.1)))) == ["channel=voice & language=de"]


def test_a_weak_value_and_a_weaker_pair_in_it_are_both_told() -> None:
    columns = drawn(0, n=3000)
    voice = np.array(columns["channel"]) == "voice"
    both = voice & (np.array(columns["language"]) == "de")
    chance = np.where(both, 0.8, np.where(voice, 0.35, 0.05))
    assert set(names(find_slices(columns, flipped(1, chance)))) == {"channel=voice", "channel=voice & language=de"}


def test_the_worst_comes_first_by_errors_beyond_the_rest() -> None:
    columns = drawn(3, n=3000)
    voice, de = np.array(columns["channel"]) == "voice", np.array(columns["language"]) == "de"
    found = find_slices(columns, flipped(1, 0.05 + 0.5 * voice + 0.2 * de))
    assert names(found)[:2] == ["channel=voice", "language=de"]
    assert len(find_slices(columns, flipped(1, 0.05 + 0.5 * voice + 0.2 * de), most=1)) == 1


@pytest.mark.slow
def test_by_chance_alone_something_is_told_in_at_most_one_of_twenty_cases() -> None:
    """200 samples without any weak slice: at most 5 % + 3 standard errors tell one."""
    columns = drawn(0, n=300)
    told = sum(bool(find_slices(columns, flipped(seed, np.full(300, 0.2)))) for seed in range(200))
    assert told / 200 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)


def test_the_p_value_of_a_lone_column_is_fishers_times_what_was_looked_at() -> None:
    wrong = np.array([True] * 15 + [False] * 15 + [True] * 3 + [False] * 27)
    (found,) = find_slices({"channel": ["voice"] * 30 + ["chat"] * 30}, wrong)
    expected = fisher_exact([[15, 15], [3, 27]], alternative="greater").pvalue
    assert found.p_value == pytest.approx(2 * expected)
    assert (found.n, found.errors, found.rate, found.rest) == (30, 15, 0.5, 0.1)


def test_small_slices_empty_values_and_single_values_are_not_looked_at() -> None:
    wrong = np.array([True] * 12 + [False] * 88)
    assert find_slices({"a": ["x"] * 12 + ["y"] * 88}, wrong) == ()
    assert find_slices({"a": ["x"] * 100}, wrong) == ()
    assert find_slices({"a": [""] * 40 + ["y"] * 60}, np.arange(100) < 40) == ()
    assert find_slices({}, wrong) == ()
    assert find_slices({"a": []}, np.empty(0, dtype=bool)) == ()


def test_a_model_that_is_always_or_never_right_has_no_slices() -> None:
    for wrong in (np.zeros(900, dtype=bool), np.ones(900, dtype=bool)):
        assert find_slices(drawn(0), wrong) == ()


def test_equal_weights_change_nothing_but_the_test_and_a_heavy_example_counts_for_what_it_stands_for() -> None:
    columns = drawn(0)
    wrong = flipped(1, np.where(np.array(columns["channel"]) == "voice", 0.45, 0.1))
    (plain,), (weighted,) = find_slices(columns, wrong), find_slices(columns, wrong, weights=np.full(900, 3.0))
    assert (weighted.name, weighted.n, weighted.errors) == (plain.name, plain.n, plain.errors)
    assert weighted.rate == pytest.approx(plain.rate)
    assert weighted.low == pytest.approx(plain.low)
    # Errors were drawn four times as often as what they stand for: the same rate everywhere once weighted.
    rare = np.where(wrong & (np.array(columns["channel"]) == "voice"), 0.15, 1.0)
    assert "channel=voice" not in names(find_slices(columns, wrong, weights=rare))


def test_many_columns_and_values_stay_within_bounds() -> None:
    rng = np.random.default_rng(0)
    columns = {f"c{i:02d}": [str(value) for value in rng.integers(200, size=4000)] for i in range(2 * COLUMNS)}
    columns["few"] = [str(value) for value in rng.integers(2, size=4000)]
    assert "few=1" in names(find_slices(columns, np.array(columns["few"]) == "1"))


def test_texts_have_a_length() -> None:
    assert [length_band("w " * n) for n in (0, 3, 4, 30, 100, 101)] == [
        *("up to 3 words", "up to 3 words", "4 to 10 words"),
        *("11 to 30 words", "31 to 100 words", "over 100 words"),
    ]
