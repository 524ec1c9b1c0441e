"""Weak spots: where does the model err or hesitate, and is the region shrinking?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import layout
from dashboard.safe import plain
from dashboard.store import ProjectStore
from dashboard.views.weak_spots import charts, history, tables
from dashboard.views.weak_spots import example as example_tables
from loop import formatting, report
from loop.report import SpotTrend

QUESTION = "Where does the model err or hesitate, and is the region shrinking?"
PAGE = 50
"""Examples on one page of the list."""
TEXTED = 6000
"""Up to so many points carry their text in the tooltip."""


def draw() -> None:
    """The whole page."""
    store = layout.page("Weak spots", QUESTION)
    if store is None or layout.no_round(store):
        return
    trends = store.get(report.spot_trends)
    if not trends:
        with layout.card():
            layout.nothing(
                "bubble_chart",
                "No map yet",
                hint="The first round divides the data into spots before it asks anything.",
                command="weakspot run",
            )
        return
    chosen = _table(trends, free=store.view.free)
    history.draw(store, trends)
    found = store.get(report.map_points)
    if found is None:
        return
    frame = tables.hide_blind(tables.points(found, trends), store.get(report.questions))
    left, right = st.columns([1.12, 1], gap="small")
    with left:
        group, box = _map(store, frame, trends, chosen)
    with right:
        _examples(store, frame[tables.within(frame, group=group, spots=chosen, box=box)])
    history.slices(store)


def _table(trends: Sequence[SpotTrend], *, free: bool) -> list[int]:
    """The spot table; returns the spots whose rows are selected."""
    column = st.column_config
    model = any(trend.spot.estimate is not None for trend in trends)
    about = "Select rows to see only these spots below" if model else "No model yet: sizes only, no estimates"
    with layout.card("Spots by expected errors" if model else "Spots by size", about):
        history.summary(trends)
        frame = tables.table(trends, free=free)
        event = st.dataframe(
            frame,
            hide_index=True,
            placeholder=formatting.NOTHING,
            height="content" if len(frame) <= 8 else 299,
            key="spots",
            on_select=partial(_tell, trends),
            selection_mode="multi-row",
            alt="Weak spots with estimated error rate, interval, expected errors and trend.",
            column_config={
                "No.": column.NumberColumn(width=42, help="Its number in commands"),
                "Spot": column.TextColumn(width=290),
                "State": layout.pills("State", width=112, help="Where it stands in its life, and what people did"),
                "Estimate": column.ProgressColumn(
                    format="%.0f %%",
                    min_value=0,
                    max_value=100,
                    color="orange",
                    width=104,
                    help="Estimated error rate from dev errors, corrections and calibrated confidence",
                ),
                "95 % interval": column.TextColumn(width=92),
                "Expected errors": column.NumberColumn(
                    "Errors",
                    format="%.0f",
                    width=58,
                    help="Wrong answers expected among the unlabelled texts of the spot",
                ),
                "Trend": column.LineChartColumn(width=92, y_min=0, help="Estimate round by round"),
                "Labels": column.NumberColumn(width=58, help="Labels spent in it; audit draws teach nothing"),
                "Removed": column.NumberColumn(
                    format="%.1f", width=72, help="Expected errors gone since it opened: rate then less now, x size"
                ),
                "Open": column.NumberColumn(width=56, help="Texts that were not asked yet"),
                "Dev n": column.NumberColumn(width=58, help="Dev examples behind the estimate"),
                "Judged": column.NumberColumn(width=62, help="Answers known right or wrong behind the estimate"),
                "Corrected": column.TextColumn(
                    width=82, alignment="right", help="Guesses that people changed / guesses they saw answered"
                ),
                "Asked": column.NumberColumn(width=58, help="Questions asked in the spot, all rounds"),
            },
        )
    return [trends[row].spot.id for row in event.selection.rows if row < len(trends)]


def _tell(trends: Sequence[SpotTrend]) -> None:
    """The only selected row is the spot whose life is told."""
    rows = st.session_state["spots"].selection.rows
    if len(rows) == 1 and rows[0] < len(trends):
        st.session_state[history.KEY] = str(trends[rows[0]].spot.id)


def _map(
    store: ProjectStore, frame: pd.DataFrame, trends: Sequence[SpotTrend], chosen: Sequence[int]
) -> tuple[str, tables.Box | None]:
    """The map; returns the filter's choice and the box that was drawn."""
    with layout.card(
        "Map", "Near means similar text; the axes have no meaning. Drag to select, double-click to clear."
    ):
        with st.container(horizontal=True, gap="small"):
            scored = bool(frame["uncertainty"].notna().any())
            mode = _choice("Colour", charts.MODES if scored else charts.MODES[-1:], key="colour")
            group = _choice("Show", tuple(tables.GROUPS), key="show")
        seen = frame[tables.within(frame, group=group, spots=(), box=None)]
        if seen.empty:
            layout.nothing("filter_alt_off", "Nothing to show here yet")
            return group, None
        points = charts.with_hue(tables.drawn(seen), layout.look())
        if len(points) <= TEXTED:
            points = points.assign(text=[plain(text, longest=90) for text in store.texts(tuple(points["id"]))])
        event = st.altair_chart(
            charts.spots_map(points, tables.labels(frame, trends), layout.look(), mode=mode, lit=set(chosen)),
            key="map",
            on_select="rerun",
            selection_mode=charts.BOX,
            alt=f"Map of {len(points):,} examples coloured by {mode.lower()}.",
        )
        st.caption(
            f"{len(points):,} of {len(seen):,} examples drawn" if len(points) < len(seen) else f"{len(seen):,} examples"
        )
        return group, _box(event)


