"""What to do, in words, with how sure that is.

    areas of every set-up, a seed each ─► the best one ─► the largest batch that is not proven worse
        ─► proven better than random? ─► yes: it, and what it saves │ no: random, and what is not proven

A set-up is a strategy, a recipe and a batch; its area is the mean over all noises simulated, on the answers that all
batches have in common. Among several set-ups the best one looks better than it is: it counts as proven only by an
interval that is as much wider (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from loop import registry
from loop.planning.cost import amount
from loop.records import FloatArray
from loop.simulation.groups import Group, Line, Reach
from loop.simulation.measures import Mean, Ratio, area, mean
from loop.simulation.wish import BASELINE

Key = tuple[str, float, int, str]
"""(recipe, noise, batch, strategy)."""
FIRST_TOLD = ("95 % of full", "97 % of full", "90 % of full")
"""Of these the first that can be told stands in the headline."""


@dataclass(frozen=True, slots=True)
class Advice:
    """The set-up to begin with."""

    strategy: str
    recipe: str
    batch: int
    proven: bool
    """Whether it is better than random beyond doubt, for the mean of the noises simulated."""
    headline: str
    sentences: tuple[str, ...]
    """Everything else that must be said."""
    keys: dict[str, str | int]
    """Key of weakspot.yaml → value; none where nothing is proven."""


def advise(
    groups: Sequence[Group], curves: Mapping[Key, FloatArray], *, seeds: int, price: float | None, currency: str
) -> Advice:
    """The set-up to begin with; random with the best recipe where nothing is proven better.

    curves: (s, r) accuracy of every set-up and noise.
    """
    areas = _areas(groups, curves)
    level = 1 - 0.05 / max(sum(one[2] != BASELINE for one in areas), 1)
    largest = max(areas, key=lambda one: areas[one].mean())
    # A larger batch may be as good and yet too uncertain to be proven better than random itself.
    tried = [(one, _lead_over_random(one, areas, level)) for one in (_larger_batch(largest, areas), largest)]
    best, lead = next((one for one in tried if one[1].above_zero), tried[0])
    recipe, batch, strategy = best
    proven = strategy != BASELINE and lead.above_zero
    sentences: list[str] = []
    if not proven:
        rival = max((one for one in areas if one[2] == BASELINE), key=lambda one: areas[one].mean())
        recipe, batch, strategy = _larger_batch(rival, areas)
    chosen = [group for group in groups if group.recipe == recipe and group.batch == batch]
    if proven:
        headline, more = _won(chosen, strategy)
        sentences += more
        sentences.append(_led(lead, level))
        sentences += _equals((recipe, batch, strategy), areas)
        sentences += _saved(chosen, strategy, price, currency)
    else:
        headline = f"random with batches of {batch}: no strategy is proven better here"
        sentences.append(_unproven(best, lead, level, seeds))
    sentences += _whole(chosen[0].line(strategy))
    sentences += _recipes((recipe, batch, strategy), areas)
    keys: dict[str, str | int] = {"selection.strategy": strategy, "selection.batch": batch} if proven else {}
    if proven and recipe in registry.names("tuning"):
        keys["model.tuning"] = recipe
    return Advice(strategy, recipe, batch, proven, headline, tuple(sentences), keys)


def _lead_over_random(
    one: tuple[str, int, str], areas: Mapping[tuple[str, int, str], FloatArray], level: float
) -> Mean:
    """Of a set-up over random picks with the same recipe and batch."""
    return mean(areas[one] - areas[one[0], one[1], BASELINE], level=level)


def _areas(groups: Sequence[Group], curves: Mapping[Key, FloatArray]) -> dict[tuple[str, int, str], FloatArray]:
    """(recipe, batch, strategy) → (s,) area on the answers all have in common, the mean over noises."""
    low, high = max(group.asked[0] for group in groups), min(group.asked[-1] for group in groups)
    found: dict[tuple[str, int, str], list[FloatArray]] = {}
    for group in groups:
        asked = np.array(group.asked)
        for line in group.lines:
            curve = curves[group.recipe, group.noise, group.batch, line.strategy]
            own = area(asked, curve, low=low, high=high)
            found.setdefault((group.recipe, group.batch, line.strategy), []).append(own)
    return {one: np.mean(parts, axis=0) for one, parts in found.items()}


def _larger_batch(best: tuple[str, int, str], areas: Mapping[tuple[str, int, str], FloatArray]) -> tuple[str, int, str]:
    """The same with the largest batch that is not proven worse: fewer rounds are less trouble."""
    recipe, _, strategy = best
    for batch in sorted({one[1] for one in areas}, reverse=True):
        other = (recipe, batch, strategy)
        if batch <= best[1] or not mean(areas[other] - areas[best]).below_zero:
            return other if batch >= best[1] else best
    return best


def _won(groups: Sequence[Group], strategy: str) -> tuple[str, list[str]]:
    """The headline from the first noise, and a sentence for each other one."""
    told = []
    for group in groups:
        line = group.line(strategy)
        reach = _tellable(line)
        told.append(_noise(group, len(groups)) + (_reached(reach, group) if reach else "no target was reached"))
    head = f"{strategy} with batches of {groups[0].batch}: {told[0]}"
    return head, [f"{one[0].upper()}{one[1:]}." for one in told[1:]]


def _tellable(line: Line) -> Reach | None:
    reaches = {reach.name: reach for reach in line.reaches}
    order = [name for name in FIRST_TOLD if name in reaches] + [name for name in reaches if name not in FIRST_TOLD]
    known = [reaches[name] for name in order if (found := reaches[name].ratio) and found.told]
    exact = [reach for reach in known if reach.ratio and reach.ratio.bound == "exact"]
    return next(iter(exact or known), None)


def _reached(reach: Reach, group: Group) -> str:
    if reach.ratio is None:
        return ""
    base = next(one for one in group.line(BASELINE).reaches if one.name == reach.name)
    counts = ""
    if isfinite(reach.needed.high) and isfinite(base.needed.high):
        counts = f" ({reach.needed.high:,.0f} instead of {base.needed.high:,.0f})"
    elif isfinite(reach.needed.high):
        counts = f" ({reach.needed.high:,.0f} instead of more than {base.needed.low:,.0f})"
    return f"{aimed(reach.name)} with {spoken(reach.ratio)} of the labels random needs{counts}"


def aimed(target: str) -> str:
    """ "95 % of full accuracy", "what random reaches at the end"."""
    return f"{target} accuracy" if target.endswith("full") else "what random reaches at the end"


def spoken(found: Ratio) -> str:
    """ "0.39 (0.34 to 0.45)", "at most 0.45", "both at once", "not reached"."""
    if not found.told:
        return "both at once" if found.bound == "at once" else "not reached"
    if found.bound != "exact" or found.value is None:
        return f"{found.bound} {found.limit:.2f}"
    return f"{found.value:.2f}{_interval(found)}"


def _interval(found: Ratio) -> str:
    if found.low == found.high or (found.low == 0 and not isfinite(found.high)):
        return ""
    if not isfinite(found.high):
        return f" ({found.low:.2f} or more)"
    return f" (at most {found.high:.2f})" if found.low == 0 else f" ({found.low:.2f} to {found.high:.2f})"


def _noise(group: Group, groups: int) -> str:
    return f"with {100 * group.noise:.0f} % wrong answers, " if groups > 1 or group.noise else ""


def _led(lead: Mean, level: float) -> str:
    return (
        f"Its accuracy over the whole curve is {100 * lead.value:.1f}{_half(lead)} points above random's "
        f"({100 * level:.3g} % interval, as wide as the number of set-ups compared asks for)."
    )


def _half(value: Mean) -> str:
    return f" ± {100 * value.half:.1f}" if value.half is not None else ""


def _unproven(best: tuple[str, int, str], lead: Mean, level: float, seeds: int) -> str:
    if best[2] == BASELINE:
        return f"On the whole curve no picks did better than random ones with the recipe {best[0]}."
    if lead.half is None:
        few = "a single seed proves" if seeds == 1 else "two seeds prove"
        return f"{best[2]} did best, but {few} nothing: simulate with --seeds 5 or more."
    return (
        f"{best[2]} did best, {100 * lead.value:+.1f} ± {100 * lead.half:.1f} points over the whole curve "
        f"({100 * level:.3g} % interval, {seeds} seeds): that may be chance. More seeds or more labels would tell."
    )


def _equals(best: tuple[str, int, str], areas: Mapping[tuple[str, int, str], FloatArray]) -> list[str]:
    """Strategies that are not proven worse than the best."""
    recipe, batch, strategy = best
    alike = []
    for (one, size, name), own in areas.items():
        if (one, size) == (recipe, batch) and name not in (strategy, BASELINE):
            behind = mean(own - areas[best])
            if not behind.below_zero:
                alike.append(f"{name} ({100 * behind.value:+.1f} points)")
    return [f"Not proven worse than it: {', '.join(alike)}."] if alike else []


def _recipes(best: tuple[str, int, str], areas: Mapping[tuple[str, int, str], FloatArray]) -> list[str]:
    """How the other recipes did with the same strategy and batch."""
    found = []
    for (recipe, batch, strategy), own in areas.items():
        if (batch, strategy) == best[1:] and recipe != best[0]:
            lead = mean(areas[best] - own)
            points = f"{100 * lead.value:+.1f}{_half(lead)} points over the curve"
            found.append(f"Recipe {best[0]} against {recipe}: {points}.")
    return found


def _whole(line: Line) -> list[str]:
    """What recipe and picks are worth together, in the first noise."""
    if line.whole is None:
        return []
    first, area = line.whole.recipe, line.whole.area
    points = f"{100 * area.value:+.1f}{_half(area)} points over the curve"
    share = f"with {spoken(line.whole.ratio)} of the labels it needs" if line.whole.ratio.told else "is not told apart"
    return [
        f"Against recipe {first} with random picks, both together: 95 % of what that reaches with all labels {share}, "
        f"{points}."
    ]


def _saved(groups: Sequence[Group], strategy: str, price: float | None, currency: str) -> list[str]:
    reach = _tellable(groups[0].line(strategy))
    if price is None or reach is None or reach.cost is None:
        return []
    saved = f", {amount(reach.saved, currency)} less than with random" if reach.saved is not None else ""
    return [f"The answers for {aimed(reach.name)} cost about {amount(reach.cost, currency)}{saved}."]
