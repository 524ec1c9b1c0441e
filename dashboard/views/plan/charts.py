"""The learning curve with what is expected next; forecasts beside what came."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from dashboard.theme import Look, dressed

SHAPES = {"measured": "circle", "next model": "diamond", "after the next answers": "square"}


def curve(frame: pd.DataFrame, look: Look, *, target: float | None, height: int = 320) -> Any:
    """Error rate by labels trained on: measured rounds, and the models to come, each with its interval."""
    kinds = [kind for kind in SHAPES if kind in set(frame["what"])]
    colours = dict(zip(SHAPES, (look.accent, look.others[3], look.others[4]), strict=True))
    scale = alt.Scale(domain=kinds, range=[colours[kind] for kind in kinds])
    legend = alt.Legend(orient="top", title=None, symbolSize=110, symbolOpacity=1, offset=4)
    colour = alt.Color("what:N", scale=scale, legend=legend)
    shape = alt.Shape("what:N", scale=alt.Scale(domain=kinds, range=[SHAPES[kind] for kind in kinds]), legend=legend)
    top = max(0.05, float(frame["high"].max()) * 1.1, 1.2 * (target or 0))
    rate = alt.Y(
        "error:Q", title=None, axis=alt.Axis(format=".0%", tickCount=5), scale=alt.Scale(domain=[0, min(top, 1.0)])
    )
    base = alt.Chart(frame).encode(
        x=alt.X("labels:Q", title="Labels the model learned from", scale=alt.Scale(zero=False, padding=26))
    )
    line = (
        base.transform_filter(alt.FieldEqualPredicate("what", "measured"))
        .mark_line(color=look.accent, strokeWidth=2.2)
        .encode(y=rate)
    )
    ahead = base.mark_line(color=look.grey, strokeWidth=1.5, strokeDash=[5, 4]).encode(y=rate)
    whisker = base.mark_rule(strokeWidth=2.5, opacity=0.55).encode(
        y=alt.Y("low:Q", title=None), y2="high:Q", color=colour
    )
    dots = base.mark_point(filled=True, size=120, opacity=1, stroke=look.paper, strokeWidth=2).encode(
        y=rate,
        color=colour,
        shape=shape,
        tooltip=[
            alt.Tooltip("what:N", title="Model"),
            alt.Tooltip("labels:Q", title="Labels", format=","),
            alt.Tooltip("rate:N", title="Error rate"),
            alt.Tooltip("interval:N", title="Interval"),
            alt.Tooltip("sure:N", title="Certainty"),
        ],
    )
    chart = ahead + line + whisker + dots
    if target is not None:
        aim = pd.DataFrame({"aim": [target], "text": ["target"]})
        rule = alt.Chart(aim).mark_rule(color=look.good, strokeWidth=1.5).encode(y=alt.Y("aim:Q", title=None))
        named = (
            alt.Chart(aim)
            .mark_text(align="left", baseline="bottom", dx=4, dy=-3, fontSize=11.5, color=look.faint)
            .encode(y="aim:Q", x=alt.value(0), text="text:N")
        )
        chart = chart + rule + named
    return dressed(chart, look, height=height)


def record(frame: pd.DataFrame, look: Look, *, height: int = 260) -> Any:
    """The interval forecast for each round, and what was measured then."""
    rounds = [int(value) for value in frame["round"]]
    ticks = rounds if len(rounds) <= 20 else rounds[:: -(-len(rounds) // 12)]
    base = alt.Chart(frame).encode(
        x=alt.X(
            "round:Q",
            title="Round",
            axis=alt.Axis(values=ticks, format="d", grid=False),
            scale=alt.Scale(domain=[min(rounds) - 0.5, max(rounds) + 0.5], nice=False),
        )
    )
    kinds = [kind for kind in ("inside", "outside") if kind in set(frame["held"])]
    legend = alt.Legend(orient="top", title="What came lay", symbolSize=110, symbolOpacity=1, offset=4)
    top = max(float(frame["high"].max()), float(frame["came"].max())) * 1.1
    rate = alt.Y(
        "came:Q", title=None, axis=alt.Axis(format=".0%", tickCount=5), scale=alt.Scale(domain=[0, min(top, 1.0)])
    )
    bars = base.mark_rule(color=look.mist, strokeWidth=9, strokeCap="round").encode(y=alt.Y("low:Q"), y2="high:Q")
    tick = base.mark_tick(color=look.grey, thickness=2, size=15).encode(y="error:Q")
    dots = base.mark_point(filled=True, size=120, opacity=1, stroke=look.paper, strokeWidth=2).encode(
        y=rate,
        color=alt.Color(
            "held:N",
            scale=alt.Scale(domain=kinds, range=[{"inside": look.good, "outside": look.bad}[kind] for kind in kinds]),
            legend=legend,
        ),
        shape=alt.Shape(
            "held:N",
            scale=alt.Scale(
                domain=kinds, range=[{"inside": "circle", "outside": "triangle-up"}[kind] for kind in kinds]
            ),
            legend=legend,
        ),
        tooltip=[
            alt.Tooltip("round:Q", title="Round"),
            alt.Tooltip("forecast:N", title="Forecast"),
            alt.Tooltip("interval:N", title="90 % interval"),
            alt.Tooltip("told:N", title="Came"),
            alt.Tooltip("off:N", title="Missed by"),
        ],
    )
    return dressed(bars + tick + dots, look, height=height)
