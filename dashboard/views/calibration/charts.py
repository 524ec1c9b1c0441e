"""How far confidences can be trusted: reliability in bins, and the error among the surest answers."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from dashboard.theme import Look, dressed

APART = {"fits": "circle", "too sure": "triangle-up", "too unsure": "triangle-down"}
"""Whether what a bin claims lies inside its interval → shape."""


def reliability(frame: pd.DataFrame, look: Look, *, height: int = 340) -> Any:
    """What the model claims against what came true, one mark a bin with its 95 % interval; on the diagonal is good."""
    low = min(float(frame["says"].min()), float(frame["low"].min()))
    start = max(0.0, round(low - 0.05, 1))
    scale = alt.Scale(domain=[start, 1], nice=False)
    percent = alt.Axis(format=".0%", tickCount=6)
    ideal = pd.DataFrame({"at": [start, 1.0]})
    line = (
        alt.Chart(ideal)
        .mark_line(color=look.grey, strokeDash=[5, 4], strokeWidth=1.5)
        .encode(x=alt.X("at:Q", scale=scale), y=alt.Y("at:Q", scale=scale))
    )
    kinds = [kind for kind in APART if kind in set(frame["apart"])]
    colours = {"fits": look.accent, "too sure": look.bad, "too unsure": look.others[3]}
    legend = alt.Legend(orient="top", title=None, symbolSize=110, symbolOpacity=1, offset=4)
    colour = alt.Color("apart:N", scale=alt.Scale(domain=kinds, range=[colours[kind] for kind in kinds]), legend=legend)
    base = alt.Chart(frame).encode(x=alt.X("says:Q", title="The model says it is sure", axis=percent, scale=scale))
    whisker = base.mark_rule(strokeWidth=2.5, opacity=0.55).encode(
        y=alt.Y("low:Q", title="It is right", axis=percent, scale=scale), y2="high:Q", color=colour
    )
    dots = base.mark_point(filled=True, size=110, opacity=1, stroke=look.paper, strokeWidth=2).encode(
        y=alt.Y("right:Q", scale=scale),
        color=colour,
        shape=alt.Shape("apart:N", scale=alt.Scale(domain=kinds, range=[APART[kind] for kind in kinds]), legend=legend),
        tooltip=[
            alt.Tooltip("says_told:N", title="Says it is sure"),
            alt.Tooltip("told:N", title="Is right"),
            alt.Tooltip("interval:N", title="95 % interval"),
            alt.Tooltip("n:Q", title="Examples", format=","),
            alt.Tooltip("apart:N", title="The claim"),
        ],
    )
    return dressed(line + whisker + dots, look, height=height)


def coverage(frame: pd.DataFrame, look: Look, *, limit: float, height: int = 340) -> Any:
    """Error among the surest answers, by how many of all they are; band: 95 % interval."""
    top = min(1.0, max(0.1, float(frame["error"].max()) * 1.5, limit * 1.5))
    up = alt.Y(
        "error:Q",
        title="Wrong among them",
        axis=alt.Axis(format=".0%", tickCount=5),
        scale=alt.Scale(domain=[0, top], nice=False, clamp=True),
    )
    base = alt.Chart(frame).encode(
        x=alt.X(
            "coverage:Q",
            title="Share accepted, the surest first",
            axis=alt.Axis(format=".0%", tickCount=6),
            scale=alt.Scale(domain=[0, 1], nice=False),
        )
    )
    band = base.mark_area(color=look.accent, opacity=0.16, clip=True).encode(y=alt.Y("low:Q"), y2="high:Q")
    line = base.mark_line(color=look.accent, strokeWidth=2.5).encode(y=up)
    dots = base.mark_point(filled=True, size=50, opacity=1, color=look.accent).encode(
        y=up,
        tooltip=[
            alt.Tooltip("covers:N", title="Accepted"),
            alt.Tooltip("from:N", title="From confidence"),
            alt.Tooltip("told:N", title="Wrong among them"),
            alt.Tooltip("interval:N", title="95 % interval"),
            alt.Tooltip("n:Q", title="Examples", format=","),
        ],
    )
    rule = (
        alt.Chart(pd.DataFrame({"at": [limit]}))
        .mark_rule(color=look.bad, strokeWidth=1.3, strokeDash=[2, 3])
        .encode(y="at:Q")
    )
    return dressed(band + rule + line + dots, look, height=height)
