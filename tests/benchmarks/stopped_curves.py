"""For bench_planner: where each stopping rule ends a simulated project, and what that costs.

Wasted: answers after the first round whose model truly was good enough. Missed: how much lower the error rate is at the
end of the simulation, or by how much the target is truly missed. Answers are counted as labels that train.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from learning_curves import ROUNDS, Curve

from loop.planning import stopping
from loop.planning.curve import Point, curve, fitted, present

TARGETS = {"banking77": 0.20, "snips": 0.07, "sample": 0.33, "goemotions": 0.50}
LEAST = 0.01
"""Points per 100 answers: with the default of 0.002 none of these short curves ends."""
RULES = ("target: 95 % sure", "target: point", "target: upper end", "gain", "stability")


@dataclass(frozen=True)
class Stop:
    """One rule on one curve."""

    rule: str
    data: str
    round: int | None
    """Number of rounds it had seen; None: it never held."""
    answers: int | None
    """More than the first round that truly met the target; below 0: too early. None for rules without a target."""
    error: float
    """True error rate where it stopped, or at the end."""
    missed: float
    """What the rule gave away: above the target, or above the error rate at the end."""


def stops(grown: Curve, points: Sequence[Point]) -> Iterable[Stop]:
    """Every rule on one curve."""
    true = grown.wrong.mean(axis=1)
    wanted = TARGETS[grown.name]
    drawn = {rounds: fitted(points[:rounds]) for rounds in range(2, ROUNDS + 1)}
    batch = int(grown.labels[1] - grown.labels[0])

    def sure(rounds: int) -> bool:
        return stopping.target(present(drawn[rounds]), wanted=wanted).holds

    def no_gain(rounds: int) -> bool:
        now = points[rounds - 1].labels
        before, after = curve(drawn[rounds], now), curve(drawn[rounds], now + batch)
        return stopping.gain(before, after, answers=batch, least=LEAST).holds

    def stable(rounds: int) -> bool:
        return stopping.stability(grown.guesses[:rounds].astype(str).tolist()).holds

    tests: tuple[Callable[[int], bool], ...] = (
        sure,
        lambda rounds: points[rounds - 1].error <= wanted,
        lambda rounds: points[rounds - 1].high <= wanted,
        no_gain,
        stable,
    )
    first = next((round_ for round_, error in enumerate(true) if error <= wanted), None)
    for rule, test in zip(RULES, tests, strict=True):
        at = next((rounds for rounds in range(2, ROUNDS + 1) if test(rounds)), None)
        error = float(true[(at or ROUNDS) - 1])
        aimed = rule.startswith("target")
        answers = int(grown.labels[at - 1] - grown.labels[first]) if aimed and at and first is not None else None
        missed = max(error - wanted, 0.0) if aimed else error - float(true[-1])
        yield Stop(rule, grown.name, at, answers, error, missed if at else 0.0)


def table(found: Sequence[Stop]) -> str:
    """One line for each rule and data set."""
    lines = [
        f"{'rule':20s} {'data':12s} {'stopped':>8s} {'median round':>13s} {'too early':>10s} "
        f"{'wasted':>7s} {'missed':>7s}"
    ]
    for rule in RULES:
        for data in dict.fromkeys(one.data for one in found):
            own = [one for one in found if one.rule == rule and one.data == data]
            ended = [one for one in own if one.round is not None]
            middle = f"{np.median([one.round for one in ended]):.0f}" if ended else "–"
            aimed = rule.startswith("target")
            early = f"{sum(one.missed > 0 for one in ended)}" if aimed else "–"
            over = [max(one.answers, 0) for one in ended if one.answers is not None]
            wasted = f"{np.mean(over):.0f}" if over else "–"
            missed = f"{100 * np.mean([one.missed for one in ended]):.2f}" if ended else "–"
            stopped = f"{len(ended)} of {len(own)}"
            lines.append(f"{rule:20s} {data:12s} {stopped:>8s} {middle:>13s} {early:>10s} {wasted:>7s} {missed:>7s}")
    return "\n".join(lines)
