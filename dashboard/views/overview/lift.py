"""Whether picking paid against random questions, and how far the cheap head agrees with the tuned model."""

from __future__ import annotations

import streamlit as st

from dashboard import layout
from dashboard.safe import esc
from dashboard.store import ProjectStore
from loop import report
from loop.report import comparison_in_words, passed_over_in_words, proxy_in_words, verdict_in_words

VERDICTS = {"picking pays": "green", "picking does not pay": "orange", "no proof yet": "yellow"}
ABOUT = "Two throw-away models from equally many answers, random and picked, measured on random answers neither saw"


def draw(store: ProjectStore) -> None:
    """One sentence each, the verdict as a badge; what is still lacking where nothing could be measured."""
    summary = store.get(report.report)
    if summary.lift is None and summary.proxy is None and not summary.why_no_lift:
        return
    with layout.card("Does picking pay?", ABOUT):
        if summary.lift is not None:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.badge(verdict_in_words(summary.lift), color=VERDICTS[summary.lift.verdict])
                told = f"{comparison_in_words(summary.lift)}.{passed_over_in_words(summary.lift)}"
                st.markdown(esc(told, longest=500), width="content")
        elif summary.why_no_lift:
            st.caption(f"Not known yet: {esc(summary.why_no_lift, longest=300)}.")
        if summary.proxy is not None:
            st.caption(esc(proxy_in_words(summary.proxy), longest=500))
