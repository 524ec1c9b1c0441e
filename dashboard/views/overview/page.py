"""Overview: is the model getting better, at what cost, and what should happen next?"""

from __future__ import annotations

import streamlit as st

from dashboard import layout, pages
from dashboard.safe import esc
from dashboard.store import ProjectStore
from dashboard.views.overview import alerts, charts, lift, status, tables
from dashboard.views.weak_spots import tables as spot_tables
from loop import formatting, report
from loop.report import Status

QUESTION = "Is the model getting better, what did it take, and what should happen next?"


def draw() -> None:
    """The whole page."""
    store = layout.page("Overview", QUESTION)
    if store is None:
        return
    with layout.card(key="next"):
        _next(store.standing())
    if layout.no_round(store):
        return
    alerts.draw(store)
    status.draw(store)
    left, right = st.columns([1.75, 1], gap="small")
    with left:
        _trend(store)
    with right:
        _worst(store)
    lift.draw(store)
    _table(store)


def _next(now: Status) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f":blue[:material/flag_circle:] **Next:** {esc(now.next, longest=300)}", width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            if now.command:
                st.code(now.command, language=None, width="content")
            if now.open_questions and st.button("Open label queue", icon=":material/checklist:", type="primary"):
                st.switch_page(pages.QUEUE.file)


def _trend(store: ProjectStore) -> None:
    summary = store.get(report.report)
    frame = tables.trend(summary)
    said = tables.ground(summary, store.get(report.measured_anew))
    with layout.card("Error rate per round", said[0] if said else "", height="stretch"):
        if frame.empty:
            layout.nothing(
                "show_chart", "No model measured yet", hint="The first answers train the first model in the next round."
            )
            return
        over = st.segmented_control(
            "Against",
            ["Round", "Answers" if store.view.free else "Labels"],
            default="Round",
            required=True,
            key="x",
            bind="query-params",
            label_visibility="collapsed",
        )
        newest = frame.iloc[-1]
        st.altair_chart(
            charts.trend(frame, layout.look(), over=str(over)),
            alt=f"Error rate per round; newest: {newest['rate']} ({newest['interval']}) in round {newest['round']}.",
        )
        for sentence in said[1:]:
            st.caption(sentence)
        if len(frame) == 1:
            st.caption("One round so far: a trend needs a second one.")
        elif frame["stretch"].max() > 0:
            st.caption("The line breaks where the examples it rests on change.")
        layout.as_table(tables.figures(summary), "Error rate per round with interval, ground and estimator.")


def _worst(store: ProjectStore) -> None:
    asked = "prompts not asked yet" if store.view.free else "unlabelled texts"
    with layout.card(
        "Where the errors are",
        f"Expected wrong answers among {asked} · error rate",
        height="stretch",
    ):
        frame = spot_tables.worst(store.get(report.spot_trends))
        if frame.empty:
            layout.nothing("bubble_chart", "Not known yet", hint="Weak spots are estimated once there is a model.")
            return
        st.altair_chart(
            charts.worst_spots(frame, layout.look(), height=44 + 38 * len(frame)),
            alt="Weak spots by expected wrong answers: "
            + "; ".join(f"{row.whole} {row.told}" for row in frame.head(3).itertuples()),
        )
        st.page_link(pages.SPOTS.file, label="Explore weak spots", icon=":material/bubble_chart:")


def _table(store: ProjectStore) -> None:
    summary = store.get(report.report)
    column = st.column_config
    with layout.card("Rounds"):
        st.dataframe(
            tables.table(summary, wins=store.get(report.win_rates) if store.view.free else None),
            hide_index=True,
            placeholder=formatting.NOTHING,
            alt="Every round with status, error rate, interval, difference, labels and time.",
            column_config={
                "Round": column.NumberColumn(width=56),
                "Status": layout.pills("Status", width=98),
                "Error rate": column.ProgressColumn(
                    format="%.1f %%", min_value=0, max_value=tables.axis_top(summary), color="primary", width=122
                ),
                "95 % interval": column.TextColumn(width=102),
                "n": column.TextColumn(width=76),
                "Difference": column.TextColumn(
                    width=82, alignment="right", help="Error rate minus the champion's before, same examples"
                ),
                "McNemar p": column.TextColumn(width=84, alignment="right", help="Exact test of the difference"),
                **{
                    name: column.TextColumn(
                        width=96,
                        help="Share of random prompts where this model was preferred to the "
                        f"{'first model' if rival == 'first' else 'champion before'}, ties as half; 95 % interval",
                    )
                    for name, rival in tables.WINS.items()
                },
                "Labels": column.NumberColumn(width=60, format="localized"),
                "Answered": column.TextColumn(width=76, alignment="right"),
                "Training": column.TextColumn(width=68, alignment="right"),
                "ECE": column.NumberColumn(width=56, format="%.3f", help="Expected calibration error; 0 is best"),
                "Finished": column.DatetimeColumn(width=98, format="MMM D, HH:mm", timezone="UTC"),
            },
        )


if __name__ == "__main__":
    draw()
