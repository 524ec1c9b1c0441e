"""Figures as inline SVG: learning curves with their intervals, and labels needed against random.

    Group ─► curves: a line and a band per strategy, full-data accuracy as a dashed line, names at the line ends
          └─► shares: a dot and an interval per strategy on an axis where 1 is random

Colours are classes s0, s1, ... that the page's style sheet fills, for light and dark; dashes and names tell lines apart
without them. Every figure has a title and a description, every text from data is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, isfinite, log10

from loop.simulation.advice import spoken
from loop.simulation.groups import Group, Line, Reach
from loop.simulation.measures import Ratio
from loop.simulation.spec import BASELINE

WIDTH, HEIGHT = 860, 440
LEFT, RIGHT, TOP, BOTTOM = 58, 150, 18, 46
ROW = 34
COLOURS = 8
"""Classes there are; more strategies begin again, told apart by their dashes."""
APART = 17.0
"""Pixels between two names at the line ends."""
LEAST = 1.0
"""Points of accuracy that the axis spans at least."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Figures → pixels, straight."""

    low: float
    high: float
    first: float
    last: float

    def __call__(self, value: float) -> float:
        return self.first + (value - self.low) / (self.high - self.low) * (self.last - self.first)


def curves(group: Group, *, chosen: str, name: str, with_base: bool = False) -> str:
    """The learning curves of a group; chosen: the strategy drawn boldly; name: unique on the page.

    with_base: whether the title names the encoder.
    """
    full = 100 * group.full.value
    ends = [min(100 * (at + sign * (half or 0.0)), 100.0) for line in group.lines for at, half, sign in _ends(line)]
    ticks = nice(max(min(ends), 0.0), max(*ends, full), 7)
    across = nice(0, group.asked[-1], 7)
    x = Scale(min(0, group.asked[0]), group.asked[-1], LEFT, WIDTH - RIGHT)
    most = max(min(max(*ends, full) + 2, ticks[-1]), ticks[0] + LEAST)
    y = Scale(ticks[0], most, HEIGHT - BOTTOM, TOP)
    parts = [_grid(x, y, [one for one in across if one <= group.asked[-1]], [one for one in ticks if one <= most])]
    if ticks[0] <= full:
        parts.append(f'<line class="full" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(full):.1f}" y2="{y(full):.1f}"/>')
        parts.append(_text(LEFT + 6, y(full) - 5, f"all labels: {full:.1f} %", "note"))
    drawn = sorted(enumerate(group.lines), key=lambda one: (one[1].strategy == chosen, one[1].strategy != BASELINE))
    parts += [_band(line, group.asked, x, y, place) for place, line in drawn]
    parts += [_line(line, group.asked, x, y, place, bold=line.strategy == chosen) for place, line in drawn]
    parts += _names(group.lines, y, chosen)
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, "labels given", "axis middle"))
    title = f"Accuracy by labels: {group.title(with_base=with_base)}"
    told = ", ".join(f"{line.strategy} {100 * line.accuracy[-1]:.1f} %" for line in group.lines)
    about = f"Accuracy in percent, with 95 % intervals over seeds. After {group.asked[-1]:,} labels: {told}."
    return _svg(name, title, about, "".join(parts), HEIGHT)


def shares(lines: Sequence[Line], target: str, *, chosen: str, name: str) -> str:
    """Labels needed for one target as a share of random's; "" where nothing can be drawn."""
    rows = [(place, line, reach) for place, line in enumerate(lines) if (reach := _reach(line, target)).ratio]
    known = [one.ratio for _, _, one in rows if one.ratio and one.ratio.told]
    if not known:
        return ""
    most = max(1.2, *(min(_most(one), 2.0) for one in known))
    ticks = nice(0, most, 6)
    height = TOP + ROW * len(rows) + BOTTOM
    x = Scale(0, ticks[-1], LEFT + 110, WIDTH - 170)
    parts = [
        f'<line class="grid" x1="{x(one):.1f}" x2="{x(one):.1f}" y1="{TOP}" y2="{height - BOTTOM}"/>'
        + _text(x(one), height - BOTTOM + 17, f"{one:g}", "tick middle")
        for one in ticks
    ]
    parts.append(f'<line class="one" x1="{x(1):.1f}" x2="{x(1):.1f}" y1="{TOP - 6}" y2="{height - BOTTOM}"/>')
    for row, (place, line, reach) in enumerate(rows):
        if reach.ratio:
            at = TOP + ROW * row + ROW / 2
            weight = " bold" if line.strategy == chosen else ""
            parts.append(_text(LEFT + 98, at + 4, line.strategy, f"end{weight}"))
            parts.append(_interval(reach.ratio, x, at, place, ticks[-1]))
            parts.append(_text(WIDTH - 160, at + 4, spoken(reach.ratio), f"figure{weight}"))
    parts.append(_text(x(0.5 * ticks[-1]), height - 6, "labels needed, as a share of what random needs", "axis middle"))
    told = "; ".join(f"{line.strategy} {spoken(reach.ratio)}" for _, line, reach in rows if reach.ratio)
    title = f"Labels needed for {target}, as a share of random's"
    return _svg(name, title, f"Left of 1 is better than random. {told}.", "".join(parts), height)


