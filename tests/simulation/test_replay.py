"""Laws of one replayed project."""

from __future__ import annotations

from dataclasses import fields
from unittest import mock

import numpy as np
import pytest
from made_records import stage

from loop import registry
from loop.errors import DataError
from loop.planning import stopping
from loop.protocols import Choice, PoolView
from loop.simulation.replay import replay, whole

pytestmark = pytest.mark.slow

USUAL = {"recipe": "plain", "seed": 3, "batch": 12, "rounds": 4, "audit": 0.0, "dev": 0.0}


@pytest.mark.parametrize("strategy", ["random", "margin", "coverage", "weak_spots"])
def test_the_same_replay_gives_the_same_record_but_for_seconds(strategy: str) -> None:
    one, other = (replay(stage(), strategy=strategy, **USUAL) for _ in range(2))  # type: ignore[arg-type]
    for field in fields(one):
        if not field.name.endswith("_s"):
            assert np.array_equal(getattr(one, field.name), getattr(other, field.name), equal_nan=True), field.name


def test_labels_grow_by_a_batch_a_round_and_accuracy_with_them() -> None:
    found = replay(stage(), strategy="random", **USUAL)  # type: ignore[arg-type]
    assert found.asked.tolist() == [12, 24, 36, 48]
    assert found.accuracy[-1] > 0.6
    assert found.guesses.shape == (4, len(stage().part.stop))
    assert np.isnan(found.changed[0])
    assert np.isnan(found.upper[0])
    assert ((found.upper[1:] > 1 - found.accuracy[1:]) & (found.upper[1:] <= 1)).all()


def test_rows_of_the_stop_set_are_marked_when_they_are_asked() -> None:
    found = replay(stage(), strategy="random", **USUAL)  # type: ignore[arg-type]
    assert [int((found.asked_in == round_).sum()) for round_ in range(4)] == [12, 12, 12, 12]


def test_audit_and_dev_shares_are_asked_and_not_trained_on() -> None:
    given = {**USUAL, "audit": 0.25, "dev": 0.25}
    found = replay(stage(), strategy="margin", **given)  # type: ignore[arg-type]
    assert found.asked.tolist() == [12, 24, 36, 48]


@pytest.mark.parametrize("strategy", ["margin", "core_set", "typiclust", "stratified"])
def test_any_strategy_but_random_starts_as_a_live_project_does(strategy: str) -> None:
    one = {**USUAL, "rounds": 1}
    own, coverage = (replay(stage(), strategy=name, **one) for name in (strategy, "coverage"))  # type: ignore[arg-type]
    assert own.accuracy.tolist() == coverage.accuracy.tolist()


def test_random_starts_at_random() -> None:
    one = {**USUAL, "rounds": 1}
    own, coverage = (replay(stage(), strategy=name, **one) for name in ("random", "coverage"))  # type: ignore[arg-type]
    assert own.accuracy.tolist() != coverage.accuracy.tolist()


def test_wrong_answers_cost_accuracy() -> None:
    clean, noisy = (
        replay(stage(noise=noise), strategy="random", **USUAL)  # type: ignore[arg-type]
        for noise in (0.0, 0.5)
    )
    assert noisy.accuracy.mean() < clean.accuracy.mean()


def test_a_first_batch_of_one_class_is_no_model_and_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def of_one_class(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
        rows = np.array([row for row, id_ in enumerate(view.ids) if int(id_) % 4 == 0][:budget])
        rows = np.arange(budget) if len(view.labelled) else rows
        return Choice(rows=rows, scores=np.full(budget, np.nan))

    of_one_class.__name__ = "random"
    _put(monkeypatch, of_one_class)
    found = replay(stage(), strategy="random", **USUAL)  # type: ignore[arg-type]
    assert found.accuracy[0] == pytest.approx(0.25)
    assert np.isnan(found.doubt).tolist() == [True, False, False, False]
    assert np.isnan(found.changed).tolist() == [True, True, False, False]
    assert np.isnan(found.upper).tolist() == [True, True, False, False]


def test_answers_that_are_not_trained_on_count_as_asked() -> None:
    """Gains are judged per 100 answers asked: with half of them trained on, the same gain is worth half as much."""
    given, drawn = {**USUAL, "strategy": "random", "rounds": 6}, []
    for more in ({"batch": 12, "audit": 0.0}, {"batch": 24, "audit": 0.5}):
        with mock.patch.object(stopping, "gain", wraps=stopping.gain) as gain:
            replay(stage(), **{**given, **more})  # type: ignore[arg-type]
        drawn.append({call.kwargs["answers"] for call in gain.call_args_list})
    assert drawn == [{12}, {24}]


def test_a_strategy_that_breaks_its_contract_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
        return Choice(rows=np.zeros(budget, dtype=np.int64), scores=np.zeros(budget))

    _put(monkeypatch, twice)
    with pytest.raises(DataError, match="gave 12 rows, 1 of them different; wanted: 12 different rows"):
        replay(stage(), strategy="twice", **USUAL)  # type: ignore[arg-type]


def test_the_whole_pool_is_at_least_as_good_as_a_part_of_it() -> None:
    accuracy, seconds = whole(stage(), recipe="plain", seed=3)
    assert accuracy >= replay(stage(), strategy="random", **USUAL).accuracy[-1] - 0.05  # type: ignore[arg-type]
    assert seconds > 0


def _put(monkeypatch: pytest.MonkeyPatch, strategy: object) -> None:
    real = registry.load
    monkeypatch.setattr(
        registry, "load", lambda kind, name: strategy if name == strategy.__name__ else real(kind, name)
    )  # type: ignore[attr-defined]
