"""What to do, in words, with how sure that is.

    areas of every set-up, a seed each ─► the best one ─► the largest batch that is not proven worse
        ─► proven better than random? ─► yes: it, and what it saves │ no: random, and what is not proven
        ─► with several encoders: is its encoder proven better than the others?

A set-up is an encoder, a strategy, a recipe and a batch; its area is the mean over all noises simulated, on the answers
that all batches have in common. Among several set-ups the best one looks better than it is: it counts as proven only by
an interval that is as much wider (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite

from loop import registry
from loop.formatting import amount
from loop.records import FloatArray
from loop.simulation import encoder_lead
from loop.simulation.groups import Group, Line, Reach
from loop.simulation.measures import Mean, Ratio, mean
from loop.simulation.setups import Areas, Key, SetUp, areas_of, best_at_random, larger_batch, lead_over_random, level_of
from loop.simulation.spec import BASELINE

FIRST_TOLD = ("95 % of full", "97 % of full", "90 % of full")
"""Of these the first that can be told stands in the headline."""


@dataclass(frozen=True, slots=True)
class Advice:
    """The set-up to begin with."""

    base: str
    """The encoder of the set-up."""
    strategy: str
    recipe: str
    batch: int
    proven: bool
    """Whether it is better than random beyond doubt, for the mean of the noises simulated."""
    base_proven: bool
    """Whether its encoder is better than every other one beyond doubt; False with a single one."""
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
    areas = areas_of(groups, curves)
    level = level_of(areas)
    largest = max(areas, key=lambda one: areas[one].mean())
    # A larger batch may be as good and yet too uncertain to be proven better than random itself.
    tried = [(one, lead_over_random(one, areas, level)) for one in (larger_batch(largest, areas), largest)]
    best, lead = next((one for one in tried if one[1].above_zero), tried[0])
    proven = best.strategy != BASELINE and lead.above_zero
    chosen = best if proven else larger_batch(best_at_random(areas), areas)
    own = [one for one in groups if (one.base, one.recipe, one.batch) == (chosen.base, chosen.recipe, chosen.batch)]
    over_others = encoder_lead.leads(chosen, areas, level)
    on = f" on the encoder {chosen.base}" if over_others else ""
    sentences: list[str] = []
    if proven:
        headline, sentences = _won(own, chosen.strategy, on)
        sentences.append(_led(lead, level))
        sentences += _equals(chosen, areas)
        sentences += _saved(own, chosen.strategy, price, currency)
    else:
        headline = f"random with batches of {chosen.batch}{on}: no strategy is proven better here"
        sentences.append(_unproven(best, lead, level, seeds))
    sentences += _whole(own[0].line(chosen.strategy), with_base=bool(over_others))
    sentences += _recipes(chosen, areas)
    sentences += encoder_lead.sentences(chosen, over_others, level)
    return Advice(
        base=chosen.base,
        strategy=chosen.strategy,
        recipe=chosen.recipe,
        batch=chosen.batch,
        proven=proven,
        base_proven=encoder_lead.proven(over_others),
        headline=headline,
        sentences=tuple(sentences),
        keys=_keys(chosen, picks=proven, base=encoder_lead.proven(over_others)),
    )


def _keys(chosen: SetUp, *, picks: bool, base: bool) -> dict[str, str | int]:
    """Of weakspot.yaml. picks, base: whether the strategy is proven, and the encoder."""
    keys: dict[str, str | int] = {}
    if picks:
        keys = {"selection.strategy": chosen.strategy, "selection.batch": chosen.batch}
        if chosen.recipe in registry.names("tuning"):
            keys["model.tuning"] = chosen.recipe
    if base:
        keys["model.base"] = chosen.base
    return keys


def _won(groups: Sequence[Group], strategy: str, on: str) -> tuple[str, list[str]]:
    """The headline from the first noise, and a sentence for each other one. on: what names the encoder, or ""."""
    told = []
    for group in groups:
        line = group.line(strategy)
        reach = _tellable(line)
        told.append(_noise(group, len(groups)) + (_reached(reach, group) if reach else "no target was reached"))
    head = f"{strategy} with batches of {groups[0].batch}{on}: {told[0]}"
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


def _unproven(best: SetUp, lead: Mean, level: float, seeds: int) -> str:
    if best.strategy == BASELINE:
        return f"On the whole curve no picks did better than random ones with the recipe {best.recipe}."
    if lead.half is None:
        few = "a single seed proves" if seeds == 1 else "two seeds prove"
        return f"{best.strategy} did best, but {few} nothing: simulate with --seeds 5 or more."
    return (
        f"{best.strategy} did best, {100 * lead.value:+.1f} ± {100 * lead.half:.1f} points over the whole curve "
        f"({100 * level:.3g} % interval, {seeds} seeds): that may be chance. More seeds or more labels would tell."
    )


def _equals(best: SetUp, areas: Areas) -> list[str]:
    """Strategies that are not proven worse than the best."""
    alike = []
    for one, own in areas.items():
        if one == replace(best, strategy=one.strategy) and one.strategy not in (best.strategy, BASELINE):
            behind = mean(own - areas[best])
            if not behind.below_zero:
                alike.append(f"{one.strategy} ({100 * behind.value:+.1f} points)")
    return [f"Not proven worse than it: {', '.join(alike)}."] if alike else []


def _recipes(best: SetUp, areas: Areas) -> list[str]:
    """How the other recipes did with the same encoder, strategy and batch."""
    found = []
    for one, own in areas.items():
        if one == replace(best, recipe=one.recipe) and one != best:
            lead = mean(areas[best] - own)
            points = f"{100 * lead.value:+.1f}{_half(lead)} points over the curve"
            found.append(f"Recipe {best.recipe} against {one.recipe}: {points}.")
    return found


def _whole(line: Line, *, with_base: bool) -> list[str]:
    """What encoder, recipe and picks are worth together, in the first noise. with_base: whether there are several."""
    if line.whole is None:
        return []
    first, area = line.whole.recipe, line.whole.area
    points = f"{100 * area.value:+.1f}{_half(area)} points over the curve"
    share = f"with {spoken(line.whole.ratio)} of the labels it needs" if line.whole.ratio.told else "is not told apart"
    plainest, parts = f"recipe {first} with random picks", "both"
    if with_base:
        plainest, parts = f"encoder {line.whole.base}, {plainest}", "all"
    return [f"Against {plainest}, {parts} together: 95 % of what that reaches with all labels {share}, {points}."]


def _saved(groups: Sequence[Group], strategy: str, price: float | None, currency: str) -> list[str]:
    reach = _tellable(groups[0].line(strategy))
    if price is None or reach is None or reach.cost is None:
        return []
    saved = f", {amount(reach.saved, currency)} less than with random" if reach.saved is not None else ""
    return [f"The answers for {aimed(reach.name)} cost about {amount(reach.cost, currency)}{saved}."]
