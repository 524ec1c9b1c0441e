"""Set-ups that may be advised, and how their curves compare seed by seed (pure).

groups, curves ─► areas: SetUp → (s,) mean accuracy over the curve ─► leads, paired by seed
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from loop.records import FloatArray
from loop.simulation.groups import Group
from loop.simulation.measures import Mean, area, mean
from loop.simulation.spec import BASELINE

Key = tuple[str, str, float, int, str]
"""(encoder, recipe, noise, batch, strategy)."""


@dataclass(frozen=True, slots=True)
class SetUp:
    """What a project chooses; the noise is not among it."""

    base: str
    """The frozen encoder."""
    recipe: str
    batch: int
    """Answers a round."""
    strategy: str


Areas = Mapping[SetUp, FloatArray]
"""SetUp → (s,) area of each seed, on the answers that all batches have in common, the mean over noises."""


def areas_of(groups: Sequence[Group], curves: Mapping[Key, FloatArray]) -> dict[SetUp, FloatArray]:
    """The area of every set-up. curves: (s, r) accuracy of every set-up and noise."""
    low, high = max(group.asked[0] for group in groups), min(group.asked[-1] for group in groups)
    parts: dict[SetUp, list[FloatArray]] = {}
    for group in groups:
        asked = np.array(group.asked)
        for line in group.lines:
            curve = curves[group.base, group.recipe, group.noise, group.batch, line.strategy]
            set_up = SetUp(group.base, group.recipe, group.batch, line.strategy)
            parts.setdefault(set_up, []).append(area(asked, curve, low=low, high=high))
    return {set_up: np.mean(noises, axis=0) for set_up, noises in parts.items()}


def level_of(areas: Areas) -> float:
    """Of an interval that is as much wider (Bonferroni) as there are set-ups that may be found better.

    Each strategy but BASELINE may lead over random; with several encoders each set-up may lead over other encoders.
    """
    claims = sum(set_up.strategy != BASELINE for set_up in areas)
    if len({set_up.base for set_up in areas}) > 1:
        claims += len(areas)
    return 1 - 0.05 / max(claims, 1)


def lead_over_random(set_up: SetUp, areas: Areas, level: float) -> Mean:
    """Of a set-up over random picks with the same encoder, recipe and batch."""
    return mean(areas[set_up] - areas[replace(set_up, strategy=BASELINE)], level=level)


def best_at_random(areas: Areas) -> SetUp:
    """The set-up with random picks that has the largest area."""
    return max((one for one in areas if one.strategy == BASELINE), key=lambda one: areas[one].mean())


def larger_batch(best: SetUp, areas: Areas) -> SetUp:
    """The same with the largest batch that is not proven worse: fewer rounds are less trouble."""
    for batch in sorted({one.batch for one in areas}, reverse=True):
        other = replace(best, batch=batch)
        if batch <= best.batch or not mean(areas[other] - areas[best]).below_zero:
            return other if batch >= best.batch else best
    return best
