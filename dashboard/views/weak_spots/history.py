"""Lives of weak spots: open, sent, improving, fixed, reopened; one of them told in full, and what people may do."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import layout
from dashboard.safe import esc
from dashboard.store import ProjectStore
from dashboard.views.weak_spots import history_charts as charts
from dashboard.views.weak_spots import history_tables
from loop import formatting, report
from loop.report import SpotTrend

KEY = "spot"
"""Of the choice of a spot, in the address as well."""
MARKS = {"mute": "mute", "named": "named by hand"}
OPENS = "err more than all others together, by more than chance and by 2 points"


def draw(store: ProjectStore, trends: Sequence[SpotTrend]) -> None:
    """All lives at the left, one at the right."""
    if not any(trend.life for trend in trends):
        return
    left, right = st.columns([1, 1], gap="small")
    with left:
        _history(store, trends)
    with right:
        _one(store, trends)


def summary(trends: Sequence[SpotTrend]) -> None:
    """How many stand where, in the order of a life."""
    found = history_tables.counts(trends)
    if not found:
        return
    with st.container(horizontal=True, gap="small"):
        for state, count in found.items():
            st.badge(
                f"{count:,} {state}",
                color=layout.STATUS_COLOURS[f"{state} spot" if state == "open" else state],
                help=f"Spots that {history_tables.HELP[state]}.",
            )
        mute = sum(trend.spot.muted for trend in trends)
        if mute:
            st.badge(f"{mute:,} mute", color="gray", help="A person asked not to hear of them; they stay on the map.")


def _history(store: ProjectStore, trends: Sequence[SpotTrend]) -> None:
    about = f"Letter and colour tell the state; at most {history_tables.ROWS}, the most expected errors first"
    with layout.card("Lives", about, height="stretch"):
        frame = history_tables.history(trends, store.get(report.life_rounds))
        if frame.empty:
            layout.nothing("sentiment_satisfied", "No spot was ever weak", hint=f"A weak one would {OPENS}.")
            return
        st.altair_chart(
            charts.history(frame, layout.look()),
            alt="State of each spot round by round; now: "
            + ", ".join(f"{count} {state}" for state, count in history_tables.counts(trends).items()),
        )
        newest = frame[frame["round"] == frame["round"].max()]
        layout.as_table(
            newest[["spot", "name", "state", "error", "reason"]].rename(
                columns={"spot": "No.", "name": "Spot", "state": "State", "error": "Estimate", "reason": "Why"}
            ),
            "State of each spot in the newest round, and why.",
        )


def _one(store: ProjectStore, trends: Sequence[SpotTrend]) -> None:
    with layout.card("Life of one spot", height="stretch"):
        numbers = [str(trend.spot.id) for trend in trends]
        first = str(history_tables.shown_first(trends).spot.id)
        chosen = st.selectbox(
            "Spot number", numbers, index=numbers.index(first), key=KEY, bind="query-params", width=150,
            help="Or select one row in the table above.",
        )  # fmt: skip
        trend = next(one for one in trends if str(one.spot.id) == chosen)
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown(f"**{esc(trend.spot.name, longest=90)}**", width="content")
            state = trend.life.state if trend.life else "no life kept yet"
            st.badge(state, color=layout.STATUS_COLOURS.get("open spot" if state == "open" else state, "gray"))
            for mark in history_tables.marks(trend):
                st.badge(MARKS.get(mark, f"joins spot {trend.joins} next round"), color="gray")
        if trend.life:
            _told(trend)
        frame = history_tables.life(trend, store.get(report.life_rounds))
        if frame["estimate"].notna().any():
            st.altair_chart(
                charts.life(frame[frame["estimate"].notna()], layout.look()),
                alt="Estimated error rate round by round: "
                + ", ".join(f"{row.round}: {row.rate} {row.state}" for row in frame.tail(6).itertuples()),
            )
        for line in history_tables.done(trend, store.get(report.spot_edits)):
            st.caption(f":material/person: {esc(line, longest=300)}")
        st.code(history_tables.commands(trend, trends), language=None)
        layout.as_table(
            frame.iloc[::-1][["round", "state", "rate", "interval", "labels", "removed", "reason"]].rename(
                columns={
                    "round": "Round",
                    "state": "State",
                    "rate": "Estimate",
                    "interval": "95 % interval",
                    "labels": "Labels",
                    "removed": "Errors removed",
                    "reason": "Why",
                }
            ),
            "The spot round by round, newest first.",
        )


def _told(trend: SpotTrend) -> None:
    life = trend.life
    assert life is not None
    since = f"Since round {life.since}. " if life.state != "quiet" else ""
    st.markdown(f"{since}{esc(life.reason, longest=400)}")
    removed = "" if life.removed is None else f" · {life.removed:,.1f} expected errors removed since it opened"
    opened = "" if life.opened_at is None else f" · opened at {formatting.percent(life.opened_at, n=0)}"
    st.caption(f"{life.labels:,} labels spent{removed}{opened}")


def slices(store: ProjectStore) -> None:
    """Metadata slices beside the spots."""
    about = "Combinations of metadata, at most two columns, where the model errs more than elsewhere"
    with layout.card("Slices that were found", about):
        found = store.get(report.found_slices)
        if not found:
            st.caption(
                "None that is worse for sure, once it is taken into account how many were looked at. Columns of your "
                "data beside text and label are searched, and the length of texts."
            )
            return
        column = st.column_config
        st.dataframe(
            history_tables.slices(found),
            hide_index=True,
            height="content" if len(found) <= 8 else 300,
            alt="Metadata slices with error rate, interval, and the rate elsewhere.",
            column_config={
                "Slice": column.TextColumn(width=300),
                "Error rate": column.ProgressColumn(
                    format="%.0f %%", min_value=0, max_value=100, color="orange", width=130
                ),
                "95 % interval": column.TextColumn(width=100),
                "Elsewhere": column.TextColumn(width=84, alignment="right"),
                "Wrong": column.TextColumn(width=96, alignment="right"),
                "p (Holm)": column.TextColumn(width=76, alignment="right", help="Of “no worse than the rest”"),
            },
        )
