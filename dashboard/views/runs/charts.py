"""When the steps of a round ran, and how long each takes round after round."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from dashboard.theme import Look, dressed
from loop.records.vocabulary import STEPS

KINDS = ("done", "people answer", "running", "stopped here")


def timeline(frame: pd.DataFrame, look: Look, *, height: int = 300) -> Any:
    """Steps of one round as bars in time, in seconds since it began."""
    colours = dict(zip(KINDS, (look.accent, look.mist, look.good, look.bad), strict=True))
    kinds = [kind for kind in KINDS if kind in set(frame["kind"])]
    order = [step for step in STEPS if step in set(frame["step"])]
    long = len(frame) > 0 and float(frame["end"].max()) > 180
    scaled = frame.assign(a=frame["start"] / (60 if long else 1), b=frame["end"] / (60 if long else 1))
    top = max(float(scaled["b"].max()) if len(scaled) else 1.0, 0.1)
    scaled["b"] = scaled["b"].where(scaled["b"] - scaled["a"] > top / 150, scaled["a"] + top / 150)
    base = alt.Chart(scaled).encode(
        y=alt.Y("step:N", sort=order, title=None, axis=alt.Axis(labelColor=look.ink, labelOverlap=False)),
        x=alt.X(
            "a:Q",
            title="Minutes since the round began" if long else "Seconds since the round began",
            scale=alt.Scale(domain=[0, top * 1.12], nice=False),
            axis=alt.Axis(tickCount=6),
        ),
        tooltip=[
            alt.Tooltip("step:N", title="Step"),
            alt.Tooltip("kind:N", title="State"),
            alt.Tooltip("seconds:Q", title="Seconds", format=",.1f"),
        ],
    )
    bars = base.mark_bar(cornerRadius=3, height=15).encode(
        x2="b:Q",
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=kinds, range=[colours[kind] for kind in kinds]),
            legend=alt.Legend(orient="top", title=None, symbolType="square"),
        ),
    )
    told = base.mark_text(align="left", dx=6, fontSize=11.5, color=look.faint).encode(x="b:Q", text="told:N")
    return dressed(bars + told, look, height=height)


def seconds(frame: pd.DataFrame, look: Look, *, height: int = 300) -> Any:
    """Seconds per step and round, people's time left out: what the machine needs."""
    kept = frame[frame["step"] != "await"]
    sums = kept.groupby("step")["seconds"].sum().sort_values(ascending=False)
    main = [step for step in STEPS if step in set(sums.index[:5])]
    named = kept.assign(what=kept["step"].where(kept["step"].isin(main), "other steps"))
    summed = named.groupby(["round", "what"], as_index=False)["seconds"].sum()
    domain = [*main, *(["other steps"] if (summed["what"] == "other steps").any() else [])]
    shades = (look.accent, look.others[5], look.others[3], look.others[4], look.grey)
    colours = [*shades[: len(main)], look.mist][: len(domain)]
    chart = (
        alt.Chart(summed)
        .mark_bar(size=26)
        .encode(
            x=alt.X("round:O", title="Round", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("seconds:Q", title="Seconds of machine time", axis=alt.Axis(tickCount=5)),
            color=alt.Color(
                "what:N",
                scale=alt.Scale(domain=domain, range=colours),
                legend=alt.Legend(orient="top", title=None, symbolType="square", columns=3),
            ),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("round:O", title="Round"),
                alt.Tooltip("what:N", title="Step"),
                alt.Tooltip("seconds:Q", title="Seconds", format=",.1f"),
            ],
        )
        .transform_calculate(rank=f"indexof({domain!r}, datum.what)")
    )
    return dressed(chart, look, height=height)
