"""Lives of weak spots: a field a round for each, and one spot's error rate with what became of it."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from dashboard.theme import Look, dressed, named_axis

STATES = ("open", "sent", "improving", "fixed", "reopened", "quiet")
SHAPES = ("circle", "square", "diamond", "cross", "triangle-up", "triangle-down")
LETTERS = 26
"""With more rounds the fields are too narrow for letters."""


def colours(look: Look) -> dict[str, str]:
    """State → colour."""
    return {
        "open": look.others[4],
        "sent": look.others[5],
        "improving": look.others[3],
        "fixed": look.good,
        "reopened": look.bad,
        "quiet": look.line,
    }


def history(frame: pd.DataFrame, look: Look) -> Any:
    """A row a spot, a field a round; colour and letter tell the state."""
    kinds = [state for state in STATES if state in set(frame["state"])]
    of = colours(look)
    names = dict(zip(frame["place"].astype(str), frame["name"], strict=True))
    rounds = sorted({int(value) for value in frame["round"]})
    ticks = rounds if len(rounds) <= 20 else rounds[:: -(-len(rounds) // 12)]
    base = alt.Chart(frame).encode(
        x=alt.X(
            "round:O",
            title="Round",
            axis=alt.Axis(values=ticks, labelAngle=0, grid=False),
            scale=alt.Scale(paddingInner=0.08),
        ),
        y=alt.Y(
            "place:O",
            title=None,
            axis=named_axis(names, look),
            scale=alt.Scale(paddingInner=0.18),
        ),
    )
    fields = base.mark_rect(cornerRadius=3).encode(
        color=alt.Color(
            "state:N",
            scale=alt.Scale(domain=kinds, range=[of[state] for state in kinds]),
            legend=alt.Legend(orient="top", title=None, symbolType="square", symbolOpacity=1, offset=4, columns=3),
        ),
        tooltip=[
            alt.Tooltip("name:N", title="Spot"),
            alt.Tooltip("round:O", title="Round"),
            alt.Tooltip("state:N", title="State"),
            alt.Tooltip("error:N", title="Estimate"),
            alt.Tooltip("reason:N", title="Why"),
        ],
    )
    chart = fields
    if len(rounds) <= LETTERS:
        chart = fields + base.mark_text(fontSize=11.5, fontWeight=700, color=look.paper).encode(text="sign:N")
    return dressed(chart, look, height=104 + 32 * len(names))


def life(frame: pd.DataFrame, look: Look, *, height: int = 240) -> Any:
    """One spot's estimated error rate with its 95 % band; the marks tell the state it stood in."""
    rounds = [int(value) for value in frame["round"]]
    ticks = rounds if len(rounds) <= 20 else rounds[:: -(-len(rounds) // 12)]
    kinds = [state for state in STATES if state in set(frame["state"])]
    of = colours(look) | {"quiet": look.grey}
    legend = alt.Legend(orient="top", title=None, symbolSize=110, symbolOpacity=1, offset=4, columns=3)
    top = max(0.05, float(frame["high"].fillna(0).max()) * 1.08)
    up = alt.Y(
        "estimate:Q",
        title=None,
        axis=alt.Axis(format=".0%", tickCount=4),
        scale=alt.Scale(domain=[0, min(top, 1.0)]),
    )
    base = alt.Chart(frame).encode(
        x=alt.X(
            "round:Q",
            title="Round",
            axis=alt.Axis(values=ticks, format="d", grid=False),
            scale=alt.Scale(domain=[min(rounds) - 0.3, max(rounds) + 0.3], nice=False),
        )
    )
    shape = base.mark_area(color=look.accent, opacity=0.14) if len(frame) > 1 else base.mark_rule(color=look.accent)
    band = shape.encode(y=alt.Y("low:Q", title=None), y2="high:Q")
    line = base.mark_line(color=look.accent, strokeWidth=2, opacity=0.7).encode(y=up)
    dots = base.mark_point(filled=True, size=130, opacity=1, stroke=look.paper, strokeWidth=2).encode(
        y=up,
        color=alt.Color("state:N", scale=alt.Scale(domain=kinds, range=[of[state] for state in kinds]), legend=legend),
        shape=alt.Shape(
            "state:N",
            scale=alt.Scale(domain=kinds, range=[SHAPES[STATES.index(state)] for state in kinds]),
            legend=legend,
        ),
        tooltip=[
            alt.Tooltip("round:Q", title="Round"),
            alt.Tooltip("state:N", title="State"),
            alt.Tooltip("rate:N", title="Estimate"),
            alt.Tooltip("interval:N", title="95 % interval"),
            alt.Tooltip("labels:Q", title="Labels so far", format=","),
            alt.Tooltip("reason:N", title="Why"),
        ],
    )
    return dressed(band + line + dots, look, height=height)