def _choice(label: str, options: Sequence[str], *, key: str) -> str:
    return str(
        st.segmented_control(
            label,
            options,
            default=options[0],
            required=True,
            key=key,
            bind="query-params",
            label_visibility="collapsed",
        )
    )


def _box(event: Any) -> tables.Box | None:
    found = event.selection.get(charts.BOX)
    return found if found and "x" in found else None


def _examples(store: ProjectStore, inside: pd.DataFrame) -> None:
    inside = tables.by_doubt(inside)
    wrong = int((inside["outcome"] == "wrong").sum())
    known = int((inside["outcome"] != "label unknown").sum())
    rate = (
        f" · {wrong:,} of {known:,} {'that are judged' if store.view.free else 'with a known label'} wrong"
        if known
        else ""
    )
    with layout.card("Examples in selection", f"{len(inside):,} examples{rate}", height="stretch"):
        if inside.empty:
            layout.nothing("search_off", "No example here", hint="Draw a larger box, or choose another group.")
            return
        pages = -(-len(inside) // PAGE)
        number = min(int(st.session_state.get("page", 1)), pages)
        rows = inside.iloc[(number - 1) * PAGE : number * PAGE]
        example = _list(store, rows)
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.pagination(pages, key="page", max_visible_pages=5)
            st.download_button(
                "CSV",
                lambda: tables.csv(inside, store.texts(tuple(inside["id"]))),
                file_name="weakspot-selection.csv",
                mime="text/csv",
                icon=":material/download:",
                on_click="ignore",
            )
        _story(store, example)


def _list(store: ProjectStore, rows: pd.DataFrame) -> str | None:
    """One page of the list; returns the id of the selected row."""
    column = st.column_config
    event = st.dataframe(
        tables.listing(rows, store.texts(tuple(rows["id"]))),
        hide_index=True,
        placeholder=formatting.NOTHING,
        height=560,
        row_height=88,
        key="examples",
        on_select="rerun",
        selection_mode="single-row",
        alt="Examples in the selection: wrong ones first, then the least certain.",
        column_config={
            "Text": column.TextColumn(width=262),
            "Model says": column.TextColumn(width=190 if store.view.free else 112),
            "Unsure": column.NumberColumn(format="%.0f %%", width=66, help="1 - calibrated confidence of the guess"),
            "Outcome": layout.pills("Outcome", width=104),
            "Group": column.TextColumn(width=80),
            "Spot": column.TextColumn(width=150),
            "Id": column.TextColumn(width=130),
        },
    )
    return next((str(rows["id"].iloc[row]) for row in event.selection.rows if row < len(rows)), None)


def _story(store: ProjectStore, example: str | None) -> None:
    """Why an example was asked and what it changed."""
    if example is None:
        st.caption("Select a row to see why it was asked and what became of it.")
        return
    with layout.card("Its story", "The whole of it in sentences:"):
        st.code(f"weakspot explain {example}", language=None)
        st.dataframe(
            example_tables.happened(store.get(report.explain, example)),
            hide_index=True,
            height="content",
            row_height=64,
            alt="What happened to the example, round by round.",
            column_config={
                "Round": st.column_config.TextColumn(width=56),
                "What": st.column_config.TextColumn(width=310),
            },
        )


if __name__ == "__main__":
    draw()
