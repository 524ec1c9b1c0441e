"""What the gate says of a model that writes."""

from __future__ import annotations

import numpy as np
import pytest

from loop.errors import DataError
from loop.evaluation.compare import compare_wrong
from loop.evaluation.texts.gate import Loss, decide_texts, retention_loss
from loop.records import Comparison, Verdict


def _compared(fixed: int, broken: int, *, both: int = 20, n: int = 200) -> Comparison:
    before = {f"{row:03d}": row < both + fixed for row in range(n)}
    after = {f"{row:03d}": row < both or both + fixed <= row < both + fixed + broken for row in range(n)}
    return compare_wrong(before, after, on="gold")


def _decide(comparison: Comparison | None = None, **known: object) -> Verdict:
    given = {"checks": {}, "retention": None, "wins": None, "alpha": 0.05, "forgetting": 0.05, **known}
    return decide_texts(comparison, **given)  # type: ignore[arg-type]


def test_wrong_answers_are_paired_by_id() -> None:
    found = compare_wrong({"a": True, "b": True, "c": False}, {"c": True, "b": False, "x": True}, on="gold")
    assert (found.n, found.fixed, found.broken, found.champion_errors) == (2, 1, 1, 1)
    assert found.low < found.difference == 0 < found.high


def test_no_shared_prompt_is_an_error_in_words() -> None:
    with pytest.raises(DataError, match="share no example on gold"):
        compare_wrong({"a": True}, {"b": True}, on="gold")
    with pytest.raises(DataError, match="share no retention prompt"):
        retention_loss({"a": 1.0}, {})


def test_a_model_with_more_wrong_answers_is_held_with_the_numbers() -> None:
    verdict = _decide(_compared(2, 20))
    assert not verdict.promote
    assert verdict.reason.startswith("Worse than the model in use. 2 fixed, 20 broken of 200 (gold);")


def test_better_and_no_proven_difference_are_promoted() -> None:
    assert _decide(_compared(20, 2)).reason.startswith("Better than the model in use. 20 fixed")
    assert _decide(_compared(3, 4)).promote
    assert _decide(_compared(3, 4)).reason.startswith("No proven difference to the model in use")


def test_one_check_that_fails_more_often_holds_a_model_that_is_better_over_all() -> None:
    verdict = _decide(_compared(20, 2), checks={"polite": _compared(1, 15), "date": _compared(5, 1)})
    assert not verdict.promote
    assert verdict.reason.startswith('Fails the check "polite" more often. 1 fixed, 15 broken')
    assert "date" not in verdict.reason


def test_forgetting_holds_only_above_what_is_allowed_and_beyond_chance() -> None:
    real, small, chance = (
        Loss(50, 0.12, 0.08, 0.16, 0.001),
        Loss(500, 0.03, 0.02, 0.04, 1e-6),
        Loss(5, 0.2, -0.3, 0.7, 0.3),
    )
    held = _decide(retention=real)
    assert not held.promote
    assert held.reason == ("It forgot: 12.0 points lost on the 50 retention prompts (8.0 to 16.0); 5.0 are allowed.")
    assert _decide(retention=small).promote
    assert _decide(retention=chance).promote


def test_answers_that_people_like_less_hold_and_those_they_like_more_are_told() -> None:
    held = _decide(wins=(0.38, 0.301, 0.462))
    assert not held.promote
    assert held.reason == (
        "Its answers are preferred less often than those of the model in use: 38.0 % (30.1 to 46.2)."
    )
    liked = _decide(_compared(3, 4), wins=(0.61, 0.52, 0.69))
    assert liked.promote
    assert liked.reason.startswith("Better than the model in use. 3 fixed")
    assert liked.reason.endswith("Its answers are preferred in 61.0 % (52.0 to 69.0).")
    assert _decide(wins=(0.48, 0.4, 0.56)).promote


def test_a_run_that_broke_down_is_held_even_as_the_first_model() -> None:
    for first in (False, True):
        verdict = _decide(_compared(20, 2), collapsed="half of the answers repeat themselves.", first=first)
        assert not verdict.promote
        assert verdict.reason == "Tuning broke down: half of the answers repeat themselves."


def test_every_fault_is_named() -> None:
    verdict = _decide(_compared(2, 20), wins=(0.2, 0.1, 0.3), retention=Loss(50, 0.2, 0.1, 0.3, 0.0), collapsed="why")
    for told in ("broke down", "Worse", "forgot", "less often"):
        assert told in verdict.reason


def test_the_first_model_is_promoted_and_nothing_measured_is_called_unproven() -> None:
    assert _decide(_compared(2, 20), first=True).promote
    assert _decide().promote
    assert _decide().reason.startswith("Unproven:")


def test_the_retention_loss_is_paired_and_students() -> None:
    # differences 0.1, 0.3, 0.2, 0.2: mean 0.2, standard error 0.0408, t(3) = 3.182
    before = {"a": 0.5, "b": 0.9, "c": 0.6, "d": 1.0, "only before": 0.0}
    found = retention_loss(before, {"a": 0.4, "b": 0.6, "c": 0.4, "d": 0.8})
    assert (found.n, found.value) == (4, pytest.approx(0.2))
    assert (found.low, found.high) == pytest.approx((0.2 - 0.1299, 0.2 + 0.1299), abs=1e-4)
    assert found.p_value == pytest.approx(0.0163, abs=1e-3)


def test_one_prompt_tells_nothing_and_no_change_is_no_loss() -> None:
    assert retention_loss({"a": 1.0}, {"a": 0.0}) == Loss(1, 1.0, -1.0, 1.0, 1.0)
    assert retention_loss({"a": 1.0, "b": 0.0}, {"a": 1.0, "b": 0.0}) == Loss(2, 0.0, 0.0, 0.0, 1.0)
    assert retention_loss({"a": 1.0, "b": 1.0}, {"a": 0.0, "b": 0.0}).p_value == 0.0


def test_a_harmless_model_is_seldom_held_for_forgetting() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        lost = dict(zip("abcdefghijklmnopqrst", rng.normal(0, 0.2, 20).tolist(), strict=True))
        loss = retention_loss(dict.fromkeys(lost, 0.5), {id_: 0.5 + change for id_, change in lost.items()})
        held += not _decide(retention=loss).promote
    assert held / 200 < 0.06
