"""Several encoders in one grid: what is compared with what, and when one is advised."""

from __future__ import annotations

import csv

import pytest
from made_records import grid, spec

from loop.errors import ConfigError
from loop.simulation import results
from loop.simulation.cells import Cell, key
from loop.simulation.page import page
from loop.simulation.setups import SetUp, level_of
from loop.simulation.spec import checked
from loop.simulation.summary import Size, Summary, summarised

SIZE = Size(pool=500, held=100, classes=4)
SLOW = [0.30, 0.45, 0.60, 0.70, 0.76, 0.80]
FAST = [0.30, 0.60, 0.76, 0.79, 0.80, 0.80]
Curves = dict[str, list[float]]


def higher(curves: Curves, by: float) -> Curves:
    return {name: [value + by for value in curve] for name, curve in curves.items()}


def found(first: Curves, other: Curves, *, seeds: int = 5, scatter: float = 0.001) -> Summary:
    given = spec(bases=("minilm", "large"), seeds=seeds)
    records = grid(spec(bases=("minilm",), seeds=seeds), first, full=0.8, scatter=scatter)
    records |= grid(spec(bases=("large",), seeds=seeds), other, full=0.8, scatter=scatter)
    return summarised(records, given, SIZE)


BOTH = {"random": SLOW, "margin": FAST}


def test_an_encoder_that_leads_over_everything_of_the_other_is_written() -> None:
    advice = found(BOTH, higher(BOTH, 0.1)).advice
    assert (advice.base, advice.strategy, advice.base_proven) == ("large", "margin", True)
    assert advice.keys == {"selection.strategy": "margin", "selection.batch": 10, "model.base": "large"}
    assert advice.headline.startswith("margin with batches of 10 on the encoder large: ")
    assert any(one.startswith("Encoder large is proven better than minilm: +10.0 ±") for one in advice.sentences)


def test_an_encoder_that_may_lead_by_chance_is_not_written() -> None:
    advice = found(BOTH, higher(BOTH, 0.001), scatter=0.02).advice
    assert (advice.base_proven, "model.base" in advice.keys) == (False, False)
    assert "No encoder is proven better than all others: model.base is not advised." in advice.sentences


def test_an_encoder_whose_rival_has_a_strategy_as_good_is_not_proven() -> None:
    advice = found({"random": SLOW, "margin": FAST}, {"random": FAST, "margin": SLOW}).advice
    assert not advice.base_proven


def test_an_encoder_is_proven_without_picks_that_are() -> None:
    advice = found({"random": SLOW, "margin": SLOW}, higher({"random": SLOW, "margin": SLOW}, 0.1)).advice
    assert (advice.proven, advice.strategy, advice.keys) == (False, "random", {"model.base": "large"})
    assert advice.headline == "random with batches of 10 on the encoder large: no strategy is proven better here"


def test_two_seeds_prove_no_encoder() -> None:
    advice = found(BOTH, higher(BOTH, 0.1), seeds=2, scatter=0.0).advice
    assert (advice.base_proven, advice.keys) == (False, {})
    assert any("fewer than three seeds prove nothing" in one for one in advice.sentences)


def test_the_interval_widens_with_the_encoders() -> None:
    one = {SetUp("minilm", "plain", 10, name): None for name in ("random", "margin")}
    two = {**one, **{SetUp("large", "plain", 10, name): None for name in ("random", "margin")}}
    assert level_of(one) == pytest.approx(0.95)  # type: ignore[arg-type]
    assert level_of(two) == pytest.approx(1 - 0.05 / 6)  # type: ignore[arg-type]


def test_all_is_held_against_the_first_encoder_with_random_picks() -> None:
    summary = found(BOTH, higher(BOTH, 0.1))
    first, other = summary.groups
    assert [line.whole for line in first.lines] == [None, None]
    whole = other.line("random").whole
    assert whole is not None
    assert (whole.base, whole.recipe, round(whole.area.value, 3)) == ("minilm", "plain", 0.1)


def test_every_output_names_the_encoder_of_each_group_where_there_are_several() -> None:
    summary = found(BOTH, BOTH)
    rows = list(csv.DictReader(results.table(summary).splitlines()))
    assert {row["base"] for row in rows} == {"minilm", "large"}
    text = page(summary)
    for base in ("minilm", "large"):
        assert f"<h2>Encoder {base}, recipe plain, batches of 10</h2>" in text
        assert f"Accuracy by labels: encoder {base}, recipe plain" in text
    assert "against minilm, plain with random picks" in text
    assert results.plain(summary)["groups"][1]["base"] == "large"


def test_a_single_encoder_is_named_once() -> None:
    given = spec(seeds=5)
    summary = summarised(grid(given, BOTH, full=0.8), given, SIZE)
    assert results.table(summary).startswith("recipe,")
    assert "<h2>Recipe plain, batches of 10</h2>" in page(summary)
    assert "ncoder" not in " ".join((summary.advice.headline, *summary.advice.sentences))
    assert (summary.advice.base_proven, summary.base) == (False, "minilm")


def test_the_encoders_name_changes_no_key_its_fingerprint_does() -> None:
    one, other = (Cell(seed=1, batch=25, noise=0.1, recipe="plain", strategy="margin", base=name) for name in "ab")
    assert (
        key(one, {"encoder": "x"}, "code") == key(other, {"encoder": "x"}, "code") != key(one, {"encoder": "y"}, "code")
    )
    assert key(one, {"encoder": "x"}, "code") == "2782f56da16bbd9fa5789d92d341b79f"


def test_a_name_that_is_given_twice_counts_once_and_none_is_refused() -> None:
    assert checked(spec(bases=("minilm", "large", "minilm"))).bases == ("minilm", "large")
    with pytest.raises(ConfigError, match="--base is empty; wanted: at least one value"):
        checked(spec(bases=()))


def test_a_recipe_that_tunes_its_own_base_is_refused_beside_another_encoder() -> None:
    assert checked(spec(recipes=("lora",))).bases == ("minilm",)
    with pytest.raises(ConfigError, match="tunes minilm, --base is minilm,large; .* in a call of its own with --base"):
        checked(spec(recipes=("plain", "lora"), bases=("minilm", "large")))
