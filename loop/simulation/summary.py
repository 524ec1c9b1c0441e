"""Records of all cells → everything that is told: plain values, so that they can be written as JSON.

records ─► groups (recipe, noise, batch) ─► advice
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from loop.records import FloatArray
from loop.simulation.advice import Advice, advise
from loop.simulation.cells import Cell, Record
from loop.simulation.groups import Group, group_of, seeds_of
from loop.simulation.wish import Wish


@dataclass(frozen=True, slots=True)
class Size:
    """How much was simulated with."""

    pool: int
    held: int
    classes: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What a simulation found."""

    file: str
    test: str | None
    base: str
    classes: int
    pool: int
    held: int
    seeds: int
    audit: float
    dev: float
    price: float | None
    currency: str
    groups: tuple[Group, ...]
    advice: Advice


def summarised(records: Mapping[Cell, Record], wish: Wish, size: Size) -> Summary:
    """Everything that is told, from the record of every cell of the grid."""
    groups = tuple(
        group_of(records, wish, recipe=recipe, noise=noise, batch=batch)
        for recipe, noise, batch in product(wish.recipes, wish.noise, wish.batches)
    )
    return Summary(
        file=wish.file,
        test=wish.test,
        base=wish.base,
        classes=size.classes,
        pool=size.pool,
        held=size.held,
        seeds=wish.seeds,
        audit=wish.audit,
        dev=wish.dev,
        price=wish.price,
        currency=wish.currency,
        groups=groups,
        advice=advise(groups, _accuracies(records, wish), seeds=wish.seeds, price=wish.price, currency=wish.currency),
    )


def _accuracies(records: Mapping[Cell, Record], wish: Wish) -> dict[tuple[str, float, int, str], FloatArray]:
    """(recipe, noise, batch, strategy) → (s, r) accuracy."""
    grid = product(wish.recipes, wish.noise, wish.batches, wish.strategies)
    return {one: np.array([record.accuracy for record in seeds_of(records, wish, *one)]) for one in grid}
