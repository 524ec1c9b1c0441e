"""Who answered and how far each can be trusted; which doubt tells wrong answers from right ones."""

from __future__ import annotations

import streamlit as st

from dashboard import layout
from dashboard.safe import esc
from dashboard.store import ProjectStore
from dashboard.views.generation import charts, tables
from loop import formatting, report


def who(store: ProjectStore) -> None:
    """Everybody's reliability, the place on the page, agreement."""
    found = store.get(report.raters)
    about = "Simulated experts" if store.view.simulated else "How far each agrees with what all others say"
    with layout.card("Who answered", about, height="stretch"):
        if not found.raters:
            layout.nothing("group", "Nobody has answered yet")
            return
        frame = tables.raters(found)
        costs = frame["Cost"].notna().any()
        column = st.column_config
        st.dataframe(
            frame if costs else frame.drop(columns="Cost"),
            hide_index=True,
            placeholder=formatting.NOTHING,
            alt="Everybody who answered, with reliability, interval and number of shared pairs.",
            column_config={
                "Name": column.TextColumn(width=122),
                "Answers": column.NumberColumn(width=64),
                "Agrees": column.ProgressColumn(
                    format="%.0f %%",
                    min_value=0,
                    max_value=100,
                    width=116,
                    help="Where the others and this one take a side, how often it is the same side; 50 % is chance",
                ),
                "95 % interval": column.TextColumn(width=80),
                "Shared": column.NumberColumn(width=58, help="Pairs that somebody else answered too"),
                "Cost": column.NumberColumn(format="%.2f", width=52, help="In the currency of judge.price_per_million"),
            },
        )
        if all(one.reliability is None for one in found.raters):
            st.caption(
                "Nobody answered a pair that somebody else answered too: set `labeler.overlap` to 2 to learn more."
            )
        st.caption(f":material/swap_horiz: {tables.fairness(found)}")
        st.caption(f":material/handshake: {tables.agreement(found)}")


def doubts(store: ProjectStore) -> None:
    """AUROC of every signal beside the length's."""
    found = store.get(report.doubts)
    about = "How well each signal tells wrong answers from right ones, among prompts of the pool"
    with layout.card("Which doubt finds wrong answers", about):
        if found is None:
            layout.nothing(
                "psychology_alt", "Not known yet", hint="Needs 30 answers known right or wrong, and some of each."
            )
            return
        frame = tables.doubts(found)
        st.markdown(esc(tables.verdict(found), longest=900))
        if frame.empty:
            return
        baseline = found.length.value if found.length else None
        length = formatting.NOTHING if baseline is None else f"{baseline:.2f}"
        st.altair_chart(
            charts.doubts(frame, layout.look(), baseline=baseline, height=84 + 27 * len(frame)),
            alt=f"AUROC of {len(frame)} signals, best {frame.iloc[0]['told']}; length {length}.",
        )
        st.caption("Thin lines: 95 % intervals. The best of many signals looks a little better than it is.")
