"""The batch: shares, kinds, blindness, order and reasons."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from loop.errors import DataError
from loop.protocols import Choice, PoolView
from loop.records import Pick, PickKind, Spot
from loop.selection.budget import compose
from loop.selection.strategies import basic
from loop.selection.strategies.weak_spots import weak_spots

LABELS = ("charged_twice", "explain_charge", "outage")


def make_view(n: int = 100, *, model: bool = True, seed: int = 0) -> PoolView:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, 8))
    return PoolView(
        ids=tuple(f"id{row:03d}" for row in range(n)),
        embeddings=rows / np.linalg.norm(rows, axis=1, keepdims=True),
        probabilities=rng.dirichlet(np.ones(3), n) if model else None,
        spots=np.arange(n) % 2,
        spot_estimates=np.array([0.3, 0.1]) if model else None,
        labelled_embeddings=np.empty((0, 8)),
        labelled=np.empty(0, dtype=np.int64),
    )


def make_spot(id_: int) -> Spot:
    return Spot(
        id=id_,
        name=f"charge · statement {id_}",
        size=50,
        pool=50,
        dev_n=0,
        dev_errors=0,
        asked=0,
        corrections=0,
        expected_error=0.3,
        estimate=0.31,
        low=0.2,
        high=0.4,
        error_mass=15.5,
    )


def compose_batch(view: PoolView, **changes: Any) -> tuple[Pick, ...]:
    arguments: dict[str, Any] = {
        "strategy": weak_spots,
        "strategy_name": "weak_spots",
        "batch": 20,
        "audit": tuple((f"out{number}", 0.02) for number in range(4)),
        "blind": 2,
        "rng": np.random.default_rng(5),
        "spots": (make_spot(0), make_spot(1)),
        "labels": LABELS,
    }
    return compose(view, **(arguments | changes))


def kind(picks: tuple[Pick, ...], wanted: PickKind) -> list[Pick]:
    return [pick for pick in picks if pick.kind is wanted]


def test_a_batch_holds_its_audit_draws_and_the_strategy_fills_the_rest() -> None:
    picks = compose_batch(make_view())
    assert len(picks) == len({pick.example_id for pick in picks}) == 20
    assert [pick.example_id for pick in kind(picks, PickKind.AUDIT)] == ["out0", "out1", "out2", "out3"]
    assert len(kind(picks, PickKind.WEAK)) == 16


def test_audit_picks_carry_their_probability_and_are_always_blind() -> None:
    for pick in kind(compose_batch(make_view(), blind=0), PickKind.AUDIT):
        assert pick.inclusion_probability == 0.02
        assert not pick.show_suggestion
        assert (pick.strategy, pick.score) == ("audit", None)
        assert pick.reason == "Drawn at random to measure how often the model errs."


def test_an_audit_draw_from_the_view_is_never_picked_by_the_strategy_too() -> None:
    view = make_view(10)
    picks = compose_batch(view, audit=(("id003", 0.1), ("id007", 0.1)))
    assert len(picks) == 10
    audits = kind(picks, PickKind.AUDIT)
    assert {pick.example_id for pick in audits} == {"id003", "id007"}
    assert all(pick.guess in LABELS and pick.spot == 1 for pick in audits)


def test_the_audit_draw_does_not_change_what_the_strategy_chooses_from_the_rest() -> None:
    outside = compose_batch(make_view(), strategy=basic.margin, audit=(("out0", 0.1),))
    inside = compose_batch(make_view(), strategy=basic.margin, audit=(("id099", 0.1),))
    chosen = [[pick.example_id for pick in kind(picks, PickKind.WEAK)] for picks in (outside, inside)]
    assert [id_ for id_ in chosen[0] if id_ != "id099"] == chosen[1][: len(chosen[0]) - ("id099" in chosen[0])]


def test_a_blind_share_of_the_batch_is_asked_without_the_guess_and_says_so() -> None:
    picks = kind(compose_batch(make_view(), blind=5), PickKind.WEAK)
    blind = [pick for pick in picks if not pick.show_suggestion]
    assert len(blind) == 5
    for pick in blind:
        assert pick.guess is not None
        assert pick.guess.replace("_", " ") not in pick.reason
        assert pick.reason.startswith("Asked without the model's answer")


def test_no_blind_share_and_a_share_larger_than_what_is_left_are_both_fine() -> None:
    assert all(pick.show_suggestion for pick in kind(compose_batch(make_view(), blind=0), PickKind.WEAK))
    assert not any(pick.show_suggestion for pick in compose_batch(make_view(), blind=18))


def test_weak_picks_carry_guess_confidence_score_and_spot() -> None:
    view = make_view()
    assert view.probabilities is not None
    for pick in kind(compose_batch(view), PickKind.WEAK):
        row = view.ids.index(pick.example_id)
        assert pick.guess == LABELS[int(view.probabilities[row].argmax())]
        assert pick.confidence == view.probabilities[row].max()
        assert pick.spot == view.spots[row]
        assert pick.score is not None
        assert pick.inclusion_probability is None
        assert pick.strategy == "weak_spots"


def test_before_the_first_model_coverage_picks_whatever_the_config_names() -> None:
    picks = compose_batch(make_view(model=False), strategy=basic.margin, strategy_name="margin")
    cold = kind(picks, PickKind.COLD)
    assert len(cold) == 16
    for pick in cold:
        assert (pick.strategy, pick.guess, pick.confidence, pick.score) == ("coverage", None, None, None)
        assert pick.show_suggestion
        assert pick.reason == f"Typical of messages nobody has labelled yet, about “charge · statement {pick.spot}”."


def test_the_same_randomness_gives_the_same_batch_whatever_the_order_of_rows() -> None:
    view = make_view()
    order = np.random.default_rng(9).permutation(100)
    assert view.probabilities is not None
    turned = replace(
        view,
        ids=tuple(view.ids[row] for row in order),
        embeddings=view.embeddings[order],
        probabilities=view.probabilities[order],
        spots=view.spots[order],
    )
    assert compose_batch(view) == compose_batch(view) == compose_batch(turned)


def test_the_places_of_audit_picks_differ_from_batch_to_batch() -> None:
    places = set()
    for seed in range(30):
        picks = compose_batch(make_view(), rng=np.random.default_rng(seed))
        places.add(tuple(place for place, pick in enumerate(picks) if pick.kind is PickKind.AUDIT))
    assert len(places) > 20
    assert {place for found in places for place in found} == set(range(20))


def test_a_batch_of_audit_draws_alone_an_empty_pool_and_a_small_one_are_fine() -> None:
    assert len(compose_batch(make_view(), batch=3)) == 3
    assert [pick.kind for pick in compose_batch(make_view(0))] == [PickKind.AUDIT] * 4
    assert compose_batch(make_view(0), audit=()) == ()
    assert len(compose_batch(make_view(2))) == 6


def test_a_plug_in_that_breaks_its_contract_is_told_so() -> None:
    def greedy(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
        return Choice(rows=np.zeros(budget, dtype=np.int64), scores=np.zeros(budget))

    with pytest.raises(DataError, match="the strategy 'mine' gave 16 rows, 1 of them different; wanted: 16 different"):
        compose_batch(make_view(), strategy=greedy, strategy_name="mine")
