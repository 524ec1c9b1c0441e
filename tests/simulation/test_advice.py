"""What is recommended, and what is said about how sure that is."""

from __future__ import annotations

import pytest
from made_records import grid, spec

from loop.simulation.advice import spoken
from loop.simulation.measures import Ratio
from loop.simulation.spec import SimulationSpec
from loop.simulation.summary import Size, summarised

SIZE = Size(pool=500, held=100, classes=4)
SLOW = [0.30, 0.45, 0.60, 0.70, 0.76, 0.80]
FAST = [0.30, 0.60, 0.76, 0.79, 0.80, 0.80]


def advice(given: SimulationSpec, curves: dict[str, list[float]], **more: float):  # type: ignore[no-untyped-def]
    return summarised(grid(given, curves, full=0.8, **more), given, SIZE).advice


def test_a_strategy_that_is_proven_better_is_recommended_with_what_it_saves() -> None:
    found = advice(spec(price=0.5), {"random": SLOW, "margin": FAST})
    assert (found.strategy, found.batch, found.proven) == ("margin", 10, True)
    assert found.headline.startswith("margin with batches of 10: 95 % of full accuracy with 0.60 (")
    assert found.headline.endswith("of the labels random needs (30 instead of 50)")
    assert any("cost about 15 EUR, 10 EUR less" in sentence for sentence in found.sentences)
    assert found.keys == {"selection.strategy": "margin", "selection.batch": 10}


def test_a_difference_that_may_be_chance_recommends_random_and_says_so() -> None:
    found = advice(spec(), {"random": SLOW, "margin": [one + 0.001 for one in SLOW]})
    assert (found.strategy, found.proven) == ("random", False)
    assert found.headline == "random with batches of 10: no strategy is proven better here"
    assert "that may be chance" in found.sentences[0]


def test_a_worse_strategy_recommends_random() -> None:
    found = advice(spec(), {"random": FAST, "margin": SLOW})
    assert (found.strategy, found.proven) == ("random", False)


def test_a_single_seed_proves_nothing() -> None:
    found = advice(spec(seeds=1), {"random": SLOW, "margin": FAST})
    assert (found.strategy, found.proven) == ("random", False)
    assert "a single seed proves nothing" in found.sentences[0]


def test_two_seeds_that_agree_prove_nothing_and_are_not_written() -> None:
    records = grid(spec(seeds=2), {"random": SLOW, "margin": FAST}, full=0.8, scatter=0.0)
    found = summarised(records, spec(seeds=2), SIZE).advice
    assert (found.strategy, found.proven, found.keys) == ("random", False, {})
    assert "two seeds prove nothing" in found.sentences[0]


def test_both_together_without_a_target_reached_are_said_in_a_whole_sentence() -> None:
    given = spec(recipes=("plain", "head"))
    records = grid(given, {"random": SLOW, "margin": FAST}, full=0.99)
    better = {"random": FAST, "margin": [one + 0.05 for one in FAST]}
    records |= grid(spec(recipes=("head",)), better, full=0.99)
    found = summarised(records, given, SIZE).advice
    told = [sentence for sentence in found.sentences if sentence.startswith("Against recipe plain with random")]
    assert ["all labels is not told apart, " in sentence for sentence in told] == [True]


def test_a_strategy_that_is_as_good_is_named() -> None:
    given = spec(strategies=("random", "margin", "entropy"))
    found = advice(given, {"random": SLOW, "margin": FAST, "entropy": FAST})
    assert any(sentence.startswith("Not proven worse than it: ") for sentence in found.sentences)


def test_every_noise_has_its_own_sentence() -> None:
    found = advice(spec(noise=(0.0, 0.2)), {"random": SLOW, "margin": FAST})
    assert any(sentence.startswith("With 20 % wrong answers, 95 % of full accuracy") for sentence in found.sentences)


