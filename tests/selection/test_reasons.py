"""The words experts read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from loop.records import Spot
from loop.selection import pick_reasons

LABELS = ("charged_twice", "explain_charge", "outage")
SPOT = Spot(
    id=0,
    name="charge · statement",
    size=9,
    pool=9,
    dev_n=0,
    dev_errors=0,
    asked=0,
    corrections=0,
    expected_error=0.3,
    estimate=0.312,
    low=0.1,
    high=0.5,
    error_mass=2.8,
)


def test_a_close_call_names_both_labels_and_the_region() -> None:
    assert pick_reasons.weak(np.array([0.41, 0.38, 0.21]), LABELS, SPOT) == (
        "The model hesitates between “charged twice” (41 %) and “explain charge” (38 %). "
        "It errs in about 31 % of messages about “charge · statement”."
    )


def test_a_sure_guess_is_not_called_a_hesitation() -> None:
    told = pick_reasons.weak(np.array([0.999, 0.001, 0.0]), LABELS, None)
    assert told == "The model takes this for “charged twice” (over 99 %), but may be wrong."


def test_a_region_without_an_estimate_is_not_spoken_of() -> None:
    told = pick_reasons.weak(np.array([0.5, 0.4, 0.1]), LABELS, replace(SPOT, estimate=None))
    assert told.endswith("“explain charge” (40 %).")


def test_a_blind_reason_names_no_label_of_the_example() -> None:
    told = pick_reasons.weak_blind(SPOT)
    assert told == (
        "Asked without the model's answer, so that yours is not swayed. "
        "It errs in about 31 % of messages like this one."
    )


def test_a_cold_reason_names_the_region_when_there_is_one() -> None:
    assert pick_reasons.cold(None) == "Typical of messages nobody has labelled yet."
    assert pick_reasons.cold(SPOT) == "Typical of messages nobody has labelled yet, about “charge · statement”."


@pytest.mark.parametrize(
    ("estimate", "told"), [(0.0, "0 %"), (0.002, "below 1 %"), (0.996, "over 99 %"), (1.0, "100 %")]
)
def test_a_percentage_is_never_falsely_nothing_or_everything(estimate: float, told: str) -> None:
    assert f"errs in about {told} of" in pick_reasons.weak_blind(replace(SPOT, estimate=estimate))


@pytest.mark.parametrize("word", ["margin", "entropy", "probability", "cluster", "calibrated", "uncertainty", "_"])
def test_no_reason_uses_the_words_of_the_trade(word: str) -> None:
    told = [
        pick_reasons.AUDIT,
        pick_reasons.cold(SPOT),
        pick_reasons.weak_blind(SPOT),
        pick_reasons.weak(np.array([0.41, 0.38, 0.21]), LABELS, SPOT),
    ]
    assert not any(word in reason for reason in told)
