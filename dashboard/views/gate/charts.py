"""Differences to the champion with their intervals: over rounds, and part by part."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from dashboard.theme import Look, dressed, named_axis

TOLD = {"better": "circle", "cannot tell": "diamond", "worse": "triangle-up", "no comparison": "square"}
"""What can be told of a difference → shape."""


def differences(frame: pd.DataFrame, look: Look, *, margin: float, height: int = 300) -> Any:
    """Each model's error rate less the champion's, in points, with its 95 % interval; below 0 is better.

    margin: in points; a model may lie so far above 0.
    """
    rounds = [int(value) for value in frame["round"]]
    domain = [min(rounds) - 0.5, max(rounds) + 0.5]
    across = alt.X(
        "round:Q",
        title="Round",
        axis=alt.Axis(values=rounds if len(rounds) <= 20 else rounds[:: -(-len(rounds) // 12)], format="d", grid=False),
        scale=alt.Scale(domain=domain, nice=False),
    )
    up = alt.Y("difference:Q", title="points of error rate", axis=alt.Axis(tickCount=6))
    kinds = [kind for kind in TOLD if kind in set(frame["told"])]
    colours = {"better": look.good, "cannot tell": look.accent, "worse": look.bad, "no comparison": look.grey}
    colour = alt.Color(
        "told:N",
        scale=alt.Scale(domain=kinds, range=[colours[kind] for kind in kinds]),
        legend=alt.Legend(orient="top", title=None, symbolSize=110, symbolOpacity=1, offset=4),
    )
    shape = alt.Shape(
        "told:N",
        scale=alt.Scale(domain=kinds, range=[TOLD[kind] for kind in kinds]),
        legend=alt.Legend(orient="top", title=None, symbolSize=110, symbolOpacity=1, offset=4),
    )
    base = alt.Chart(frame).encode(x=across)
    lines = alt.Chart(pd.DataFrame({"at": [0.0, margin], "kind": ["as the champion", "allowed"]}))
    rules = lines.mark_rule(color=look.grey, strokeWidth=1.2).encode(
        y=alt.Y("at:Q"),
        strokeDash=alt.StrokeDash(
            "kind:N", scale=alt.Scale(domain=["as the champion", "allowed"], range=[[1, 0], [5, 4]]), legend=None
        ),
    )
    whisker = base.mark_rule(strokeWidth=2.5, opacity=0.55).encode(y=alt.Y("low:Q"), y2="high:Q", color=colour)
    dots = base.mark_point(filled=True, size=120, opacity=1, stroke=look.paper, strokeWidth=2).encode(
        y=up,
        color=colour,
        shape=shape,
        tooltip=[
            alt.Tooltip("round:Q", title="Round"),
            alt.Tooltip("status:N", title="Decision"),
            alt.Tooltip("told:N", title="Told"),
            alt.Tooltip("said:N", title="Difference"),
            alt.Tooltip("interval:N", title="95 % interval"),
            alt.Tooltip("n:Q", title="Examples", format=","),
            alt.Tooltip("p:N", title="McNemar p"),
        ],
    )
    return dressed(rules + whisker + dots, look, height=height)


def parts(frame: pd.DataFrame, look: Look) -> Any:
    """One line a part: difference with interval, and a tick where it begins to be too much."""
    rows = frame.reset_index(drop=True).reset_index(names="place")
    axis = named_axis(dict(zip(rows["place"], rows["part"], strict=True)), look, limit=230)
    kinds = [kind for kind in ("holds it back", "let pass") if kind in set(rows["verdict"])]
    colour = alt.Color(
        "verdict:N",
        scale=alt.Scale(
            domain=kinds, range=[{"holds it back": look.bad, "let pass": look.accent}[kind] for kind in kinds]
        ),
        legend=alt.Legend(orient="top", title=None, symbolSize=110, symbolOpacity=1, offset=4),
    )
    shape = alt.Shape(
        "verdict:N",
        scale=alt.Scale(
            domain=kinds, range=[{"holds it back": "triangle-up", "let pass": "circle"}[kind] for kind in kinds]
        ),
        legend=alt.Legend(orient="top", title=None, symbolSize=110, symbolOpacity=1, offset=4),
    )
    base = alt.Chart(rows).encode(y=alt.Y("place:O", title=None, axis=axis))
    zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(color=look.grey, strokeDash=[5, 4]).encode(x="at:Q")
    whisker = base.mark_rule(strokeWidth=2.5, opacity=0.55).encode(
        x=alt.X("low:Q", title="points of error rate; right of 0 is worse"), x2="high:Q", color=colour
    )
    tick = base.mark_tick(color=look.grey, thickness=2, size=13).encode(x="margin:Q")
    dots = base.mark_point(filled=True, size=95, opacity=1, stroke=look.paper, strokeWidth=1.5).encode(
        x="difference:Q",
        color=colour,
        shape=shape,
        tooltip=[
            alt.Tooltip("part:N", title="Part"),
            alt.Tooltip("verdict:N", title="Gate"),
            alt.Tooltip("said:N", title="Difference"),
            alt.Tooltip("interval:N", title="95 % interval"),
            alt.Tooltip("fixed:Q", title="Fixed"),
            alt.Tooltip("broken:Q", title="Broken"),
            alt.Tooltip("n:Q", title="Examples", format=","),
            alt.Tooltip("p:N", title="p of “not worse”"),
        ],
    )
    return dressed(zero + whisker + tick + dots, look, height=70 + 26 * len(rows))
