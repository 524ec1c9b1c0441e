"""Encoder, recipe and picks together: what they are worth against the first ones with random picks (pure).

curves of the first encoder and recipe with random picks, what they reach with the whole pool ─► Plainest
    ─► a Whole per strategy
"""

from __future__ import annotations

from dataclasses import dataclass

from loop.records import FloatArray, IntArray
from loop.simulation.measures import Mean, Ratio, area, mean, ratio


@dataclass(frozen=True, slots=True)
class Whole:
    """What encoder, recipe and picks are worth together, against the first encoder and recipe with random picks."""

    base: str
    """The first encoder."""
    recipe: str
    """The first one."""
    accuracy: float
    """What is aimed at: 95 % of what the first one reaches with the whole pool."""
    ratio: Ratio
    """Answers needed for it, as a share of those that the first recipe needs with random picks."""
    area: Mean
    """Over the whole curve, paired by seed."""


@dataclass(frozen=True, slots=True, eq=False)
class Plainest:
    """The first encoder and recipe with random picks."""

    base: str
    recipe: str
    curve: FloatArray
    """(s, r) accuracy."""
    targets: FloatArray
    """(s,) accuracy aimed at with each seed."""

    def against(self, asked: IntArray, own: FloatArray) -> Whole:
        """What other curves (s, r) on the same seeds and counts of answers need, as a share of what it needs."""
        span = {"low": float(asked[0]), "high": float(asked[-1])}
        return Whole(
            base=self.base,
            recipe=self.recipe,
            accuracy=float(self.targets.mean()),
            ratio=ratio(asked, own, self.curve, self.targets),
            area=mean(area(asked, own, **span) - area(asked, self.curve, **span)),
        )
