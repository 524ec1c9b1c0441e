"""Records of all cells → everything that is told: plain values, so that they can be written as JSON.

records ─► groups (encoder, recipe, noise, batch) ─► advice ◄─ what the names of the labels tell
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from loop.records import FloatArray
from loop.simulation.advice import Advice, advise
from loop.simulation.cells import Cell, Record
from loop.simulation.groups import Group, group_of, seeds_of
from loop.simulation.name_evidence import NameEvidence, name_advice
from loop.simulation.setups import Key
from loop.simulation.spec import SimulationSpec


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
    """The encoder; several with commas, as they were asked for."""
    classes: int
    pool: int
    held: int
    seeds: int
    audit: float
    dev: float
    price: float | None
    currency: str
    groups: tuple[Group, ...]
    names: tuple[NameEvidence, ...]
    """What the name of each label tells each encoder; empty where no recipe reads names."""
    advice: Advice

    @property
    def bases(self) -> tuple[str, ...]:
        """The encoders, each once."""
        return tuple(dict.fromkeys(group.base for group in self.groups))

    @property
    def several(self) -> bool:
        """Whether there is more than one encoder, so that a group has to name its own."""
        return len(self.bases) > 1


def summarised(
    records: Mapping[Cell, Record], spec: SimulationSpec, size: Size, names: Sequence[NameEvidence] = ()
) -> Summary:
    """Everything that is reported, from the record of every cell of the grid and the evidence on the labels' names."""
    groups = tuple(
        group_of(records, spec, base=base, recipe=recipe, noise=noise, batch=batch)
        for base, recipe, noise, batch in product(spec.bases, spec.recipes, spec.noise, spec.batches)
    )
    advice = advise(groups, _accuracies(records, spec), seeds=spec.seeds, price=spec.price, currency=spec.currency)
    own = [evidence for evidence in names if evidence.base == advice.base]
    return Summary(
        file=spec.file,
        test=spec.test,
        base=",".join(spec.bases),
        classes=size.classes,
        pool=size.pool,
        held=size.held,
        seeds=spec.seeds,
        audit=spec.audit,
        dev=spec.dev,
        price=spec.price,
        currency=spec.currency,
        groups=groups,
        names=tuple(names),
        advice=replace(advice, sentences=(*advice.sentences, *name_advice(own))),
    )


def _accuracies(records: Mapping[Cell, Record], spec: SimulationSpec) -> dict[Key, FloatArray]:
    """Key → (s, r) accuracy."""
    grid = product(spec.bases, spec.recipes, spec.noise, spec.batches, spec.strategies)
    return {one: np.array([record.accuracy for record in seeds_of(records, spec, *one)]) for one in grid}
