"""Records and stages made by hand, for tests of the simulation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np

from loop.protocols import FrozenTexts
from loop.simulation.cells import WHOLE, Cell, Record
from loop.simulation.replay import Stage
from loop.simulation.spec import SimulationSpec
from loop.simulation.split import answers, split


def record(accuracy: Sequence[float], *, step: int = 10, stop: int = 20) -> Record:
    """A curve with the same guesses in every round."""
    rounds = len(accuracy)
    return Record(
        asked=np.arange(1, rounds + 1) * step,
        accuracy=np.array(accuracy, dtype=np.float64),
        macro_f1=np.array(accuracy, dtype=np.float64),
        picking_s=np.full(rounds, 0.1),
        fitting_s=np.full(rounds, 0.2),
        doubt=np.full(rounds, 0.5),
        changed=np.array([np.nan] + [0.1] * (rounds - 1)),
        guesses=np.tile(np.arange(stop, dtype=np.int16) % 3, (rounds, 1)),
        asked_in=np.full(stop, -1, dtype=np.int16),
        upper=np.array([np.nan] + [0.9] * (rounds - 1)),
        little_gain=np.array([np.nan] + [0.1] * (rounds - 1)),
    )


def spec(tmp: Path = Path("out"), **more: object) -> SimulationSpec:
    given = {"strategies": ("random", "margin"), "seeds": 3, "batches": (10,), **more}
    return SimulationSpec(file="some.csv", out=tmp, **given)  # type: ignore[arg-type]


def grid(
    spec: SimulationSpec, curves: dict[str, Sequence[float]], *, full: float, scatter: float = 0.004
) -> dict[Cell, Record]:
    """Records of a simulation: strategy → mean curve; each seed lies a little beside it."""
    found = {}
    for seed in range(spec.seeds):
        beside = scatter * (seed - (spec.seeds - 1) / 2)
        for base, recipe in product(spec.bases, spec.recipes):
            for noise in spec.noise:
                found[Cell(seed, 0, noise, recipe, WHOLE, base)] = record([full])
                for batch in spec.batches:
                    for name in spec.strategies:
                        wobble = beside * (1 if name == "random" else -1)
                        curve = [one + wobble for one in curves[name]]
                        found[Cell(seed, batch, noise, recipe, name, base)] = record(curve, step=batch)
    return found


def stage(*, n: int = 240, classes: int = 4, noise: float = 0.0, seed: int = 0) -> Stage:
    """Clouds of texts around one centre a class."""
    rng = np.random.default_rng(5)
    labels = np.arange(n) % classes
    centres = rng.standard_normal((classes, 8))
    rows = centres[labels] + 0.8 * rng.standard_normal((n, 8))
    embeddings = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    part = split(labels, np.arange(0), share=0.25, seed=seed)
    return Stage(
        frozen=FrozenTexts(texts=tuple(f"text {row}" for row in range(n)), embeddings=embeddings),
        labels=labels,
        answers=answers(labels, classes=classes, noise=noise, seed=seed),
        classes=classes,
        part=part,
        spots=labels % 3,
        spot_count=3,
    )
