"""Why an example is asked, in words an expert understands; the same words stand in task, ledger and dashboard."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loop.records import FloatArray, Spot

AUDIT = "Drawn at random to measure how often the model errs."
AUDIT_OF_TWO = "Drawn at random to measure which of two models people prefer."
COLD = "Typical of messages nobody has labelled yet."
BLIND = "Asked without the model's answer, so that yours is not swayed."
WORTH_TELLING = 0.05
"""A second label less probable than this is not named."""


def weak(probabilities: FloatArray, labels: Sequence[str], spot: Spot | None) -> str:
    """For example 'The model hesitates between “charged twice” (41 %) and “explain charge” (38 %).

    It errs in about 31 % of messages about “charge · statement”.'

    probabilities: (k,) of one example. spot: where it lies; not spoken of when None, mute, or without an estimate.
    """
    return " ".join(part for part in (_hesitation(probabilities, labels), _region(spot)) if part)


def weak_blind(spot: Spot | None) -> str:
    """As `weak`, without a word about labels: a spot's name may hold the very ones it is asked about."""
    return " ".join(part for part in (BLIND, _region(spot, by_name=False)) if part)


def cold(spot: Spot | None) -> str:
    """Before the first model: 'Typical of messages nobody has labelled yet, about “sim card · activate”.'"""
    return COLD if spot is None or spot.muted else f"{COLD.rstrip('.')}, about “{spot.name}”."


def writing(confidence: float | None, spot: Spot | None) -> str:
    """For a model that writes: 'The model is not sure of its answer here (right with about 41 %). It errs in …'"""
    told = "" if confidence is None else f"The model is right here with about {_percent(confidence)}."
    return " ".join(part for part in (told, _region(spot)) if part) or "The model may be wrong here."


def spoken(label: str) -> str:
    """A label as people read it: underscores are spaces."""
    return label.replace("_", " ")


def _hesitation(probabilities: FloatArray, labels: Sequence[str]) -> str:
    order = np.argsort(-probabilities, kind="stable")[:2]
    told = [f"“{spoken(labels[column])}” ({_percent(float(probabilities[column]))})" for column in order]
    if len(told) < 2 or probabilities[order[1]] < WORTH_TELLING:
        return f"The model takes this for {told[0]}, but may be wrong."
    return f"The model hesitates between {told[0]} and {told[1]}."


def _region(spot: Spot | None, *, by_name: bool = True) -> str:
    if spot is None or spot.muted or spot.estimate is None:
        return ""
    which = f"messages about “{spot.name}”" if by_name else "messages like this one"
    return f"It errs in about {_percent(spot.estimate)} of {which}."


def _percent(share: float) -> str:
    """Whole percent; “below 1 %” and “over 99 %” instead of a false 0 or 100."""
    if 0 < share < 0.005:
        return "below 1 %"
    if 0.995 <= share < 1:
        return "over 99 %"
    return f"{share:.0%}".replace("%", " %")
