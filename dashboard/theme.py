"""Colours of both themes, kept apart for the colour-blind too; beside a colour there is always a shape or a word."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import altair as alt

LINE = 30
"""Characters in a line of a name beside a chart."""
HALF_LINE = 7
"""Pixels."""


@dataclass(frozen=True, slots=True)
class Look:
    """One theme's colours, as #rrggbb."""

    paper: str
    ink: str
    faint: str
    """Text of second rank."""
    line: str
    """Grid lines and borders."""
    mist: str
    """Marks that stand back."""
    accent: str
    bad: str
    good: str
    grey: str
    others: tuple[str, ...]
    """Further colours for names without a meaning of their own."""


LIGHT = Look(
    paper="#FFFFFF",
    ink="#17202B",
    faint="#5B6675",
    line="#E8ECF2",
    mist="#C9D2DE",
    accent="#2458C5",
    bad="#C4500A",
    good="#00795A",
    grey="#6B7685",
    others=("#2458C5", "#C4500A", "#00795A", "#8A4FA8", "#B07C00", "#0E86B8", "#A63A50", "#6B7685"),
)
DARK = Look(
    paper="#0E131A",
    ink="#E8ECF2",
    faint="#9AA6B5",
    line="#222B37",
    mist="#3A4656",
    accent="#7FA6FF",
    bad="#FF9A5C",
    good="#3DC79B",
    grey="#9AA6B5",
    others=("#7FA6FF", "#FF9A5C", "#3DC79B", "#C79AE3", "#E8B93C", "#5CC4EE", "#F08A9D", "#9AA6B5"),
)


def named_axis(names: Mapping[Any, str], look: Look, *, limit: int = 210) -> Any:
    """A vertical axis that shows a key's name, in two lines where it has more than LINE characters.

    limit: pixels for a line. Names are JSON in the expressions, so that no text of data becomes code.
    """
    lines = json.dumps({str(key): _wrapped(name) for key, name in names.items()})
    return alt.Axis(
        labelLimit=limit,
        labelOverlap=False,
        labelExpr=f"({lines})[datum.value] || datum.label",
        # Vega puts the first line, not the middle of both, beside the row.
        labelOffset={"condition": {"test": f"length(({lines})[datum.value]) > 1", "value": -HALF_LINE}, "value": 0},
        labelLineHeight=2 * HALF_LINE,
        labelColor=look.ink,
        labelFontSize=12.5,
        grid=False,
    )


def _wrapped(name: str) -> list[str]:
    return textwrap.wrap(name, LINE, max_lines=2, placeholder=" …", break_on_hyphens=False) or [name]


def dressed(chart: Any, look: Look, *, height: int) -> Any:
    """The chart with axes, legend and text in this look."""
    text = {"labelColor": look.faint, "titleColor": look.faint, "labelFontSize": 12, "titleFontSize": 12}
    return (
        chart.properties(height=height)
        .configure_view(strokeWidth=0)
        .configure_axis(
            **text,
            titleFontWeight="normal",
            gridColor=look.line,
            domain=False,
            ticks=False,
            labelPadding=8,
            titlePadding=10,
            labelFlush=False,
        )
        .configure_legend(**text, titleFontWeight="normal", symbolStrokeWidth=0)
    )
