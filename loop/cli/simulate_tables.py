"""What `simulate` found, as tables of at most 80 columns where names are short."""

from __future__ import annotations

from math import isfinite

from rich.table import Table

from loop.formatting import amount
from loop.simulation.advice import spoken
from loop.simulation.groups import Group, Reach
from loop.simulation.measures import Mean

CHECKPOINTS = 5
"""So many rounds of a curve stand in the table; the files hold all."""


def checkpoints(group: Group) -> list[int]:
    """Places of the rounds that are shown: the first, the last and some between."""
    last = len(group.asked) - 1
    return sorted({round(last * step / (CHECKPOINTS - 1)) for step in range(CHECKPOINTS)})


def curves_table(group: Group) -> Table:
    """Accuracy in percent at some numbers of labels, with 95 % intervals over seeds."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("strategy", no_wrap=True)
    places = checkpoints(group)
    for place in places:
        table.add_column(f"{group.asked[place]:,}", justify="right", no_wrap=True)
    for line in group.lines:
        table.add_row(line.strategy, *(percent(Mean(line.accuracy[at], line.half[at])) for at in places))
    return table


def areas_table(group: Group) -> Table:
    """Accuracy over the whole curve, against random, and seconds a round."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("strategy", no_wrap=True)
    for name in ("over the whole curve", "against random", "s to pick", "s to fit"):
        table.add_column(name, justify="right", no_wrap=True)
    for line in group.lines:
        lead = percent(line.against_random, sign=True) if line.against_random else "–"
        table.add_row(line.strategy, percent(line.area), lead, f"{line.picking_s:.2f}", f"{line.fitting_s:.2f}")
    return table


def needs_table(group: Group) -> Table:
    """Answers needed for each target: random's, and of the others as a share of them."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("labels needed", no_wrap=True)
    for reach in group.lines[0].reaches:
        table.add_column(reach.name, justify="right")
    table.add_row("", *(f"{100 * reach.accuracy:.1f} %" for reach in group.lines[0].reaches), style="dim")
    for line in group.lines:
        table.add_row(line.strategy, *(needs(reach) for reach in line.reaches))
    return table


def wholes_table(group: Group, *, with_base: bool = False) -> Table | None:
    """Recipe and picks together, against the first recipe with random picks; None for the first recipe.

    with_base: with several encoders it is against the first one as well.
    """
    wholes = [(line.strategy, line.whole) for line in group.lines if line.whole]
    if not wholes:
        return None
    first = wholes[0][1]
    plainest = f"first encoder, {first.recipe}" if with_base else first.recipe
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(f"against {plainest}, random", no_wrap=True)
    table.add_column(f"labels to {100 * first.accuracy:.1f} %, 95 % of its full", justify="right")
    table.add_column("over the whole curve", justify="right")
    for strategy, whole in wholes:
        table.add_row(strategy, spoken(whole.ratio).replace(" to ", "–"), percent(whole.area, sign=True))
    return table


def needs(reach: Reach) -> str:
    """ "0.39 (0.34–0.45)" of random's labels, or of random itself "2,014 labels"."""
    if reach.ratio is not None:
        return spoken(reach.ratio).replace(" to ", "–")
    if not isfinite(reach.needed.high):
        return f"over {reach.needed.low:,.0f} labels"
    return f"{'at most ' if reach.needed.low == 0 else ''}{reach.needed.high:,.0f} labels"


def costs_table(group: Group, currency: str) -> Table:
    """What these answers cost; a dash where the target was not reached."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("cost", no_wrap=True)
    for reach in group.lines[0].reaches:
        table.add_column(reach.name, justify="right")
    for line in group.lines:
        costs = ("–" if reach.cost is None else amount(reach.cost, currency) for reach in line.reaches)
        table.add_row(line.strategy, *costs)
    return table


def rules_table(group: Group) -> Table:
    """Where each stopping rule ends, and what that costs."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("rule", no_wrap=True)
    for name in ("stopped", "median round", "answers wasted", "error missed"):
        table.add_column(name, justify="right")
    for line in group.rules:
        if not line.strategy:
            figures = ("–", "–", "–")
            if line.round is not None and line.wasted is not None and line.missed is not None:
                figures = (f"{line.round:.0f}", f"{line.wasted:,.0f}", f"{100 * line.missed:+z.1f} points")
            table.add_row(line.rule, f"{line.stopped} of {line.projects}", *figures)
    return table


def percent(value: Mean, *, sign: bool = False) -> str:
    """ "81.4 ± 0.9", in percent or points."""
    number = f"{100 * value.value:+.1f}" if sign else f"{100 * value.value:.1f}"
    return number if value.half is None else f"{number} ± {100 * value.half:.1f}"
