"""The map of all examples: near means similar; the axes mean nothing."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import altair as alt
import pandas as pd

from dashboard.theme import Look, dressed

MODES = ("Uncertainty", "Correctness", "Spot")
BOX = "box"
"""Name of the selection people draw."""


def spots_map(
    frame: pd.DataFrame, names: pd.DataFrame, look: Look, *, mode: str, lit: Collection[int], height: int = 540
) -> Any:
    """Points coloured by `mode`, gold ones as diamonds; spots outside `lit` stand back when any is lit."""
    frame = frame.assign(lit=[not lit or spot in lit for spot in frame["spot"]])
    box = alt.selection_interval(
        name=BOX, encodings=["x", "y"], mark=alt.BrushConfig(fill=look.accent, fillOpacity=0.1)
    )
    blank = alt.Axis(labels=False, grid=False, title=None)
    span = alt.Scale(domain=[-1.06, 1.06], nice=False)
    place = {"x": alt.X("x:Q", axis=blank, scale=span), "y": alt.Y("y:Q", axis=blank, scale=span)}
    size = 34 if len(frame) < 2500 else 20 if len(frame) < 8000 else 10
    points = (
        alt.Chart(frame)
        .mark_point(filled=True, size=size, strokeWidth=0, invalid="show")
        .encode(
            **place,
            color=_colour(frame, look, mode=mode),
            shape=alt.Shape(
                "group:N",
                scale=alt.Scale(
                    domain=["Pool", "Gold", "Asked", "Seed"], range=["circle", "diamond", "triangle-up", "square"]
                ),
                legend=alt.Legend(orient="top", title=None, symbolFillColor=look.grey, symbolSize=70),
            ),
            opacity=alt.condition("datum.lit", alt.value(0.82), alt.value(0.1)),
            tooltip=_tooltip(frame),
        )
        .add_params(box)
    )
    lit_names = names.assign(lit=[not lit or spot in lit for spot in names["spot"]])
    words = alt.Chart(lit_names).encode(
        x="x:Q", y="y:Q", text="text:N", opacity=alt.condition("datum.lit", alt.value(1), alt.value(0.35))
    )
    halo = words.mark_text(fontSize=12, fontWeight=600, stroke=look.paper, strokeWidth=5, strokeJoin="round")
    ink = words.mark_text(fontSize=12, fontWeight=600, color=look.ink)
    return dressed(points + halo + ink, look, height=height)


def _colour(frame: pd.DataFrame, look: Look, *, mode: str) -> Any:
    if mode == "Uncertainty":
        known_ones = frame["uncertainty"].dropna()
        top = max(float(known_ones.quantile(0.99)), 0.05) if len(known_ones) else 1.0
        scale = alt.Scale(
            domain=[0, top * 0.45, top],
            range=[look.mist, look.accent, look.bad],
            interpolate="rgb",
            clamp=True,
        )
        legend = alt.Legend(
            orient="top", title="Uncertainty", format=".0%", gradientLength=180, gradientThickness=9, titleOrient="left"
        )
        known = alt.Color("uncertainty:Q", scale=scale, legend=legend)
        return alt.condition("isValid(datum.uncertainty)", known, alt.value(look.mist))
    if mode == "Correctness":
        scale = alt.Scale(domain=["right", "wrong", "label unknown"], range=[look.good, look.bad, look.mist])
        return alt.Color("outcome:N", scale=scale, legend=alt.Legend(orient="top", title=None, symbolSize=90))
    sizes = frame["name"].value_counts()
    kept = list(sizes.index[: len(look.others) - 1])
    ranged = [*look.others[: len(kept)], look.mist]
    scale = alt.Scale(domain=[*kept, "other spots"], range=ranged)
    legend = alt.Legend(orient="top", title=None, columns=2, labelLimit=215, symbolSize=90)
    return alt.Color("hue:N", scale=scale, legend=legend)


def _tooltip(frame: pd.DataFrame) -> list[Any]:
    shown = [
        alt.Tooltip("name:N", title="Spot"),
        alt.Tooltip("guess:N", title="Model says"),
        alt.Tooltip("uncertainty:Q", title="Uncertainty", format=".0%"),
        alt.Tooltip("outcome:N", title="Outcome"),
        alt.Tooltip("split:N", title="Group"),
    ]
    return [alt.Tooltip("text:N", title="Text"), *shown] if "text" in frame else shown


def with_hue(frame: pd.DataFrame, look: Look) -> pd.DataFrame:
    """The frame with `hue`: the names of the largest spots, "other spots" for the rest."""
    kept = frame["name"].value_counts().index[: len(look.others) - 1]
    return frame.assign(hue=frame["name"].where(frame["name"].isin(kept), "other spots"))
