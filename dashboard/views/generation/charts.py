"""How often answers are preferred, what else is measured round by round, which doubt helps."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from dashboard.theme import Look, dressed

PEOPLE = ("people", "simulated experts")
SHAPES = {
    "people": "circle",
    "simulated experts": "circle",
    "judge, corrected by people": "diamond",
    "reward model": "square",
}
APART = 0.09
"""Rounds between two voices of one round, so that their intervals do not cover each other."""


def wins(frame: pd.DataFrame, look: Look, *, height: int = 300) -> Any:
    """Win rate per round with its 95 % interval; above the line at 50 % the new answers are preferred."""
    voices = [voice for voice in SHAPES if voice in set(frame["by"])]
    placed = frame.assign(x=frame["round"] + APART * frame["by"].map(voices.index))
    rounds = sorted({int(round_) for round_ in frame["round"]})
    domain = [min(rounds) - 0.4, max(rounds) + 0.5]
    across = alt.X(
        "x:Q",
        title="Round",
        axis=alt.Axis(values=rounds, format="d", grid=False),
        scale=alt.Scale(domain=domain, nice=False),
    )
    rate = alt.Y("value:Q", title=None, axis=alt.Axis(format=".0%", tickCount=5), scale=alt.Scale(domain=[0, 1]))
    colours = alt.Scale(domain=voices, range=[look.accent, look.others[3], look.grey][: len(voices)])
    legend = alt.Legend(orient="top", title=None, symbolSize=110, offset=4) if len(voices) > 1 else None
    base = alt.Chart(placed).encode(x=across)
    even = alt.Chart(pd.DataFrame({"even": [0.5]})).mark_rule(color=look.grey, strokeDash=[5, 4], strokeWidth=1.5)
    note = pd.DataFrame({"even": [0.5], "x": [domain[1]], "text": ["no preference"]})
    named = (
        alt.Chart(note)
        .mark_text(align="right", baseline="top", dx=-4, dy=5, fontSize=11.5, color=look.faint)
        .encode(x="x:Q", y="even:Q", text="text:N")
    )
    whisker = base.mark_rule(strokeWidth=2.5, opacity=0.55).encode(
        y=alt.Y("low:Q", title=None), y2="high:Q", color=alt.Color("by:N", scale=colours, legend=legend)
    )
    people = alt.FieldOneOfPredicate("by", list(PEOPLE))
    line = base.transform_filter(people).mark_line(color=look.accent, strokeWidth=2, opacity=0.7).encode(y=rate)
    dots = base.mark_point(filled=True, size=130, opacity=1, stroke=look.paper, strokeWidth=2).encode(
        y=rate,
        color=alt.Color("by:N", scale=colours, legend=legend),
        shape=alt.Shape(
            "by:N", scale=alt.Scale(domain=voices, range=[SHAPES[voice] for voice in voices]), legend=legend
        ),
        tooltip=[
            alt.Tooltip("round:Q", title="Round"),
            alt.Tooltip("by:N", title="Said by"),
            alt.Tooltip("told:N", title="Preferred"),
            alt.Tooltip("interval:N", title="95 % interval"),
            alt.Tooltip("n:Q", title="Prompts", format=","),
            alt.Tooltip("rival:N", title="Against"),
        ],
    )
    told = (
        base.transform_filter(people)
        .mark_text(dx=-8, dy=-10, align="right", fontSize=12.5, fontWeight=600, color=look.ink)
        .encode(y=rate, text="told:N")
    )
    return dressed(
        even.encode(y=alt.Y("even:Q", title=None)) + named + whisker + line + dots + told, look, height=height
    )


def figure(frame: pd.DataFrame, look: Look, *, share: bool, height: int = 128) -> Any:
    """One figure over rounds with its band, small; the newest value is written at its point."""
    rounds = sorted({int(round_) for round_ in frame["round"]})
    across = alt.X(
        "round:Q",
        title=None,
        axis=alt.Axis(values=rounds, format="d", grid=False),
        scale=alt.Scale(domain=[min(rounds) - 0.2, max(rounds) + 0.55], nice=False),
    )
    highest = float(frame["high"].fillna(frame["value"]).max())
    domain = [0, 1.02] if share and highest > 0.6 else [0, max(highest * 1.15, 0.05 if share else 0.01)]
    up = alt.Y(
        "value:Q",
        title=None,
        axis=alt.Axis(format=".0%", tickCount=3) if share else alt.Axis(tickCount=3),
        scale=alt.Scale(domain=domain, nice=False),
    )
    base = alt.Chart(frame).encode(x=across)
    band = base.mark_area(color=look.accent, opacity=0.16).encode(y=alt.Y("low:Q", title=None), y2="high:Q")
    whisker = base.mark_rule(color=look.accent, opacity=0.5, strokeWidth=2).encode(
        y=alt.Y("low:Q", title=None), y2="high:Q"
    )
    line = base.mark_line(color=look.accent, strokeWidth=2.2).encode(y=up)
    dots = base.mark_point(filled=True, size=60, opacity=1, color=look.accent).encode(
        y=up,
        tooltip=[
            alt.Tooltip("round:Q", title="Round"),
            alt.Tooltip("told:N", title="Value"),
            alt.Tooltip("interval:N", title="95 % interval"),
            alt.Tooltip("n:Q", title="Answers", format=","),
        ],
    )
    told = (
        alt.Chart(frame.tail(1))
        .mark_text(dy=-13, fontSize=12.5, fontWeight=600, color=look.ink)
        .encode(x=across, y=up, text="told:N")
    )
    return dressed((band + line if len(frame) > 1 else whisker) + dots + told, look, height=height)


def doubts(frame: pd.DataFrame, look: Look, *, baseline: float | None, height: int) -> Any:
    """AUROC of every signal as a bar from chance (0.5), with its interval; the line is the length's."""
    order = list(frame["name"])
    low = min(0.4, float(frame["low"].fillna(frame["value"]).min()) - 0.02)
    span = alt.Scale(domain=[low, 1.0], nice=False)
    base = alt.Chart(frame.assign(chance=0.5)).encode(
        y=alt.Y(
            "name:N",
            sort=order,
            title=None,
            axis=alt.Axis(labelLimit=210, labelOverlap=False, labelColor=look.ink, labelFontSize=12.5),
            scale=alt.Scale(paddingInner=0.42, paddingOuter=0.15),
        ),
        tooltip=[
            alt.Tooltip("name:N", title="Signal"),
            alt.Tooltip("told:N", title="AUROC"),
            alt.Tooltip("interval:N", title="95 % interval"),
            alt.Tooltip("n:Q", title="Answers", format=","),
        ],
    )
    kinds = [kind for kind in ("used to select", "other") if kind in set(frame["used"])]
    colours = {"used to select": look.accent, "other": look.mist}
    bars = base.mark_bar(cornerRadiusEnd=3).encode(
        x=alt.X("chance:Q", scale=span, title="AUROC: 0.5 is chance, 1 is perfect", axis=alt.Axis(tickCount=6)),
        x2="value:Q",
        color=alt.Color(
            "used:N",
            scale=alt.Scale(domain=kinds, range=[colours[kind] for kind in kinds]),
            legend=alt.Legend(orient="top", title=None, symbolType="square"),
        ),
    )
    whisker = base.mark_rule(color=look.ink, strokeWidth=1.5, opacity=0.75).encode(
        x=alt.X("low:Q", scale=span), x2="high:Q"
    )
    layers = bars + whisker
    if baseline is not None:
        frame_ = pd.DataFrame({"x": [baseline], "text": [f"length {baseline:.2f}"]})
        rule = alt.Chart(frame_).mark_rule(color=look.bad, strokeDash=[5, 4], strokeWidth=2)
        named = alt.Chart(frame_).mark_text(
            align="left", baseline="bottom", dx=5, fontSize=12, fontWeight=600, color=look.bad, y=0, dy=-2
        )
        layers += rule.encode(x=alt.X("x:Q", scale=span)) + named.encode(x=alt.X("x:Q", scale=span), text="text:N")
    return dressed(layers, look, height=height)
