"""When it is enough: four rules, each with whether it holds, why in words, and its figures.

    target      the newest model's error rate is at or below the target, with 95 % certainty
    gain        another 100 answers bring less than is worth asking for, with 90 % certainty
    stability   the last three models say the same of the same examples
    budget      the next batch costs more than is left

A rule that lacks what it needs does not hold, and says what is missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from loop.formatting import about, amount
from loop.planning.cost import Cost
from loop.records import FloatArray

RULES = ("target", "gain", "stability", "budget")
SURE_OF_TARGET = 0.95
SURE_OF_GAIN = 0.9
AGREEMENT = 0.99
MODELS = 3
"""Bloodgood and Vijay-Shanker 2009 stop when models of three rounds agree by a kappa of 0.99."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a rule says now."""

    rule: str
    holds: bool
    """Whether it says: enough."""
    words: str
    figures: Mapping[str, float] = field(default_factory=dict)


def target(draws: FloatArray | None, *, wanted: float | None) -> Ruling:
    """The target is reached when at least SURE_OF_TARGET of the draws lie at or below it.

    draws: (m,) error rates the newest model may truly have; None: too few rounds. Not the point estimate: that lies
    below the target by chance in half of all rounds in which the model just misses it.
    """
    if wanted is None:
        return Ruling("target", False, "no target is set (plan.target_error)")
    if draws is None:
        return Ruling("target", False, "two measured rounds are needed to tell")
    sure, upper = float((draws <= wanted).mean()), float(np.quantile(draws, SURE_OF_TARGET))
    figures = {"target": wanted, "certainty": sure, "upper": upper}
    if sure >= SURE_OF_TARGET:
        return Ruling("target", True, f"{_percent(wanted)} or less with {_percent(sure, 0)} certainty", figures)
    at_most = f"at most {_percent(upper)} with {_percent(SURE_OF_TARGET, 0)} certainty, {_percent(wanted)} is wanted"
    return Ruling("target", False, at_most, figures)


def gain(before: FloatArray | None, after: FloatArray | None, *, answers: float, least: float) -> Ruling:
    """The next answers gain less than `least` per 100 in at least SURE_OF_GAIN of the draws.

    before, after: (m,) error rates of the same curves without and with the next `answers` answers; None: too few
    rounds. least: points of error rate, 0..1.
    """
    if before is None or after is None or answers <= 0:
        return Ruling("gain", False, "two measured rounds are needed to tell")
    gains = (before - after) * 100 / answers
    sure, middle = float((gains < least).mean()), float(np.median(gains))
    figures = {"gain": middle, "least": least, "certainty": sure}
    words = f"100 answers gain about {100 * middle:.2f} points; less than {100 * least:.2f}"
    words += f" with {_percent(sure, 0)} certainty"
    return Ruling("gain", sure >= SURE_OF_GAIN, words, figures)


def stability(guesses: Sequence[Sequence[str]]) -> Ruling:
    """The last MODELS models agree by a kappa of AGREEMENT or more, each with the one before it.

    guesses: of each model, oldest first, the labels of the same examples in the same order, which are not trained on.
    Bloodgood and Vijay-Shanker 2009, A method for stopping active learning based on stabilizing predictions.
    """
    newest = guesses[-MODELS:]
    if len(newest) < MODELS or not newest[0]:
        return Ruling("stability", False, f"{MODELS} models that label the same examples are needed to tell")
    found = [kappa(one, other) for one, other in pairwise(newest)]
    lowest = min(found)
    words = (
        f"the last {MODELS} models agree on {len(newest[0])} examples by a kappa of {lowest:.3f}; {AGREEMENT} is stable"
    )
    return Ruling("stability", lowest >= AGREEMENT, words, {"kappa": lowest, "examples": float(len(newest[0]))})


def budget(
    spent: Cost | None, following: Cost | None, *, money: float | None, hours: float | None, currency: str
) -> Ruling:
    """What is left does not pay for the next batch.

    spent: of all answers so far; following: of the next batch; None where nobody's time was recorded. money, hours:
    the budgets; None: no limit.
    """
    if money is None and hours is None:
        return Ruling("budget", False, "no budget is set (plan.budget, plan.budget_hours)")
    if spent is None or following is None:
        return Ruling("budget", False, "no expert time was recorded, so nothing is known to be spent")
    if hours is None and spent.money is None:
        return Ruling("budget", False, "no price is set (plan.price_per_hour), so nothing is known to be spent")
    said: list[str] = []
    figures: dict[str, float] = {}
    over = False
    if money is not None and spent.money is not None and following.money is not None:
        over |= spent.money + following.money > money
        figures |= {"spent": spent.money, "next": following.money, "budget": money}
        costs = amount(following.money, currency)
        said.append(f"about {amount(spent.money, currency)} of {amount(money, currency)} spent, the next batch {costs}")
    if hours is not None:
        over |= spent.hours + following.hours > hours
        figures |= {"spent_hours": spent.hours, "next_hours": following.hours, "budget_hours": hours}
        takes = about(following.hours)
        said.append(f"about {about(spent.hours)} of {about(hours)} spent, the next batch {takes}")
    return Ruling("budget", over, "; ".join(said), figures)


def kappa(one: Sequence[str], other: Sequence[str]) -> float:
    """Cohen's kappa of two lists of labels of the same n ≥ 1 examples, at most 1; 1 when both give one label to all.

    Cohen 1960, A coefficient of agreement for nominal scales.
    """
    n = len(one)
    same = sum(a == b for a, b in zip(one, other, strict=True)) / n
    first, second = Counter(one), Counter(other)
    chance = sum(count * second[name] for name, count in first.items()) / n**2
    return 1.0 if chance >= 1 else (same - chance) / (1 - chance)


def _percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f} %"
