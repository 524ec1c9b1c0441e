"""Error rate per round, the weakest spots, what became of the answers."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from dashboard.theme import Look, dressed, named_axis

AXES = {"Round": "round", "Labels": "labels", "Answers": "answers"}
"""The switch's choices → column of the trend."""
SHAPES = {"promoted": "circle", "held": "diamond", "at work": "triangle-up", "no model": "square"}


def trend(frame: pd.DataFrame, look: Look, *, over: str = "Round", height: int = 356) -> Any:
    """Error rate with its 95 % band over rounds or labels; a marker's shape and colour say what became of the model."""
    across = _across(frame, over)
    top = max(0.05, float(frame["high"].fillna(frame["error"]).max()) * 1.12) if len(frame) else 1.0
    rate = alt.Y(
        "error:Q", title=None, axis=alt.Axis(format=".0%", tickCount=5), scale=alt.Scale(domain=[0, top], nice=True)
    )
    base = alt.Chart(frame).encode(x=across)
    band = base.mark_area(color=look.accent, opacity=0.16, interpolate="monotone").encode(
        y=alt.Y("low:Q", title=None), y2="high:Q", detail="stretch:N"
    )
    line = base.mark_line(color=look.accent, strokeWidth=2.5, interpolate="monotone").encode(y=rate, detail="stretch:N")
    whisker = base.mark_rule(color=look.accent, opacity=0.55, strokeWidth=1.5).encode(y="low:Q", y2="high:Q")
    colours = {"promoted": look.good, "held": look.bad, "at work": look.accent, "no model": look.grey}
    kinds = [kind for kind in SHAPES if kind in set(frame["status"])]
    legend = alt.Legend(orient="top", title=None, symbolSize=110, offset=4)
    dots = base.mark_point(filled=True, size=140, opacity=1, stroke=look.paper, strokeWidth=2).encode(
        y=rate,
        color=alt.Color(
            "status:N", scale=alt.Scale(domain=kinds, range=[colours[kind] for kind in kinds]), legend=legend
        ),
        shape=alt.Shape(
            "status:N", scale=alt.Scale(domain=kinds, range=[SHAPES[kind] for kind in kinds]), legend=legend
        ),
        tooltip=[
            alt.Tooltip("round:Q", title="Round"),
            alt.Tooltip("status:N", title="Model"),
            alt.Tooltip("rate:N", title="Error rate"),
            alt.Tooltip("interval:N", title="95 % interval"),
            alt.Tooltip("n:Q", title="Examples", format=","),
            alt.Tooltip("on:N", title="Measured on"),
            alt.Tooltip("labels:Q", title="Labels", format=","),
        ],
    )
    told = base.mark_text(dy=-17, fontSize=12, fontWeight=600, color=look.ink).encode(y=rate, text="rate:N")
    shape = (band + line) if len(frame) > 1 else whisker
    return dressed(shape + dots + told, look, height=height)


def worst_spots(frame: pd.DataFrame, look: Look, *, height: int = 300) -> Any:
    """Expected wrong answers in each of the weakest spots, with the rate behind them."""
    order = list(frame["spot"])
    names = dict(zip(frame["spot"], frame["name"], strict=True))
    axis = named_axis(names, look)
    top = float(frame["mass"].max()) * 1.45 if len(frame) else 1.0
    base = alt.Chart(frame).encode(
        y=alt.Y("spot:O", sort=order, title=None, axis=axis, scale=alt.Scale(paddingInner=0.42, paddingOuter=0.1)),
        x=alt.X("mass:Q", title=None, axis=None, scale=alt.Scale(domain=[0, max(top, 1.0)])),
        tooltip=[
            alt.Tooltip("whole:N", title="Spot"),
            alt.Tooltip("mass:Q", title="Expected wrong answers", format=".1f"),
            alt.Tooltip("interval:N", title="Error rate, 95 %"),
            alt.Tooltip("open:Q", title="Unlabelled", format=","),
        ],
    )
    bars = base.mark_bar(color=look.bad, cornerRadiusEnd=4)
    told = base.mark_text(align="left", dx=7, color=look.faint, fontSize=12).encode(text="told:N")
    return dressed(bars + told, look, height=height)


def answers(frame: pd.DataFrame, look: Look, *, height: int = 230) -> Any:
    """What people said of the model's guesses, or of the answers they compared, round by round."""
    colours = {
        "agreed": look.good,
        "corrected": look.bad,
        "without a guess": look.accent,
        "left better": look.accent,
        "right better": look.others[5],
        "equally good": look.mist,
        "both bad": look.bad,
        "ranked": look.accent,
        "marked": look.accent,
        "left as it is": look.good,
        "mended": look.bad,
        "skipped": look.grey,
        "quarantined": look.others[4],
    }
    kinds = [kind for kind in colours if kind in set(frame["answer"])]
    chart = (
        alt.Chart(frame)
        .mark_bar(size=26)
        .encode(
            x=alt.X("round:O", title="Round", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("n:Q", title=None, axis=alt.Axis(tickCount=4)),
            color=alt.Color(
                "answer:N",
                scale=alt.Scale(domain=kinds, range=[colours[kind] for kind in kinds]),
                legend=alt.Legend(orient="top", title=None, symbolType="square"),
            ),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("round:O", title="Round"),
                alt.Tooltip("answer:N", title="Answers"),
                alt.Tooltip("n:Q", title="How many", format=","),
            ],
        )
        .transform_calculate(rank=f"indexof({kinds!r}, datum.answer)")
    )
    return dressed(chart, look, height=height)


def _across(frame: pd.DataFrame, over: str) -> Any:
    if AXES[over] != "round":
        known = {"labels": "Labels known when the model was trained", "answers": "Questions answered before it"}
        return alt.X(f"{AXES[over]}:Q", title=known[AXES[over]], scale=alt.Scale(zero=False, padding=24))
    ticks = [int(value) for value in frame["round"]]
    axis = alt.Axis(values=ticks, format="d", grid=False)
    domain = [min(ticks, default=0) - 0.3, max(ticks, default=1) + 0.3]
    return alt.X("round:Q", title="Round", axis=axis, scale=alt.Scale(domain=domain, nice=False))