def nice(low: float, high: float, about: int) -> list[float]:
    """Round figures from at or below `low` to at or above `high`, about so many of them."""
    span = max(high - low, 1e-9)
    rough = span / max(about - 1, 1)
    power = 10 ** floor(log10(rough))
    step = next(size * power for size in (1, 2, 2.5, 5, 10) if size * power >= rough * 0.999)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(one * step, 10) for one in range(first, last + 1)]


def _ends(line: Line) -> list[tuple[float, float | None, int]]:
    return [(at, half, sign) for at, half in zip(line.accuracy, line.half, strict=True) for sign in (-1, 1)]


def _grid(x: Scale, y: Scale, across: Sequence[float], up: Sequence[float]) -> str:
    right, low = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = [f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y(one):.1f}" y2="{y(one):.1f}"/>' for one in up]
    parts += [_text(LEFT - 8, y(one) + 4, f"{one:g} %", "tick end") for one in up]
    parts += [_text(x(one), low + 17, f"{one:,.0f}", "tick middle") for one in across]
    return "".join(parts)


def _band(line: Line, asked: Sequence[int], x: Scale, y: Scale, place: int) -> str:
    if any(half is None for half in line.half):
        return ""
    spread = list(zip(asked, line.accuracy, line.half, strict=True))
    above = [f"{x(at):.1f},{y(min(100 * (value + (half or 0)), y.high)):.1f}" for at, value, half in spread]
    below = [f"{x(at):.1f},{y(max(100 * (value - (half or 0)), y.low)):.1f}" for at, value, half in reversed(spread)]
    return f'<polygon class="band s{place % COLOURS}" points="{" ".join(above + below)}"/>'


def _line(line: Line, asked: Sequence[int], x: Scale, y: Scale, place: int, *, bold: bool) -> str:
    points = " ".join(f"{x(at):.1f},{y(100 * value):.1f}" for at, value in zip(asked, line.accuracy, strict=True))
    weight = " bold" if bold else ""
    dash = " dashed" if line.strategy == BASELINE else " dotted" if place >= COLOURS else ""
    return f'<polyline class="curve s{place % COLOURS}{weight}{dash}" points="{points}"/>'


def _names(lines: Sequence[Line], y: Scale, chosen: str) -> list[str]:
    """Names at the line ends, pushed apart."""
    order = sorted(range(len(lines)), key=lambda place: -lines[place].accuracy[-1])
    heights: list[float] = []
    for place in order:
        wanted = y(100 * lines[place].accuracy[-1])
        heights.append(max(wanted, heights[-1] + APART) if heights else wanted)
    over = max(heights[-1] - (HEIGHT - BOTTOM), 0.0)
    found = []
    for place, height in zip(order, heights, strict=True):
        line, at = lines[place], height - over
        weight = " bold" if line.strategy == chosen else ""
        start = y(100 * line.accuracy[-1])
        edge = WIDTH - RIGHT
        found.append(f'<path class="lead s{place % COLOURS}" d="M{edge + 2} {start:.1f}L{edge + 12} {at:.1f}"/>')
        found.append(_text(edge + 16, at + 4, line.strategy, f"name s{place % COLOURS}{weight}"))
    return found


def _interval(found: Ratio, x: Scale, at: float, place: int, most: float) -> str:
    low, high = min(found.low, most), min(found.high, most)
    parts = []
    if found.told:
        ends = f'x1="{x(low):.1f}" x2="{x(high):.1f}" y1="{at:.1f}" y2="{at:.1f}"'
        parts.append(f'<line class="whisker s{place % COLOURS}" {ends}/>')
    if found.value is not None and found.value <= most:
        parts.append(f'<circle class="dot s{place % COLOURS}" cx="{x(found.value):.1f}" cy="{at:.1f}" r="5.5"/>')
    return "".join(parts)


def _most(found: Ratio) -> float:
    known = [one for one in (found.high, found.value, found.limit) if one is not None and isfinite(one)]
    return max(known, default=1.0)


def _reach(line: Line, target: str) -> Reach:
    return next(reach for reach in line.reaches if reach.name == target)


def _text(x: float, y: float, words: str, classes: str) -> str:
    return f'<text class="{classes}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'


def _svg(name: str, title: str, about: str, inside: str, height: float) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(about)}</desc>{inside}</svg>'
    )
