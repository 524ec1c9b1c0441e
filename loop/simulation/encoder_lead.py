"""Whether one encoder is proven better than the others, paired by seed (pure).

    the advised set-up, all set-ups of another encoder with the same batch ─► the lead over each ─► the least sure one

Strategies and recipes that suit one encoder need not suit another one. So an encoder leads only where its set-up is
better than everything that was simulated with the others, not only than the same set-up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loop.simulation.measures import Mean, mean
from loop.simulation.setups import Areas, SetUp


@dataclass(frozen=True, slots=True)
class EncoderLead:
    """Of the advised set-up over one other encoder."""

    other: SetUp
    """The set-up of the other encoder over which the lead is the least sure."""
    lead: Mean
    """Of the area over the other's, at the level it was asked for."""


def leads(best: SetUp, areas: Areas, level: float) -> tuple[EncoderLead, ...]:
    """One for each other encoder, in their order; none with a single encoder."""
    others = dict.fromkeys(one.base for one in areas if one.base != best.base)
    return tuple(_least_sure(best, other, areas, level) for other in others)


def proven(found: Sequence[EncoderLead]) -> bool:
    """Whether the encoder leads over every other one beyond doubt; False with a single encoder."""
    return bool(found) and all(one.lead.above_zero for one in found)


def sentences(best: SetUp, found: Sequence[EncoderLead], level: float) -> list[str]:
    """How sure each lead is, and what follows for model.base."""
    lines = [_sentence(best, one, level) for one in found]
    if found and not proven(found):
        lines.append("No encoder is proven better than all others: model.base is not advised.")
    return lines


def _least_sure(best: SetUp, other: str, areas: Areas, level: float) -> EncoderLead:
    others = [one for one in areas if one.base == other and one.batch == best.batch]
    found = [EncoderLead(one, mean(areas[best] - areas[one], level=level)) for one in others]
    return min(found, key=lambda one: one.lead.value - (one.lead.half or 0.0))


def _sentence(best: SetUp, found: EncoderLead, level: float) -> str:
    lead = found.lead
    figure = f"{100 * lead.value:+.1f}"
    if lead.half is not None:
        figure += f" ± {100 * lead.half:.1f}"
    sure = "proven better" if lead.above_zero else "not proven better"
    interval = f"{100 * level:.3g} % interval" if lead.half is not None else "fewer than three seeds prove nothing"
    return (
        f"Encoder {best.base} is {sure} than {found.other.base}: {figure} points over the whole curve against its "
        f"{found.other.strategy} with recipe {found.other.recipe} ({interval})."
    )