def test_a_better_recipe_and_its_picks_are_weighed_together_against_the_first_at_random() -> None:
    given = spec(recipes=("plain", "head"))
    records = grid(given, {"random": SLOW, "margin": FAST}, full=0.8)
    records |= grid(spec(recipes=("head",)), {"random": FAST, "margin": [0.7, 0.77, *[0.8] * 4]}, full=0.84)
    found = summarised(records, given, SIZE)
    plain, head = found.groups
    assert [line.whole for line in plain.lines] == [None, None]
    whole = head.line("margin").whole
    assert whole is not None
    assert (whole.recipe, round(whole.accuracy, 2)) == ("plain", 0.76)
    assert whole.ratio.value == pytest.approx(10 * (1 + 6 / 7) / 50, abs=0.01)
    assert whole.area.value > head.line("random").whole.area.value > 0  # type: ignore[union-attr]
    told = [sentence for sentence in found.advice.sentences if sentence.startswith("Against recipe plain with random")]
    assert len(told) == 1
    assert "0.37 (" in told[0]


def test_a_better_recipe_with_random_picks_is_weighed_too() -> None:
    given = spec(recipes=("plain", "head"))
    records = grid(given, {"random": SLOW, "margin": SLOW}, full=0.8)
    records |= grid(spec(recipes=("head",)), {"random": FAST, "margin": FAST}, full=0.84, scatter=0.0)
    found = summarised(records, given, SIZE).advice
    assert (found.strategy, found.recipe) == ("random", "head")
    assert any(sentence.startswith("Against recipe plain with random picks") for sentence in found.sentences)


def test_one_recipe_is_weighed_against_no_other() -> None:
    found = advice(spec(), {"random": SLOW, "margin": FAST})
    assert not [sentence for sentence in found.sentences if sentence.startswith("Against recipe")]


def test_a_recipe_that_is_a_tuning_method_goes_into_the_config() -> None:
    found = advice(spec(recipes=("head",)), {"random": SLOW, "margin": FAST})
    assert found.keys["model.tuning"] == "head"


def test_ratios_are_spoken_with_what_is_known() -> None:
    inf = float("inf")
    assert spoken(Ratio(0.34, 0.45, 0.39, "exact", None)) == "0.39 (0.34 to 0.45)"
    assert spoken(Ratio(0.34, inf, 0.39, "exact", None)) == "0.39 (0.34 or more)"
    assert spoken(Ratio(0.0, 0.45, 0.39, "exact", None)) == "0.39 (at most 0.45)"
    assert spoken(Ratio(0.0, inf, 0.39, "exact", None)) == "0.39"
    assert spoken(Ratio(0.0, 0.5, None, "at most", 0.45)) == "at most 0.45"
    assert spoken(Ratio(0.0, inf, None, "unknown", None)) == "not reached"
    assert spoken(Ratio(0.0, inf, None, "at once", None)) == "both at once"


def test_a_larger_batch_that_is_not_proven_leaves_the_smaller_ones_proof_alone() -> None:
    given = spec(batches=(10, 20))
    records = grid(spec(batches=(10,)), {"random": SLOW, "margin": FAST}, full=0.8)
    records |= grid(spec(batches=(20,)), {"random": SLOW[1::2], "margin": FAST[1::2]}, full=0.8, scatter=0.3)
    found = summarised(records, given, SIZE).advice
    assert (found.strategy, found.batch, found.proven) == ("margin", 10, True)


def test_no_better_picks_with_the_best_recipe_is_said_of_that_recipe() -> None:
    given = spec(recipes=("plain", "head"))
    records = grid(given, {"random": SLOW, "margin": FAST}, full=0.8)
    records |= grid(spec(recipes=("head",)), {"random": [0.8] * 6, "margin": [0.79] * 6}, full=0.84)
    found = summarised(records, given, SIZE).advice
    assert (found.strategy, found.recipe) == ("random", "head")
    assert "no picks did better than random ones with the recipe head" in found.sentences[0]
