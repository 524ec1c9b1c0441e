"""What can be compared directly: the strategies of one encoder, recipe, noise and batch.

records ─► a Line per strategy: curve, area, answers needed, cost, seconds │ a RuleLine per stopping rule
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from loop.records import FloatArray, IntArray
from loop.simulation.cells import WHOLE, Cell, Record
from loop.simulation.combined import Plainest, Whole
from loop.simulation.measures import Mean, Needed, Ratio, area, mean, needed, ratio
from loop.simulation.spec import BASELINE, SimulationSpec
from loop.simulation.stopping import RULES, stops

SHARES = (0.90, 0.95, 0.97)
"""Of full-data accuracy, that curves are asked for."""
AIM = 0.95
"""The share that the planner's rule `target` aims at."""
AS_RANDOM = "as random at its end"


@dataclass(frozen=True, slots=True)
class Reach:
    """One accuracy aimed at."""

    name: str
    """ "95 % of full", or AS_RANDOM."""
    accuracy: float
    needed: Needed
    """On the mean curve."""
    ratio: Ratio | None
    """To what random needs; None for random itself."""
    cost: float | None
    """Of the answers needed; None without a price, or where it was not reached."""
    saved: float | None
    """Less than random's cost; None where either is not known."""


@dataclass(frozen=True, slots=True)
class Line:
    """One strategy in a group; r rounds."""

    strategy: str
    accuracy: tuple[float, ...]
    """(r,) mean over seeds."""
    half: tuple[float | None, ...]
    """(r,) half width of the 95 % Student interval over seeds; None for a single seed."""
    macro_f1: float
    """At the end."""
    area: Mean
    """Mean accuracy over the whole curve."""
    against_random: Mean | None
    """Of the area, paired by seed; None for random itself."""
    whole: Whole | None
    """None for the first encoder with the first recipe: there the figures against random say it."""
    reaches: tuple[Reach, ...]
    picking_s: float
    fitting_s: float
    """Mean wall seconds a round."""


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One stopping rule over all projects of a group, or over those of one strategy."""

    rule: str
    strategy: str
    """ "" for all."""
    projects: int
    stopped: int
    round: float | None
    """The median, from 1; None when it never stopped, as the next two."""
    wasted: float | None
    """Mean answers after the best possible round."""
    missed: float | None
    """Mean error rate above that at the end of the run."""


@dataclass(frozen=True, slots=True)
class Group:
    """All that can be compared directly: same encoder, recipe, noise and batch."""

    base: str
    """The frozen encoder."""
    recipe: str
    noise: float
    batch: int
    asked: tuple[int, ...]
    """(r,) answers after each round."""
    full: Mean
    """Accuracy of the recipe trained on the answers to the whole pool."""
    lines: tuple[Line, ...]
    rules: tuple[RuleLine, ...]

    def line(self, strategy: str) -> Line:
        """Of this strategy, which is one of those simulated."""
        return next(line for line in self.lines if line.strategy == strategy)

    def title(self, *, with_base: bool) -> str:
        """ "recipe plain, batches of 25, 10 % wrong answers"; with_base: and the encoder, before it."""
        encoder = f"encoder {self.base}, " if with_base else ""
        noise = f", {100 * self.noise:.0f} % wrong answers" if self.noise else ""
        return f"{encoder}recipe {self.recipe}, batches of {self.batch}{noise}"


def group_of(
    records: Mapping[Cell, Record], spec: SimulationSpec, *, base: str, recipe: str, noise: float, batch: int
) -> Group:
    """From the records of all its cells, of every seed."""
    found = {name: seeds_of(records, spec, base, recipe, noise, batch, name) for name in spec.strategies}
    whole = _with_whole_pool(records, spec, base, recipe, noise)
    asked: IntArray = found[BASELINE][0].asked
    curves = {name: np.array([record.accuracy for record in own]) for name, own in found.items()}
    targets = {f"{100 * share:.0f} % of full": share * whole for share in SHARES}
    targets[AS_RANDOM] = curves[BASELINE][:, -1]
    wanted = 1 - AIM * whole
    plainest = _plainest(records, spec, base, recipe, noise, batch)
    return Group(
        base=base,
        recipe=recipe,
        noise=noise,
        batch=batch,
        asked=tuple(asked.tolist()),
        full=mean(whole),
        lines=tuple(_line(name, found[name], curves, asked, targets, plainest, spec.price) for name in spec.strategies),
        rules=_rules(found, wanted),
    )


def _plainest(
    records: Mapping[Cell, Record], spec: SimulationSpec, base: str, recipe: str, noise: float, batch: int
) -> Plainest | None:
    """The first encoder and recipe with random picks; None for these themselves."""
    first = spec.bases[0], spec.recipes[0]
    if (base, recipe) == first:
        return None
    at_random = np.array([record.accuracy for record in seeds_of(records, spec, *first, noise, batch, BASELINE)])
    return Plainest(*first, at_random, AIM * _with_whole_pool(records, spec, *first, noise))


def _with_whole_pool(
    records: Mapping[Cell, Record], spec: SimulationSpec, base: str, recipe: str, noise: float
) -> FloatArray:
    """(s,) accuracy with the answers to the whole pool."""
    return np.array([record.accuracy[0] for record in seeds_of(records, spec, base, recipe, noise, 0, WHOLE)])


def _line(
    name: str,
    records: Sequence[Record],
    curves: Mapping[str, FloatArray],
    asked: IntArray,
    targets: Mapping[str, FloatArray],
    plainest: Plainest | None,
    price: float | None,
) -> Line:
    own, base = curves[name], curves[BASELINE]
    span = {"low": float(asked[0]), "high": float(asked[-1])}
    areas = area(asked, own, **span)
    rounds = [mean(column) for column in own.T]
    return Line(
        strategy=name,
        accuracy=tuple(one.value for one in rounds),
        half=tuple(one.half for one in rounds),
        macro_f1=float(np.mean([record.macro_f1[-1] for record in records])),
        area=mean(areas),
        against_random=None if name == BASELINE else mean(areas - area(asked, base, **span)),
        whole=None if plainest is None else plainest.against(asked, own),
        reaches=tuple(
            _reach(aim, asked, own, base, wanted, price=price, itself=name == BASELINE)
            for aim, wanted in targets.items()
        ),
        picking_s=float(np.mean([record.picking_s.mean() for record in records])),
        fitting_s=float(np.mean([record.fitting_s.mean() for record in records])),
    )


def _reach(
    name: str,
    asked: IntArray,
    own: FloatArray,
    base: FloatArray,
    targets: FloatArray,
    *,
    price: float | None,
    itself: bool,
) -> Reach:
    aimed = float(targets.mean())
    mine, theirs = (needed(asked, curve.mean(axis=0), aimed) for curve in (own, base))
    cost, others = (one.high * price if price is not None and np.isfinite(one.high) else None for one in (mine, theirs))
    return Reach(
        name=name,
        accuracy=aimed,
        needed=mine,
        ratio=None if itself else ratio(asked, own, base, targets),
        cost=cost,
        saved=None if cost is None or others is None else others - cost,
    )


def _rules(found: Mapping[str, Sequence[Record]], wanted: FloatArray) -> tuple[RuleLine, ...]:
    """wanted: (s,) the error rate aimed at with each seed."""
    ended = {
        name: [stops(record, wanted=float(aim)) for record, aim in zip(records, wanted, strict=True)]
        for name, records in found.items()
    }
    lines = []
    for strategy in ("", *found):
        own = [one for name, many in ended.items() if strategy in ("", name) for one in many]
        for place, rule in enumerate(RULES):
            held = [one[place] for one in own if one[place].round is not None]
            lines.append(
                RuleLine(
                    rule=rule,
                    strategy=strategy,
                    projects=len(own),
                    stopped=len(held),
                    round=float(np.median([(one.round or 0) + 1 for one in held])) if held else None,
                    wasted=float(np.mean([one.wasted for one in held])) if held else None,
                    missed=float(np.mean([one.missed for one in held])) if held else None,
                )
            )
    return tuple(lines)


def seeds_of(
    records: Mapping[Cell, Record],
    spec: SimulationSpec,
    base: str,
    recipe: str,
    noise: float,
    batch: int,
    strategy: str,
) -> list[Record]:
    """The records of one set-up, a seed each."""
    return [records[Cell(seed, batch, noise, recipe, strategy, base)] for seed in range(spec.seeds)]
